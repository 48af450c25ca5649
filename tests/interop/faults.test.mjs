// Solutions that are slow, dead, lying or babbling: the caller gets its own protocol's error,
// naming the solution, within bounded time and memory, and every other call goes on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startBeside } from './lib/beside.mjs';
import { kCallers } from './lib/callers.mjs';
import { openai } from './lib/clients.mjs';
import { timed, until, within } from './lib/deadline.mjs';
import { residentBytes } from './lib/proc.mjs';
import { startHub } from './lib/weft.mjs';
import { cutAt, kFaults, startFaulty } from './upstreams/faulty.mjs';

// The faulty solutions are joined with this timeout; a call that only ever waits ends by it.
const kTimeoutMs = 2000;
const kBoundMs = kTimeoutMs + 2000;
// Who babbles as fast as it can shares its thread with the clients: they come late to read what they
// were told in time. The hub's own haste is seen by the call beside.
const kBabbleBoundMs = kTimeoutMs + 10_000;
const babbles = (name) => name.endsWith('at full speed');
const boundOf = (name) => (babbles(name) ? kBabbleBoundMs : kBoundMs);
// A call beside may not wait for a faulty one.
const kOtherCallMs = 1500;
const kBesideAfterMs = 100;
// The hub asks a failing solution again every second.
const kRecoveryMs = 5000;
const kGrowthBytesMax = 64 * 1024 * 1024;
/// What each call may hold of an answer that is put together from events: 16 MiB, and as much again
/// while it grows.
const kAnswerRoomBytes = 32 * 1024 * 1024;
const kKinds = ['openai', 'mcp', 'a2a', 'openapi'];
const kAsking = ['openai', 'mcp v1', 'mcp v2', 'a2a 1.0', 'rest'];

// Faults that leave a caller nothing wrong to see: the answer may come out right.
const kMayAnswer = {
  'wrong type': ['openapi'],
  'empty body': ['openapi'],
  'wrong shape': ['openapi'],
};
// The share of the right answer's bytes that is still sent: none, up to all but the last.
const kCuts = [0, 0.01, 0.08, 0.2, 0.4, 0.6, 0.8, 0.99];

const kChunk = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' };

const targetOf = (kind) => {
  const solution = `bad-${kind}`;
  if (kind === 'openai') {
    const args = { messages: [{ role: 'user', content: 'poke' }] };
    return { kind: 'model', solution, skill: 'chat', words: 'poke', args };
  }
  if (kind === 'a2a')
    return { kind: 'agent', solution, skill: 'poke', words: 'poke', args: { message: 'poke' } };
  return { kind: 'tool', solution, skill: 'poke', args: {} };
};

const configOf = (upstreams) => {
  const lines = Object.entries(upstreams).map(
    ([kind, { url }]) => `  - {name: bad-${kind}, url: '${url}', timeout: ${kTimeoutMs}ms}\n`,
  );
  return `solutions:\n${lines.join('')}`;
};

const saidBy = (e) =>
  [e.message, e.error, e.data, e.answer?.text, e.task?.status]
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    .join(' ');

