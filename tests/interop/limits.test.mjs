// Many that are slow, and a hub that has few descriptors: who behaves is served.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { timed, until } from './lib/deadline.mjs';
import { freePort, kHost } from './lib/ports.mjs';
import { residentBytes, start } from './lib/proc.mjs';
import { startHub, weftProgram } from './lib/weft.mjs';
import { kFaults, startFaulty } from './upstreams/faulty.mjs';
import { startOpenAiModel } from './upstreams/openai_model.mjs';

const kSlow = 10_000;
const kGrowthBytesMax = 256 * 1024 * 1024;
const kHealthy = 200;
const kReaders = 100;
const kReaderBytesMax = 1024 * 1024;
const kDripping = 50;
// All of the test shares one thread: a call may have to wait for it.
const kHealthyMs = 5000;

/// Opens `count` connections that each send `text` and then nothing, and never read.
async function openSlow(port, count, text) {
  const sockets = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, kHost);
    socket.pause();
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(text));
    sockets.push(socket);
    if (i % 200 === 199) await delay(5);
  }
  return sockets;
}

/// How many calls the hub has under way.
async function running(hub) {
  const listed = JSON.parse((await hub.cli('ls', '--json')).out).solutions;
  return listed.reduce((sum, solution) => sum + (solution.running ?? 0), 0);
}

const open = (sockets) => sockets.filter((socket) => !socket.destroyed && !socket.pending);

const kMemory = 96 * 1024 * 1024;
const kBodies = 40;
const kBodyBytes = 12 * 1024 * 1024;

/// Opens a connection that sends the first part of a long body and then waits; gives what the hub
/// says to it.
function holdBody(port, head, bytes) {
  const socket = connect(port, kHost);
  let told = '';
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    told += piece;
  });
  socket.on('connect', () => {
    socket.write(head);
    socket.write(Buffer.alloc(bytes, 'x'));
  });
  return { socket, told: () => told };
}

