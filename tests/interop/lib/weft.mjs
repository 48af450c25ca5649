// A hub under test: a data folder of its own, a free port, joined upstreams, a clean end.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './deadline.mjs';
import { freePort, kHost } from './ports.mjs';
import { run, start } from './proc.mjs';

const kUpMs = 10_000;
const kJoinTries = 5;

/// The program under test: `--weft PATH` puts it into WEFT_BIN.
export function weftProgram() {
  const path = process.env.WEFT_BIN;
  if (!path) throw new Error('WEFT_BIN is not set (run tests/interop/run --weft PATH)');
  return path;
}

class Hub {
  constructor(program, data, port, config) {
    this.program = program;
    this.data = data;
    this.port = port;
    this.config = config;
    this.url = `http://${kHost}:${port}`;
    this.env = { WEFT_HUB: `unix:${join(data, 'weft.sock')}`, NO_COLOR: '1' };
  }

  async up() {
    const args = ['up', '--listen', `${kHost}:${this.port}`, '--data', this.data];
    if (this.config) {
      const file = join(this.data, 'weft.yaml');
      writeFileSync(file, this.config);
      args.push('-c', file);
    }
    this.process = start(this.program, args, { env: this.env });
    const ended = this.process.exited.then((code) => {
      throw new Error(`weft up ended with ${code}: ${this.process.err()}`);
    });
    ended.catch(() => {});
    const answers = until(kUpMs, 'weft up', async () => (await fetch(`${this.url}/healthz`)).ok);
    await Promise.race([answers, ended]);
  }

  get pid() {
    return this.process.pid;
  }

  /// Runs a command of the CLI against this hub.
  cli(...args) {
    return run(this.program, args, { env: this.env });
  }

  /// `weft add WHAT --as NAME …`; fails with what the command wrote. An upstream's first answer
  /// compiles its SDK, which on a busy machine may take longer than a probe waits: then once more.
  async add(what, name, ...more) {
    const child = more.indexOf('--');
    const [options, command] = child < 0 ? [more, []] : [more.slice(0, child), more.slice(child)];
    const args = ['add', ...(what ? [what] : []), '--as', name, ...options, ...command];
    let r = await this.cli(...args);
    for (let i = 1; i < kJoinTries && /in time/.test(r.err); i++) r = await this.cli(...args);
    if (r.code !== 0) throw new Error(`weft ${args.join(' ')} gave ${r.code}: ${r.out}${r.err}`);
    return r;
  }

  /// Waits until a solution that the configuration names has joined.
  joined(name) {
    return until(
      kUpMs,
      `the join of ${name}`,
      async () => (await this.cli('show', name)).code === 0,
    );
  }

  async restart(signal = 'SIGTERM') {
    this.process.kill(signal);
    await this.process.exited;
    await this.up();
  }

  async close() {
    await this.process?.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

/// Starts a hub, with the text of a weft.yaml if there is one, and waits until it answers. Its
/// caller closes it.
export async function startHub({ program = weftProgram(), config } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'weft-interop-'));
  const hub = new Hub(program, data, await freePort(), config);
  try {
    await hub.up();
  } catch (e) {
    await hub.close();
    throw e;
  }
  return hub;
}
