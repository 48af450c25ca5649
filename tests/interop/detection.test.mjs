// `weft add URL` with no other word knows each protocol, says how it knew, and says what it tried
// when it cannot.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { kHost } from './lib/ports.mjs';
import { timed } from './lib/deadline.mjs';
import { startHub } from './lib/weft.mjs';
import { startWorld } from './lib/world.mjs';

const kDetectMs = 1000;
// The best of so many counts: the machine may be busy.
const kTries = 3;
// What the program itself needs to start and print, beyond the detection.
const kProgramMs = 500;

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
