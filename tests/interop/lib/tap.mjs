// A TCP relay that keeps what passed: the evidence of what weft said to a solution, and when it
// let go of the connection.
import { connect, createServer } from 'node:net';
import { kHost } from './ports.mjs';

const kKeptCharsMax = 64 * 1024;

class Passage {
  constructor(client, upstream) {
    this.opened = Date.now();
    this.closed = undefined;
    this.sent = '';
    this.received = '';
    const keep = (name) => (chunk) => {
      if (this[name].length < kKeptCharsMax) this[name] += chunk.toString('latin1');
    };
    client.on('data', keep('sent'));
    upstream.on('data', keep('received'));
    client.on('close', () => {
      this.closed = Date.now();
    });
  }
}

/// Relays to the origin of `target`: {url, passages, close()}.
export async function startTap(target) {
  const passages = [];
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    passages.push(new Passage(client, upstream));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, kHost, resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${kHost}:${server.address().port}`, passages, close };
}
