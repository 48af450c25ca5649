// The hub under demonstration: `weft up` in a folder of its own, and `weft add` for each house.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../lib/ports.mjs';
import { Child, run } from './processes.mjs';

const kReadyMs = 10_000;

async function ready(url, child) {
  const last = Date.now() + kReadyMs;
  for (let ended; !ended; ended = child.process.exitCode !== null) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > last) throw new Error(`weft was not ready within ${kReadyMs} ms`);
    await sleep(20);
  }
  throw new Error(`weft up ended with ${child.process.exitCode}:\n${child.kept.join('\n')}`);
}

/** Starts the hub and waits until it is ready. */
export async function startHub(weft, keep) {
  const data = mkdtempSync(join(tmpdir(), 'weft-city-'));
  keep({ stop: async () => rmSync(data, { recursive: true, force: true }) });
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = keep(new Child(weft, ['up', '--listen', url.slice(7), '--data', data]));
  const env = { WEFT_HUB: `unix:${join(data, 'weft.sock')}`, NO_COLOR: '1' };
  const started = performance.now();
  await ready(url, child);
  return {
    url,
    env,
    weft,
    child,
    readyMs: performance.now() - started,
    /** Joins a solution by its URL; `details` is the file that says what it listens to. */
    async add(name, houseUrl, details) {
      const more = details ? ['--details', details] : [];
      const { code, text } = await run(weft, ['add', houseUrl, '--as', name, ...more], { env });
      if (code !== 0) throw new Error(`weft add ${houseUrl} --as ${name} gave ${code}: ${text}`);
      return text;
    },
  };
}
