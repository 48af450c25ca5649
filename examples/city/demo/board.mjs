// What is seen: on a terminal a table that fills while the calls run; elsewhere a line per call,
// and the table at the end.

const kLabel = 17;
const kCellMin = 10;

const cut = (text, width) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
const fit = (text, width) => cut(text, width).padEnd(width);
const inTime = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`);

/** How an expected value begins in an answer; of what a model computes, the largest number. */
const begins = (value) =>
  Array.isArray(value) ? String(Math.max(...value)).slice(0, 6) : String(value);

/** The part of an answer that says something: from the first expected value on. */
function gist({ answer = '', error, values = [] }) {
  if (error) return error.trim().split('\n').at(-1);
  const text = answer.replace(/\s+/g, ' ').trim();
  const at = Math.max(0, ...values.slice(0, 1).map((v) => text.indexOf(begins(v))));
  return text.slice(at);
}

export class Board {
  /** @param {string[]} columns @param {{title: string}[]} rows */
  constructor(columns, rows, out = process.stdout) {
    Object.assign(this, { columns, rows, out, live: Boolean(out.isTTY), drawn: 0 });
    this.colour = this.live && !process.env.NO_COLOR;
    const width = Math.min(out.columns ?? 120, 180);
    this.cell = Math.max(kCellMin, Math.floor((width - kLabel) / columns.length) - 3);
    /** @type {Map<string, object>} */
    this.cells = new Map();
  }

  /** A cell has its answer. */
  set(caller, solution, cell) {
    this.cells.set(`${caller}:${solution}`, cell);
    if (this.live) return this.#redraw();
    const title = this.rows.find((r) => r.key === caller).title;
    const mark = cell.ok ? 'ok   ' : 'WRONG';
    return this.out.write(
      `${mark} ${fit(title, kLabel)}→ ${solution.padEnd(7)}` +
        `${(cell.ms === undefined ? '' : inTime(cell.ms)).padStart(8)}  ${cut(gist(cell), 90)}\n`,
    );
  }

  /** Draws the table for the first time, on a terminal. */
  begin() {
    if (this.live) this.#redraw();
  }

  /** The whole table once more, where it was not drawn live. */
  finish() {
    if (!this.live) this.out.write(`\n${this.#lines().join('\n')}\n`);
  }

  #paint(code, text) {
    return this.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }

  #cellText(key) {
    const cell = this.cells.get(key);
    if (!cell) return this.#paint(90, fit('·', this.cell));
    const time = cell.ms === undefined ? '' : ` ${inTime(cell.ms)} `;
    const text = fit(`${cell.ok ? '✓' : '✗'}${time} ${gist(cell)}`.replace('  ', ' '), this.cell);
    return this.#paint(cell.ok ? 32 : 31, text);
  }

  #lines() {
    const rule = '─'.repeat(kLabel + (this.cell + 3) * this.columns.length - 1);
    const head =
      fit('caller \\ solution', kLabel) +
      this.columns.map((c) => ` │ ${fit(c, this.cell)}`).join('');
    const body = this.rows.map(
      ({ key, title }) =>
        fit(title, kLabel) +
        this.columns.map((c) => ` │ ${this.#cellText(`${key}:${c}`)}`).join(''),
    );
    return [head, rule, ...body];
  }

  #redraw() {
    const lines = this.#lines();
    const back = this.drawn ? `\x1b[${this.drawn}A` : '';
    this.out.write(`${back}${lines.map((line) => `\x1b[2K${line}`).join('\n')}\n`);
    this.drawn = lines.length;
  }
}
