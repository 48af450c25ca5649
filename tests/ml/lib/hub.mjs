// A hub under test for the tests in JavaScript: its own data folder, a free port, an end by its process id.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const kHost = '127.0.0.1';
const kUpTries = 600;
const kUpEveryMs = 100;
const kStopMs = 60_000;

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, kHost, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, kHost);
    socket.once('connect', () => resolve(socket.destroy() && true));
    socket.once('error', () => resolve(false));
  });

/// Starts `weft up` (WEFT_BIN), or gives the server that WEFT_ML_ENDPOINT names: {url, close}.
export async function startHub() {
  if (process.env.WEFT_ML_ENDPOINT) return { url: process.env.WEFT_ML_ENDPOINT, close: async () => {} };
  const data = mkdtempSync(join(tmpdir(), 'weft-ml-'));
  const port = await freePort();
  const args = ['up', '--listen', `${kHost}:${port}`, '--data', data, '--log', 'warn'];
  const child = spawn(process.env.WEFT_BIN, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-10_000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.once('exit', () => child.kill('SIGKILL'));
  for (let i = 0; !(await listens(port)); i++) {
    if (i === kUpTries || child.exitCode !== null) throw new Error(`weft up: ${said}`);
    await delay(kUpEveryMs);
  }
  const close = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), kStopMs);
    await ended;
    clearTimeout(timer);
    rmSync(data, { recursive: true, force: true });
  };
  return { url: `http://${kHost}:${port}`, close };
}