describe('limits', () => {
  test('a hub whose memory ends', { timeout: 60_000 }, async (t) => {
    const hub = await startHub({ config: `memory: ${kMemory / 1024 / 1024}MiB\n` });
    t.after(() => hub.close());
    const head =
      `POST /v1/chat/completions HTTP/1.1\r\nHost: ${kHost}:${hub.port}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${kBodyBytes + 1}\r\n\r\n`;
    const held = [];
    t.after(() => held.forEach(({ socket }) => socket.destroy()));
    let most = 0;
    const hold = async (pause) => {
      held.push(holdBody(hub.port, head, kBodyBytes));
      await delay(pause);
      most = Math.max(most, residentBytes(hub.pid));
    };
    // One after the other.
    for (let i = 0; i < kBodies; i++) await hold(25);
    const refused = () => held.filter(({ told }) => told().length > 0);
    await until(10_000, 'most are refused', () => {
      if (refused().length < kBodies / 2) throw new Error(`${refused().length} are`);
      return true;
    });
    for (const { told } of refused()) assert.match(told(), /^HTTP\/1\.1 503 [^]*short of memory/);
    // Who is not refused at the door is told in the words of the protocol.
    const worded = refused().filter(({ told }) => told().includes('"error"'));
    assert.ok(worded.length > 0);
    for (const { told } of worded) assert.match(told(), /\r\nRetry-After: 1\r\n/i);
    // Those for whom there was room are answered, unless they had to be broken off. (Who is turned away
    // at the door may see no more than the end of the connection.)
    for (const each of held.filter(({ socket, told }) => told() === '' && !socket.closed)) {
      each.socket.write('x');
      await until(10_000, 'it is answered', () => each.socket.closed || /^HTTP\/1\.1 (400|503) /.test(each.told()));
    }
    // All at once: it lives, and its operator is let in.
    for (let i = 0; i < kBodies; i++) await hold(0);
    assert.equal((await hub.cli('ls')).code, 0);
    for (const { socket } of held) socket.destroy();
    assert.ok(most < kMemory * 2.5, `${most} bytes of ${kBodies * kBodyBytes}`);
    await until(10_000, 'all is well again', async () => (await fetch(`${hub.url}/v1/models`)).ok);
    assert.equal((await fetch(`${hub.url}/readyz`)).status, 200);
  });

  test('ten thousand slow clients', { timeout: 120_000 }, async (t) => {
    const hub = await startHub();
    const model = await startOpenAiModel();
    t.after(async () => {
      await hub.close();
      await model.close();
    });
    await hub.add(model.url, 'oracle');
    const before = residentBytes(hub.pid);
    const line = (method, path) => `${method} ${path} HTTP/1.1\r\nHost: ${kHost}:${hub.port}\r\n`;
    const json = 'Content-Type: application/json\r\n';
    const stream = JSON.stringify({
      model: 'model/oracle',
      stream: true,
      messages: [{ role: 'user', content: 'hello' }],
    });
    const kinds = {
      head: `${line('GET', '/healthz')}X-Slow: `,
      body: `${line('POST', '/v1/chat/completions')}${json}Content-Length: 100\r\n\r\n{`,
      reader: `${line('POST', '/v1/chat/completions')}${json}Content-Length: ${stream.length}\r\n\r\n${stream}`,
    };
    const slow = {};
    for (const [kind, text] of Object.entries(kinds))
      slow[kind] = await openSlow(hub.port, Math.ceil(kSlow / 3), text);
    t.after(() => Object.values(slow).flat().forEach((socket) => socket.destroy()));

    let served = 0;
    for (let i = 0; i < kHealthy; i++) {
      const { value } = await timed(() =>
        fetch(`${hub.url}/v1/models`, { signal: AbortSignal.timeout(kHealthyMs) }),
      );
      served += value?.ok ? 1 : 0;
      await value?.text();
    }
    assert.ok(served >= 0.999 * kHealthy, `${served} of ${kHealthy} healthy calls`);
    const growth = residentBytes(hub.pid) - before;
    assert.ok(growth < kGrowthBytesMax, `grew by ${growth >> 20} MiB`);
    // The timer of the head is ten seconds, that of the body thirty.
    for (const socket of slow.head) socket.resume();
    await until(30_000, 'slow heads are closed', async () => open(slow.head).length === 0);
    for (const socket of slow.body) socket.resume();
    await until(60_000, 'slow bodies are closed', async () => open(slow.body).length === 0);
  });

  test('readers that never read, and bodies that drip', { timeout: 150_000 }, async (t) => {
    const hub = await startHub();
    const model = await startFaulty('openai');
    t.after(async () => {
      await hub.close();
      await model.close();
    });
    await hub.add(model.url, 'flood', '--protocol', 'openai');
    model.fault = kFaults['endless SSE at full speed'];
    const before = residentBytes(hub.pid);
    const head = (length) =>
      `POST /v1/chat/completions HTTP/1.1\r\nHost: ${kHost}:${hub.port}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    const messages = [{ role: 'user', content: 'hello' }];
    const stream = JSON.stringify({ model: 'model/flood/m', stream: true, messages });
    const readers = await openSlow(hub.port, kReaders, head(stream.length) + stream);
    const dripping = await openSlow(hub.port, kDripping, head(1000));
    for (const socket of dripping) socket.resume();
    const all = [...readers, ...dripping];
    const drip = setInterval(() => open(dripping).forEach((each) => each.write(' ')), 2000);
    t.after(() => {
      clearInterval(drip);
      all.forEach((socket) => socket.destroy());
    });
    await until(20_000, 'the readers are served', async () => model.calls === kReaders);
    let most = 0;
    let served = 0;
    let asked = 0;
    // Both have thirty seconds, however little comes or goes in them.
    await until(75_000, 'all of them are closed', async () => {
      await delay(250);
      most = Math.max(most, residentBytes(hub.pid) - before);
      asked++;
      served += (await fetch(`${hub.url}/v1/models`)).ok ? 1 : 0;
      return open(dripping).length === 0 && (await running(hub)) === 0;
    });
    assert.ok(most / kReaders < kReaderBytesMax, `${most / kReaders} bytes a reader`);
    assert.equal(served, asked, 'healthy calls');
  });

  test('fewer descriptors than connections', { timeout: 60_000 }, async (t) => {
    const port = await freePort();
    const hub = await startHub();
    const model = await startOpenAiModel();
    t.after(async () => {
      await hub.close();
      await model.close();
    });
    const data = `${hub.data}/poor`;
    const up = `ulimit -n 96; exec "$0" up --listen ${kHost}:${port} --data ${data}`;
    const poor = start('/bin/sh', ['-c', up, weftProgram()], {});
    t.after(() => poor.stop());
    const url = `http://${kHost}:${port}`;
    await until(10_000, 'the poor hub', async () => (await fetch(`${url}/healthz`)).ok);
    const env = { WEFT_HUB: `unix:${data}/weft.sock` };
    const added = start(weftProgram(), ['add', model.url, '--as', 'oracle'], { env });
    assert.equal(await added.exited, 0, added.err());
    const idle = await openSlow(port, 300, '');
    t.after(() => idle.forEach((socket) => socket.destroy()));
    await delay(300);
    const body = JSON.stringify({
      model: 'model/oracle',
      messages: [{ role: 'user', content: 'hello' }],
    });
    for (let i = 0; i < 5; i++) {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(5000),
      });
      assert.equal(answer.status, 200, await answer.text());
    }
    assert.ok(poor.running(), poor.err());
  });
});
