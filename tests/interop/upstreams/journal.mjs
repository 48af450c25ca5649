// What an upstream saw, in order: the tests wait here for a cancel to arrive. A child process of
// weft cannot share memory with the test, so its journal is a file.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { until } from '../lib/deadline.mjs';

class Journal {
  #entries = [];

  constructor(file) {
    this.file = file;
  }

  note(event, detail = {}) {
    const entry = { event, at: Date.now(), ...detail };
    if (this.file) appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
    else this.#entries.push(entry);
  }

  /// Every entry of that kind, or of those kinds.
  all(event) {
    const kinds = [event].flat();
    return this.#read().filter((entry) => kinds.includes(entry.event));
  }

  /// Waits for the `count`-th entry of that kind.
  wait(event, ms, count = 1) {
    return until(ms, `upstream event "${event}"`, async () => this.all(event)[count - 1]);
  }

  #read() {
    if (!this.file) return this.#entries;
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line));
  }
}

/// A journal in memory, or in `file` when the upstream is another process.
export const openJournal = (file) => new Journal(file);
