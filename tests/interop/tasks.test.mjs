// A task outlives its connection, and the hub that began it.
import assert from 'node:assert/strict';
import { TaskState } from '@a2a-js/sdk';
import { describe, test } from 'node:test';
import { a2a, a2aEvents, a2aMessage, a2aText, rest } from './lib/clients.mjs';
import { until, within } from './lib/deadline.mjs';
import { startWorld } from './lib/world.mjs';

const byId = (id) => ({ id, tenant: '', metadata: undefined });

async function began(world, words, options) {
  const client = await a2a(`${world.hub.url}/a2a/diary`);
  const task = await client.sendMessage(a2aMessage(words, { returnImmediately: true, ...options }));
  assert.ok(task.id, 'a task at once');
  return { client, task };
}

describe('tasks', () => {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    test(`a stream is resumed after the hub got ${signal}`, { timeout: 60_000 }, async (t) => {
      const world = await startWorld(['diary']);
      t.after(() => world.close());
      const { task } = await began(world, 'slow 4000');
      await world.up.diary.journal.wait('message', 5000);
      await world.hub.restart(signal);
      await world.hub.joined('diary');
      const client = await a2a(`${world.hub.url}/a2a/diary`);
      const stream = client.resubscribeTask(byId(task.id));
      const events = await within(15_000, 'the rest of the task', a2aEvents(stream));
      assert.equal(events[0].task?.id, task.id, 'first the task as it is now');
      assert.equal(events.at(-1).statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
      const done = await client.getTask(byId(task.id));
      assert.equal(a2aText(done), 'waited 4000 ms');
      assert.equal(world.up.diary.journal.all('message').length, 1, 'it ran once');
    });
  }

  test('a call that may not be repeated is not, when the hub was killed during it', {
    timeout: 60_000,
  }, async (t) => {
    const world = await startWorld(['shop']);
    t.after(() => world.close());
    const begun = await rest(`${world.hub.url}/api/shop/slow`, {
      body: {},
      headers: { Prefer: 'respond-async' },
    });
    assert.equal(begun.status, 202, begun.text);
    const slow = () => world.up.shop.journal.all('called').filter((call) => call.tool === 'slow');
    await until(5000, 'the call', () => slow().length === 1);
    await world.hub.restart('SIGKILL');
    await world.hub.joined('shop');
    const url = new URL(begun.headers.get('location'), world.hub.url);
    const job = () => rest(url, { method: 'GET' });
    await until(5000, 'the end', async () => (await job()).text.includes('outcome unknown'));
    assert.match((await job()).text, /weft stopped while shop\/slow ran; it was not repeated/);
    assert.equal(slow().length, 1, 'it was called once');
  });

  test('a finished task is read after a restart', { timeout: 60_000 }, async (t) => {
    const world = await startWorld(['diary']);
    t.after(() => world.close());
    const { client, task } = await began(world, 'work 3');
    await until(5000, 'the end', async () => {
      const now = await client.getTask(byId(task.id));
      return now.status.state === TaskState.TASK_STATE_COMPLETED;
    });
    await world.hub.restart('SIGKILL');
    await world.hub.joined('diary');
    const again = await a2a(`${world.hub.url}/a2a/diary`);
    assert.equal(a2aText(await again.getTask(byId(task.id))), 'piece 1;piece 2;piece 3;');
    const stream = a2aEvents(again.resubscribeTask(byId(task.id)));
    await assert.rejects(
      within(5000, 'a refusal', stream),
      /unsupported|terminal|completed|-32004/i,
    );
  });

  test('two subscribers see the same events', { timeout: 60_000 }, async (t) => {
    const world = await startWorld(['diary']);
    t.after(() => world.close());
    const { client, task } = await began(world, 'slow 1500');
    const read = () =>
      within(10_000, 'the stream', a2aEvents(client.resubscribeTask(byId(task.id))));
    const [one, two] = await Promise.all([read(), read()]);
    assert.deepEqual(one.slice(1), two.slice(1));
  });

  test('an unknown task is refused with its reason', { timeout: 30_000 }, async (t) => {
    const world = await startWorld(['diary']);
    t.after(() => world.close());
    const url = `${world.hub.url}/a2a/diary`;
    const card = await rest(`${url}/.well-known/agent-card.json`, {
      method: 'GET',
      headers: { 'A2A-Version': '1.0' },
    });
    const rpc = card.body.supportedInterfaces.find((i) => i.protocolBinding === 'JSONRPC').url;
    const body = { jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 'nobody-knows' } };
    const answer = await rest(rpc, { body, headers: { 'A2A-Version': '1.0' } });
    assert.equal(answer.body.error.code, -32001);
    assert.equal(answer.body.error.data[0].reason, 'TASK_NOT_FOUND');
    assert.equal(answer.body.error.data[0].domain, 'a2a-protocol.org');
  });
});
