// `weft add URL` with no other word knows each protocol, says how it knew, and says what it tried
// when it cannot.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { kHost } from './lib/ports.mjs';
import { timed } from './lib/deadline.mjs';
import { residentBytes } from './lib/proc.mjs';
import { startHub } from './lib/weft.mjs';
import { startWorld } from './lib/world.mjs';
import { kFaults, startFaulty } from './upstreams/faulty.mjs';

const kDetectMs = 1000;
// The best of so many counts: the machine may be busy.
const kTries = 3;
// What the program itself needs to start and print, beyond the detection.
const kProgramMs = 500;
// A join that cannot succeed ends by then, and holds up nothing beside it.
const kJoinMs = 20_000;
const kBesideMs = 1500;
const kGrowthBytesMax = 64 * 1024 * 1024;

describe('joining', () => {
  const kKinds = [
    ['shop', /mcp/i],
    ['bazaar', /mcp/i],
    ['diary', /a2a/i],
    ['ledger', /a2a/i],
    ['oracle', /openai/i],
    ['shelf', /openapi/i],
  ];
  test('each is recognised by its URL alone, in time', { timeout: 60_000 }, async (t) => {
    const world = await startWorld(kKinds.map(([name]) => name));
    t.after(() => world.close());
    for (const [name, protocol] of kKinds) {
      const url = name === 'shelf' ? world.up.shelf.url : world.up[name].url;
      let ms = Infinity;
      let value;
      for (let i = 0; i < kTries && ms > kDetectMs; i++) {
        const joined = await timed(() => world.hub.add(url, `${name}${i}`));
        if (joined.error) continue;
        ({ value, ms } = joined);
      }
      assert.ok(value, `${name} was not recognised`);
      assert.match(value.out, protocol);
      assert.ok(ms < kDetectMs + kProgramMs, `${name} took ${ms} ms at best`);
    }
    const listed = await world.hub.cli('ls', '--json');
    assert.equal(listed.code, 0, listed.err);
    for (const [name] of kKinds) assert.ok(listed.out.includes(name), listed.out);
  });

  test('the base URL of an OpenAI server without /v1 is enough', { timeout: 30_000 }, async (t) => {
    const world = await startWorld(['oracle']);
    t.after(() => world.close());
    const { origin } = new URL(world.up.oracle.url);
    const joined = await world.hub.add(origin, 'seer');
    assert.match(joined.out, /openai/i);
  });

  // A hub speaks all four, and has an agent's card at its root.
  test('an exact URL says which of an origin is meant', { timeout: 60_000 }, async (t) => {
    const world = await startWorld(['shop']);
    t.after(() => world.close());
    const front = await startHub();
    t.after(() => front.close());
    const kPlaces = {
      '/v1': 'openai',
      '/mcp': 'mcp',
      '/mcp/shop': 'mcp',
      '/a2a/shop': 'a2a',
      '/api/openapi.json': 'openapi',
    };
    for (const [i, [path, protocol]] of Object.entries(kPlaces).entries()) {
      const joined = await front.add(`${world.hub.url}${path}`, `place${i}`);
      assert.match(joined.out, new RegExp(protocol, 'i'), `${path}: ${joined.out}`);
    }
  });

  test(
    'a server that speaks none is refused with what was tried',
    { timeout: 30_000 },
    async (t) => {
      const hub = await startHub();
      t.after(() => hub.close());
      const http = createServer((_req, res) => res.writeHead(404).end('nothing here'));
      await new Promise((resolve) => http.listen(0, kHost, resolve));
      t.after(() => http.close());
      const r = await hub.cli('add', `http://${kHost}:${http.address().port}`, '--as', 'blank');
      assert.equal(r.code, 1, r.out + r.err);
      for (const word of [/agent-card/, /mcp|initialize/i, /models/, /openapi/])
        assert.match(r.err, word);
    },
  );

  test('nobody listens: refused, the address is named', { timeout: 30_000 }, async (t) => {
    const hub = await startHub();
    t.after(() => hub.close());
    const r = await hub.cli('add', `http://${kHost}:9`, '--as', 'nobody');
    assert.equal(r.code, 1);
    assert.match(r.err, /127\.0\.0\.1:9/);
  });

  test('a name that is taken is refused with the way out', { timeout: 30_000 }, async (t) => {
    const world = await startWorld(['shop', 'diary']);
    t.after(() => world.close());
    const r = await world.hub.cli('add', world.up.diary.url, '--as', 'shop');
    assert.notEqual(r.code, 0);
    assert.match(r.err, /shop/);
    assert.match(r.err, /--as|weft rm/);
  });

  test('what was joined is still there after a restart', { timeout: 60_000 }, async (t) => {
    const world = await startWorld(['shop', 'diary', 'shelf', 'kiosk']);
    t.after(() => world.close());
    await world.hub.restart('SIGKILL');
    for (const name of ['shop', 'diary', 'shelf', 'kiosk']) await world.hub.joined(name);
    const listed = await world.hub.cli('ls', '--json');
    for (const name of ['shop', 'diary', 'shelf', 'kiosk'])
      assert.ok(listed.out.includes(name), listed.out);
    const called = await world.hub.cli('call', 'kiosk/echo', 'text=hi');
    assert.equal(called.code, 0, called.err);
    assert.match(called.out, /^hi$/m);
  });
});

describe('a solution that misbehaves when it is asked who it is', () => {
  const kKinds = ['openai', 'mcp', 'a2a', 'openapi'];
  let hub;
  const bad = {};
  before(async () => {
    hub = await startHub();
    for (const kind of kKinds) bad[kind] = await startFaulty(kind);
    for (const upstream of Object.values(bad)) upstream.early = true;
  });
  after(async () => {
    await hub?.close();
    for (const upstream of Object.values(bad)) await upstream.close();
  });

  for (const [name, fault] of Object.entries(kFaults)) {
    test(name, { timeout: 60_000 }, async () => {
      const memory = residentBytes(hub.pid);
      const wrong = [];
      const join = async (kind) => {
        bad[kind].fault = fault;
        const { value, ms } = await timed(() => hub.cli('add', bad[kind].url, '--as', `bad-${kind}`));
        if (value.code !== 1) wrong.push(`${kind}: gave ${value.code} ${value.out}${value.err}`);
        if (!value.err.includes(new URL(bad[kind].url).host)) wrong.push(`${kind}: ${value.err}`);
        if (ms > kJoinMs) wrong.push(`${kind}: took ${Math.round(ms)} ms`);
      };
      const beside = async () => {
        const { value, ms } = await timed(() => fetch(`${hub.url}/healthz`));
        if (!value?.ok || ms > kBesideMs) wrong.push(`beside: ${value?.status} after ${ms} ms`);
      };
      await Promise.all([...kKinds.map(join), beside()]);
      const growth = residentBytes(hub.pid) - memory;
      if (growth > kGrowthBytesMax) wrong.push(`grew by ${growth >> 20} MiB`);
      assert.deepEqual(wrong, []);
    });
  }

  test('is taken once it behaves', { timeout: 30_000 }, async () => {
    for (const kind of kKinds) {
      bad[kind].fault = undefined;
      await hub.add(bad[kind].url, `good-${kind}`);
    }
  });
});
