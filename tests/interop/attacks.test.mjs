// What a hostile client or web page tries at the port: refused, and no solution hears of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { startBeside } from './lib/beside.mjs';
import { kCallers } from './lib/callers.mjs';
import { timed } from './lib/deadline.mjs';
import { kHost } from './lib/ports.mjs';
import { processorMs, residentBytes, run } from './lib/proc.mjs';
import { sendRaw } from './lib/rawhttp.mjs';
import { startHub, weftProgram } from './lib/weft.mjs';
import { startWorld } from './lib/world.mjs';

const kGrowthBytesMax = 32 * 1024 * 1024;
// Of the processor, for one bomb; the clock of a process ticks every ten milliseconds.
const kBombProcessorMs = 150;
const kBesideMs = 1500;
// Longer than a connection may take to send its head.
const kQuietMs = 15_000;
const kBody = JSON.stringify({ text: 'smuggled' });
const kDoors = [
  ['POST', '/v1/chat/completions'],
  ['GET', '/v1/models'],
  ['POST', '/mcp'],
  ['POST', '/mcp/shop'],
  ['GET', '/a2a/shop/.well-known/agent-card.json'],
  ['GET', '/.well-known/agent-card.json'],
  ['POST', '/api/shop/echo'],
  ['GET', '/api/openapi.json'],
  ['GET', '/healthz'],
];