describe('faults', () => {
  let hub;
  let shop;
  const bad = {};
  before(async () => {
    shop = await startBeside();
    for (const kind of kKinds) bad[kind] = await startFaulty(kind);
    hub = await startHub({ config: configOf(bad) });
    await hub.add(shop.url, 'shop');
    for (const kind of kKinds) await hub.joined(`bad-${kind}`);
  });
  after(async () => {
    await hub?.close();
    await shop?.close();
    for (const upstream of Object.values(bad)) await upstream.close();
  });

  /// The hub stops asking a solution that failed several times; each fault is to be met itself.
  async function becomeWell(kind) {
    bad[kind].fault = undefined;
    await until(kRecoveryMs, `bad-${kind}, well again`, async () =>
      kCallers.rest(hub, targetOf(kind)),
    );
  }

  /// A healthy solution is called while the faulty one is.
  async function callBeside() {
    await delay(kBesideAfterMs);
    const beside = await shop.call(hub, 'shop');
    assert.equal(beside.error, undefined);
    assert.equal(beside.text, 'still here');
    assert.ok(beside.ms < kOtherCallMs, `the call beside took ${Math.round(beside.ms)} ms`);
  }

  function checkRefusal({ value, error }, kind, name, caller) {
    if (value) {
      assert.ok(
        kMayAnswer[name]?.includes(kind),
        `answered ${JSON.stringify(value.raw).slice(0, 300)}`,
      );
      return;
    }
    const words = saidBy(error);
    assert.ok(!words.includes('nothing within'), `no refusal within ${boundOf(name)} ms`);
    assert.match(words, new RegExp(`bad-${kind}`), `names the solution: ${words}`);
    if (caller === 'openai') assert.ok(error.status >= 400 && error.error?.message, words);
    if (caller === 'rest') assert.ok(error.answer?.body?.status >= 400, words);
  }

  /// Every client meets the fault; at once, unless each may fill a buffer of its own.
  async function meet(kind, name, fault) {
    const wrong = [];
    const report = (who) => (e) => wrong.push(`${who}: ${e.message}`);
    const one = async (caller) => {
      const refusal = () => kCallers[caller](hub, targetOf(kind));
      const call = () => within(boundOf(name), 'the refusal', refusal());
      checkRefusal(await timed(call), kind, name, caller);
    };
    const together = name.startsWith('huge') ? kAsking.map((caller) => [caller]) : [kAsking];
    for (const callers of together) {
      await becomeWell(kind);
      const [memory, calls] = [residentBytes(hub.pid), bad[kind].calls];
      bad[kind].fault = fault;
      const asking = callers.map((caller) => one(caller).catch(report(caller)));
      await Promise.all([...asking, callBeside().catch(report('beside'))]);
      const growth = residentBytes(hub.pid) - memory;
      const room = babbles(name) ? callers.length * kAnswerRoomBytes : kGrowthBytesMax;
      if (growth > room) wrong.push(`${callers} grew the hub by ${growth >> 20} MiB`);
      if (bad[kind].calls === calls) wrong.push('no call reached it');
    }
    bad[kind].fault = undefined;
    assert.deepEqual(wrong, []);
  }

  for (const kind of kKinds) {
    for (const [name, fault] of Object.entries(kFaults)) {
      test(`${kind}: ${name}`, { timeout: 60_000 }, () => meet(kind, name, fault));
    }

    test(`${kind}: cut off at every kind of byte`, { timeout: 120_000 }, async () => {
      for (const share of kCuts) await meet(kind, `cut at ${share}`, cutAt(share));
    });

    test(`${kind}: well again soon after the solution is`, { timeout: 30_000 }, async () => {
      await becomeWell(kind);
      const { value, error } = await timed(() => kCallers.rest(hub, targetOf(kind)));
      assert.ifError(error);
      assert.match(JSON.stringify(value.raw.body ?? value.text), /poked/);
    });
  }

  test(
    'a stream without end is stopped by its reader, and the hub stays flat',
    { timeout: 60_000 },
    async () => {
      bad.openai.fault = kFaults['endless SSE'];
      const messages = [{ role: 'user', content: 'poke' }];
      const request = { model: 'model/bad-openai', messages, stream: true };
      const before = residentBytes(hub.pid);
      const stream = await openai(`${hub.url}/v1`).chat.completions.create(request);
      let chunks = 0;
      for await (const chunk of stream) {
        if (chunk.choices && ++chunks === 500) break;
      }
      assert.equal(chunks, 500);
      assert.ok(residentBytes(hub.pid) - before < kGrowthBytesMax);
      bad.openai.fault = undefined;
    },
  );

  test(
    'a stream without end is ended by the deadline of the call',
    { timeout: 30_000 },
    async () => {
      await becomeWell('openai');
      bad.openai.fault = kFaults['endless SSE'];
      const messages = [{ role: 'user', content: 'poke' }];
      const request = { model: 'model/bad-openai', messages, stream: true };
      const read = async () => {
        for await (const _ of await openai(`${hub.url}/v1`).chat.completions.create(request));
      };
      await assert.rejects(within(kBoundMs, 'the end', read()), /bad-openai.*deadline/);
      bad.openai.fault = undefined;
    },
  );

  test(
    'a stream cut in the middle ends as an error, not as an answer',
    { timeout: 30_000 },
    async () => {
      bad.openai.fault = (call, _answer, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(`data: ${JSON.stringify(call.protocol.endless(call))}\n\n`);
        setTimeout(() => res.destroy(), 50);
      };
      const messages = [{ role: 'user', content: 'poke' }];
      const client = openai(`${hub.url}/v1`);
      const read = async () => {
        const request = { model: 'model/bad-openai', messages, stream: true };
        for await (const chunk of await client.chat.completions.create(request)) {
          assert.notEqual(chunk.choices?.[0]?.finish_reason, 'stop');
        }
      };
      await assert.rejects(within(kBoundMs, 'the end', read()), /bad-openai/);
      bad.openai.fault = undefined;
    },
  );
});

