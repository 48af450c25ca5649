// Child processes of the demonstration: started with their output kept, ended by their id.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const kKeptLines = 200;
const kEndMs = 3000;

/** The Python that has the SDKs (setup.sh). */
export const python =
  process.env.CITY_PYTHON ?? fileURLToPath(new URL('../.venv/bin/python', import.meta.url));

/** A running program and what it wrote last. */
export class Child {
  constructor(command, args, { env = {}, cwd } = {}) {
    this.name = args.length ? `${command} ${args[0]}` : command;
    /** @type {string[]} */
    this.kept = [];
    this.process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => resolve({ code: null, error }));
      this.process.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.process.stdin.on('error', () => {});
    this.lines = createInterface({ input: this.process.stdout });
    this.lines.on('line', (line) => this.#keep(line));
    createInterface({ input: this.process.stderr }).on('line', (line) => this.#keep(line));
  }

  #keep(line) {
    this.kept.push(line);
    if (this.kept.length > kKeptLines) this.kept.shift();
  }

  /** The next line on stdout; fails when the program ends or takes too long. */
  async nextLine(timeoutMs) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${this.name} said nothing for ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
    const line = new Promise((resolve) => this.lines.once('line', resolve));
    const gone = this.ended.then(({ code, error }) => {
      throw new Error(`${this.name} ended (${error?.message ?? code}): ${this.kept.join('\n')}`);
    });
    try {
      return await Promise.race([line, gone, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the program: politely, then firmly. */
  async stop() {
    if (this.process.exitCode !== null || this.process.pid === undefined) return;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), kEndMs);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Runs a program to its end. */
export async function run(command, args, options) {
  const child = new Child(command, args, options);
  child.process.stdin.end();
  const { code, error } = await child.ended;
  return { code, text: error?.message ?? child.kept.join('\n') };
}