describe('attacks', () => {
  let world;
  let host;
  let beside;
  before(async () => {
    world = await startWorld(['shop', 'shelf']);
    host = `${kHost}:${world.hub.port}`;
    beside = await startBeside();
    await world.hub.add(beside.url, 'beside');
  });
  after(async () => {
    await beside?.close();
    await world?.close();
  });
  const send = (text, options) => sendRaw(world.hub.port, text, options);
  const called = () => world.up.shop.journal.all('called').length;

  describe('request smuggling: 400, closed, nothing passed on', () => {
    const head = (lines) => `POST /api/shop/echo HTTP/1.1\r\n${lines.join('\r\n')}\r\n`;
    const json = 'Content-Type: application/json';
    const coding = 'Transfer-Encoding: chunked';
    const length = `Content-Length: ${kBody.length}`;
    const chunked = `${kBody.length.toString(16)}\r\n${kBody}\r\n0\r\n\r\n`;
    const h = () => `Host: ${host}`;
    const kForms = {
      'an unknown coding': () =>
        `${head([h(), json, 'Transfer-Encoding: xchunked'])}\r\n${chunked}`,
      'gzip as coding': () => `${head([h(), json, 'Transfer-Encoding: gzip'])}\r\n${chunked}`,
      'chunked before gzip': () =>
        `${head([h(), json, 'Transfer-Encoding: chunked, gzip'])}\r\n${chunked}`,
      'chunked twice': () => `${head([h(), json, coding, coding])}\r\n${chunked}`,
      'length after coding': () => `${head([h(), json, coding, length])}\r\n${chunked}`,
      'coding after length': () => `${head([h(), json, length, coding])}\r\n${chunked}`,
      'two lengths': () => `${head([h(), json, length, 'Content-Length: 3'])}\r\n${kBody}`,
      'a signed length': () =>
        `${head([h(), json, `Content-Length: +${kBody.length}`])}\r\n${kBody}`,
      'no host': () => `${head([json, length])}\r\n${kBody}`,
      'two hosts': () => `${head([h(), 'Host: other', json, length])}\r\n${kBody}`,
      'a folded header': () => `${head([h(), json, length, 'X-A: b\r\n c'])}\r\n${kBody}`,
      'a bare line feed': () => `${head([h(), json, length, 'X-A: b\nX-B: c'])}\r\n${kBody}`,
      'a NUL in a header': () => `${head([h(), json, length, 'X-A: b\0c'])}\r\n${kBody}`,
      'a space before the colon': () =>
        `${head([h(), json, `Content-Length : 3`, length])}\r\n${kBody}`,
      'chunked in HTTP/1.0': () =>
        `POST /api/shop/echo HTTP/1.0\r\n${h()}\r\n${json}\r\n${coding}\r\n\r\n${chunked}`,
    };
    for (const [name, form] of Object.entries(kForms)) {
      test(name, async () => {
        const before = called();
        const answer = await send(form());
        assert.equal(answer.status, 400, answer.text.slice(0, 300));
        assert.ok(answer.closed, 'the connection is closed');
        assert.equal(called(), before, 'nothing reached the solution');
      });
    }
  });

  describe('a web page at the door', () => {
    for (const [method, path] of kDoors) {
      test(`${method} ${path}: a foreign Host or Origin is refused`, async () => {
        const rest = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
        const line = `${method} ${path} HTTP/1.1\r\n`;
        const foreign = await send(`${line}Host: evil.example\r\n${rest}`, { end: true });
        assert.equal(foreign.status, 403, foreign.text.slice(0, 300));
        const page = `${line}Host: ${host}\r\nOrigin: http://evil.example\r\n${rest}`;
        const origin = await send(page, { end: true });
        assert.equal(origin.status, 403, origin.text.slice(0, 300));
      });
    }

    test('a form-like POST without preflight is refused', async () => {
      const before = called();
      const lines = `Host: ${host}\r\nOrigin: http://evil.example\r\nContent-Type: text/plain`;
      const text = `POST /api/shop/echo HTTP/1.1\r\n${lines}\r\nContent-Length: ${kBody.length}`;
      const answer = await send(`${text}\r\n\r\n${kBody}`, { end: true });
      assert.equal(answer.status, 403);
      assert.equal(called(), before);
    });

    test('the admin door is not on the port', async () => {
      const response = await fetch(`${world.hub.url}/admin/v1/solutions`, {
        signal: AbortSignal.timeout(2000),
      });
      assert.ok([401, 403, 404].includes(response.status), `${response.status}`);
    });
  });

  describe('amplification: refused at once, in little memory', () => {
    const post = (body, more = '', path = '/api/shop/echo') =>
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Connection: close\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
    const packed = (pack, encoding) => {
      const text = `{"text":"${'0'.repeat(64 * 1024 * 1024)}"}`;
      return post(pack(Buffer.from(text)).toString('latin1'), `Content-Encoding: ${encoding}\r\n`);
    };
    const kBombs = {
      'ten thousand headers': () => {
        const lines = Array.from({ length: 10_000 }, (_, i) => `X-${i}: v`).join('\r\n');
        return `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n\r\n`;
      },
      'a long line': () => `GET /${'a'.repeat(200_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      'eight million values': () => post(`{"list":[${'0,'.repeat(8_000_000)}0]}`),
      'a gzip bomb': () => packed(gzipSync, 'gzip'),
      'a zstd bomb': () => packed(zstdCompressSync, 'zstd'),
      'a chunk extension without end': () =>
        `POST /api/shop/echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(9_000_000)}`,
      'a trailer without end': () =>
        `POST /api/shop/echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-T: ${'x'.repeat(9_000_000)}`,
    };
    // What only the parser of a door sees, at every door that has one.
    const kBodies = {
      'deep JSON': () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      'a long number': () => `{"text":${'9'.repeat(1_000_000)}}`,
      'a million keys': () => `{${'"a":1,'.repeat(1_000_000)}"a":1}`,
    };
    const kAccept = 'Accept: application/json, text/event-stream\r\n';
    for (const path of ['/api/shop/echo', '/mcp', '/mcp/shop', '/a2a/shop', '/v1/chat/completions'])
      for (const [name, body] of Object.entries(kBodies))
        kBombs[`${name} at ${path}`] = () => post(body(), kAccept, path);

    for (const [name, bomb] of Object.entries(kBombs)) {
      test(name, { timeout: 20_000 }, async () => {
        const text = bomb();
        const [memory, before] = [residentBytes(world.hub.pid), called()];
        const processor = processorMs(world.hub.pid);
        const [value, other] = await Promise.all([
          send(text, { ms: 5000 }),
          beside.call(world.hub, 'beside'),
        ]);
        const spent = processorMs(world.hub.pid) - processor;
        // Closed while the client still sends, the answer may be lost on the way.
        const refused = value.closed && !value.text;
        // A2A says by JSON-RPC that it could not read it, with status 200.
        const said = value.status === 200 && /"code":-32(700|600)\b/.test(value.text);
        assert.ok(
          refused || said || (value.status >= 400 && value.status < 500),
          `${value.status} ${value.text.slice(0, 200)}`,
        );
        assert.ok(spent < kBombProcessorMs, `took ${spent} ms of the processor`);
        assert.equal(other.text, 'still here', other.error);
        assert.ok(other.ms < kBesideMs, `the call beside took ${other.ms} ms`);
        assert.equal(called(), before);
        const growth = residentBytes(world.hub.pid) - memory;
        assert.ok(growth < kGrowthBytesMax, `grew by ${growth >> 20} MiB`);
      });
    }
  });

  describe('arguments that would leave their place', () => {
    const kPaths = [
      '../admin',
      '..%2fadmin',
      '%2e%2e%2f',
      'x?y=1',
      'x#y',
      'x;y',
      'a/b',
      'a\\b',
      '／',
    ];
    for (const caller of ['mcp v1', 'a2a 1.0', 'rest', 'openai']) {
      test(`${caller}: stay in the path's segment`, { timeout: 20_000 }, async () => {
        for (const id of kPaths) {
          const target = { kind: 'tool', solution: 'shelf', skill: 'getItem', args: { id } };
          const { data } = await kCallers[caller](world.hub, target);
          assert.equal(data.id, id);
          const { path } = world.up.shelf.journal.all('request').at(-1);
          assert.match(path, /^\/items\/[^/?#]+$/, path);
        }
      });
    }
  });

  test('the first connection after a quiet time is served', { timeout: 40_000 }, async (t) => {
    const hub = await startHub();
    t.after(() => hub.close());
    await delay(kQuietMs);
    // As many as reach every loop of the hub.
    const request = `GET /healthz HTTP/1.1\r\nHost: ${kHost}:${hub.port}\r\n\r\n`;
    const options = { afterMs: 50, end: true };
    const first = Array.from({ length: 16 }, () => sendRaw(hub.port, request, options));
    for (const answer of await Promise.all(first)) {
      assert.equal(answer.status, 200, 'closed without an answer');
    }
  });

  test('slow headers are closed by a timer, others are served', { timeout: 60_000 }, async () => {
    const slow = Array.from({ length: 200 }, () =>
      send(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `, { ms: 30_000 }),
    );
    const beside = await timed(() => fetch(`${world.hub.url}/healthz`));
    assert.ok(beside.value?.ok);
    assert.ok(beside.ms < 1000, `${beside.ms} ms`);
    for (const answer of await Promise.all(slow)) assert.ok(answer.closed);
  });

  test('a second hub on the same data is refused', { timeout: 20_000 }, async () => {
    const args = ['up', '--listen', `${kHost}:0`, '--data', world.hub.data];
    const second = await run(weftProgram(), args, { ms: 10_000 });
    assert.notEqual(second.code, 0);
    assert.ok(
      second.err.includes(world.hub.data) || second.err.includes(`${world.hub.pid}`),
      second.err,
    );
  });

  test('listening beyond loopback without keys is refused', { timeout: 20_000 }, async () => {
    const data = `${world.hub.data}/other`;
    const r = await run(weftProgram(), ['up', '--listen', '0.0.0.0:0', '--data', data], {
      ms: 10_000,
    });
    assert.notEqual(r.code, 0);
    assert.match(r.err, /key|authentication/i);
  });

  test('a port in use is one clear line', { timeout: 20_000 }, async () => {
    const data = `${world.hub.data}/third`;
    const r = await run(weftProgram(), ['up', '--listen', host, '--data', data], { ms: 10_000 });
    assert.notEqual(r.code, 0);
    assert.match(r.err, new RegExp(`${world.hub.port}`));
  });
});
