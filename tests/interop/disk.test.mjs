// A disk that is full: what has to be kept is refused in each protocol's words, all else goes on,
// and it ends when there is room again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { kCallers } from './lib/callers.mjs';
import { rest } from './lib/clients.mjs';
import { until } from './lib/deadline.mjs';
import { run } from './lib/proc.mjs';
import { startWorld } from './lib/world.mjs';

const kRoomBytes = 300_000;
const kBackMs = 5000;
const kAsync = { Prefer: 'respond-async' };

describe('a full disk', () => {
  test('refuses tasks, answers calls, and recovers', { timeout: 60_000 }, async (t) => {
    const world = await startWorld(['shop']);
    t.after(() => world.close());
    const { hub } = world;
    // The system refuses to make a file longer than this.
    const limit = async (bytes) => {
      const r = await run('prlimit', ['--pid', `${hub.pid}`, `--fsize=${bytes}:`]);
      assert.equal(r.code, 0, r.err);
    };
    const job = (text) =>
      rest(`${hub.url}/api/shop/echo`, { body: { text }, headers: kAsync });
    const first = await job('kept');
    assert.equal(first.status, 202, first.text);
    await limit(statSync(join(hub.data, 'weft.db-wal')).size + kRoomBytes);
    t.after(() => hub.process.running() && limit('unlimited'));

    let refused;
    for (let i = 0; i < 200 && !refused; i++) {
      const answer = await job('x'.repeat(20_000));
      if (answer.status !== 202) refused = answer;
    }
    assert.ok(refused, 'the disk was filled');
    assert.equal(refused.status, 507, refused.text);
    assert.match(refused.body.detail, /disk|space|full/i);

    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: '{"text":"x"}' }] };
    const params = { message, configuration: { returnImmediately: true } };
    const agent = await rest(`${hub.url}/a2a/shop`, {
      body: { jsonrpc: '2.0', id: 1, method: 'SendMessage', params },
      headers: { 'A2A-Version': '1.0' },
    });
    assert.match(JSON.stringify(agent.body.error ?? {}), /STORAGE_FULL/, agent.text);

    const read = await rest(`${hub.url}${first.headers.get('location')}`, { method: 'GET' });
    assert.equal(read.status, 200, read.text);
    const echo = { kind: 'tool', solution: 'shop', skill: 'echo', args: { text: 'still here' } };
    for (const caller of ['openai', 'mcp v2', 'rest']) {
      const answer = await kCallers[caller](hub, echo);
      assert.match(answer.text, /still here/);
    }

    await limit('unlimited');
    await until(kBackMs, 'tasks are kept again', async () => (await job('again')).status === 202);
  });
});
