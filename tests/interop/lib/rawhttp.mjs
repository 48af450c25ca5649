// HTTP as bytes: for requests that no client library would send.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { kHost } from './ports.mjs';

const kAnswerCharsMax = 1024 * 1024;

/// Sends `text` as it stands, `afterMs` after connecting, and reads until the peer closes or `ms`
/// have passed: {text, status, closed, answeredMs}. `status` is of the first answer.
export function sendRaw(port, text, { ms = 2000, end = false, afterMs = 0 } = {}) {
  return new Promise((resolve, reject) => {
    let answer = '';
    let answeredMs;
    const begin = performance.now();
    const socket = connect(port, kHost);
    const finish = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1]);
      resolve({ text: answer, status, closed, answeredMs });
    };
    const timer = setTimeout(() => finish(false), ms);
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answeredMs ??= performance.now() - begin;
      if (answer.length < kAnswerCharsMax) answer += chunk;
    });
    socket.on('connect', async () => {
      if (afterMs > 0) await delay(afterMs);
      if (socket.destroyed) return;
      socket.write(text, 'latin1');
      if (end) socket.end();
    });
    socket.on('close', () => finish(true));
    socket.on('error', (e) => {
      if (e.code === 'ECONNREFUSED') reject(e);
    });
  });
}
