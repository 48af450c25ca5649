// The broker of the taxis: mosquitto, on loopback.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../lib/ports.mjs';

const kReadyMs = 5000;

const answers = (port) =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Starts mosquitto. @returns {Promise<{port: number, url: string, close: () => Promise<void>}>} */
export async function startBroker(wanted) {
  const port = wanted || (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'city-taxi-'));
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child = spawn('mosquitto', ['-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.trim()));
  });
  const close = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let over;
  ended.then((why) => (over = why));
  for (const last = Date.now() + kReadyMs; ; await sleep(20)) {
    if (over !== undefined) throw new Error(`mosquitto did not start: ${over || 'is it installed?'}`);
    if (await answers(port)) return { port, url: `mqtt://127.0.0.1:${port}`, close };
    if (Date.now() > last) {
      await close();
      throw new Error(`mosquitto did not listen on port ${port} within ${kReadyMs} ms`);
    }
  }
}