describe('a stream cut at every tenth byte', () => {
  test('never ends as if it were whole', { timeout: 120_000 }, async (t) => {
    const hub = await startHub();
    t.after(() => hub.close());
    const upstream = await startFaulty('openai');
    t.after(() => upstream.close());
    await hub.add(upstream.url, 'cut');
    const chunk = (choice) => `data: ${JSON.stringify({ ...kChunk, choices: [choice] })}\n\n`;
    const whole =
      chunk({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }) +
      chunk({ index: 0, delta: { content: 'one ' }, finish_reason: null }) +
      chunk({ index: 0, delta: { content: 'two' }, finish_reason: null }) +
      chunk({ index: 0, delta: {}, finish_reason: 'stop' });
    const body = { model: 'model/cut', messages: [{ role: 'user', content: 'x' }], stream: true };
    const read = async () => {
      const response = await fetch(`${hub.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(kBoundMs),
      });
      return response.text().catch((e) => `closed: ${e.message}`);
    };
    const send = (text) => (_call, _answer, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      if (text === whole) res.end(`${whole}data: [DONE]\n\n`);
      else res.write(text, () => res.destroy());
    };
    for (let cut = 0; cut < whole.length; cut += 10) {
      upstream.fault = send(whole.slice(0, cut));
      const text = await read();
      assert.ok(!text.includes('[DONE]'), `cut at ${cut}: ${text}`);
      assert.match(text, /"cut\\?"/, `cut at ${cut}: the solution is named`);
      // A whole one between keeps the hub asking.
      upstream.fault = send(whole);
      assert.match(await read(), /\[DONE\]/);
    }
  });
});

function nested(depth) {
  let schema = { type: 'string' };
  for (let i = 0; i < depth; i++) schema = { type: 'object', properties: { a: schema } };
  return schema;
}

describe('schemas that are traps', () => {
  const kSchemas = {
    'refers to itself': { $ref: '#' },
    'refers in a ring': {
      type: 'object',
      $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } },
      properties: { x: { $ref: '#/$defs/a' } },
    },
    'a tree of itself': { type: 'object', properties: { child: { $ref: '#' } } },
    'a thousand deep': nested(1000),
    'a remote reference': {
      type: 'object',
      properties: { x: { $ref: 'http://127.0.0.1:9/s.json' } },
    },
    'an evil pattern': {
      type: 'object',
      properties: { x: { type: 'string', pattern: '^(a+)+$' } },
    },
    'not a schema': { type: 'nonsense', properties: 7 },
  };
  const kArgs = { x: `${'a'.repeat(40)}!`, child: { child: {} }, a: {} };

  for (const [name, inputSchema] of Object.entries(kSchemas)) {
    test(name, { timeout: 60_000 }, async (t) => {
      const hub = await startHub();
      t.after(() => hub.close());
      const upstream = await startFaulty('mcp', { tools: [{ name: 'poke', inputSchema }] });
      t.after(() => upstream.close());
      const before = residentBytes(hub.pid);
      const joined = await timed(() => hub.cli('add', upstream.url, '--as', 'trap'));
      assert.ifError(joined.error);
      assert.ok(joined.ms < 5000, `joining took ${joined.ms} ms`);
      if (joined.value.code !== 0) {
        assert.match(joined.value.err, /schema|too deep/i);
        return;
      }
      const target = { kind: 'tool', solution: 'trap', skill: 'poke', args: kArgs };
      const called = await timed(() => within(kBoundMs, 'an answer', kCallers.rest(hub, target)));
      if (called.error) assert.match(saidBy(called.error), /trap|poke|schema/i);
      assert.ok(!saidBy(called.error ?? {}).includes('nothing within'));
      assert.ok(residentBytes(hub.pid) - before < kGrowthBytesMax);
    });
  }
});
