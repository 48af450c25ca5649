// A solution asks back; the question reaches each client in its own form and the answer returns.
import assert from 'node:assert/strict';
import { TaskState } from '@a2a-js/sdk';
import { after, before, describe, test } from 'node:test';
import { kCallers } from './lib/callers.mjs';
import { a2a, a2aData, a2aMessage, a2aText, openai, rest } from './lib/clients.mjs';
import { until } from './lib/deadline.mjs';
import { startWorld } from './lib/world.mjs';

const pay = (solution) => ({ kind: 'tool', solution, skill: 'pay', args: { amount: 12.5 } });
const kBook = {
  kind: 'agent',
  solution: 'diary',
  skill: 'talk',
  words: 'book',
  args: { message: 'book' },
};
const kPayers = ['shop', 'bazaar', 'kiosk', 'stall'];
const kMcp = ['mcp v1', 'mcp v2', 'mcp v1 aggregate', 'mcp v2 aggregate'];

describe('questions', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'bazaar', 'kiosk', 'stall', 'diary']);
  });
  after(() => world?.close());

  for (const caller of kMcp) {
    for (const solution of kPayers) {
      for (const [action, content, said] of [
        ['accept', { confirm: true }, 'paid 12.5'],
        ['decline', undefined, 'payment of 12.5 declined'],
      ]) {
        test(`${caller}: ${solution} elicits, ${action}`, { timeout: 20_000 }, async () => {
          const { journal } = world.up[solution];
          const charges = journal.all('paid').length + (action === 'accept' ? 1 : 0);
          const asked = [];
          const onAsk = async (params) => {
            asked.push(params);
            return { action, ...(content && { content }) };
          };
          const answer = await kCallers[caller](world.hub, pay(solution), { onAsk });
          assert.equal(answer.text, said);
          assert.equal(asked.length, 1);
          assert.match(asked[0].message, /Pay 12\.5\?/);
          assert.equal(asked[0].requestedSchema.properties.confirm.type, 'boolean');
          assert.equal(journal.all('paid').length, charges);
        });
      }
    }

    test(
      `${caller}: an agent's input-required becomes an elicitation`,
      { timeout: 20_000 },
      async () => {
        const asked = [];
        const onAsk = async (params) => {
          asked.push(params);
          const [field] = Object.keys(params.requestedSchema.properties);
          return { action: 'accept', content: { [field]: 'Tuesday' } };
        };
        const answer = await kCallers[caller](world.hub, kBook, { onAsk });
        assert.equal(answer.text, 'booked for Tuesday');
        assert.match(asked[0].message, /Which day\?/);
      },
    );
  }

  for (const version of ['1.0', '0.3']) {
    for (const solution of kPayers) {
      test(
        `a2a ${version}: ${solution}'s elicitation becomes input-required`,
        { timeout: 20_000 },
        async () => {
          const client = await a2a(`${world.hub.url}/a2a/${solution}`, { version });
          const asked = await client.sendMessage(
            a2aMessage({ skill: 'pay', parameters: { amount: 12.5 } }),
          );
          assert.equal(asked.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
          assert.match(a2aText(asked.status.message), /Pay 12\.5\?/);
          assert.ok(JSON.stringify(a2aData(asked.status.message)).includes('confirm'), 'the form');
          const { id: taskId, contextId } = asked;
          const paid = await client.sendMessage(
            a2aMessage({ confirm: true }, { taskId, contextId }),
          );
          assert.equal(paid.status?.state, TaskState.TASK_STATE_COMPLETED);
          assert.match(a2aText(paid), /paid 12\.5/);
        },
      );
    }

    test(`a2a ${version}: an agent asks, the same task goes on`, { timeout: 20_000 }, async () => {
      const client = await a2a(`${world.hub.url}/a2a/diary`, { version });
      const asked = await client.sendMessage(a2aMessage('book'));
      assert.equal(asked.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
      const { id: taskId, contextId } = asked;
      const booked = await client.sendMessage(a2aMessage('Friday', { taskId, contextId }));
      assert.equal(booked.id, taskId);
      assert.equal(a2aText(booked), 'booked for Friday');
    });
  }

  test(
    'openai: an agent asks in its answer, the next turn answers',
    { timeout: 20_000 },
    async () => {
      const client = openai(`${world.hub.url}/v1`);
      const model = 'agent/diary';
      const messages = [{ role: 'user', content: 'book' }];
      const asked = await client.chat.completions.create({ model, messages });
      const question = asked.choices[0];
      assert.match(question.message.content, /Which day\?/);
      assert.equal(question.finish_reason, 'stop');
      messages.push(question.message, { role: 'user', content: 'Sunday' });
      const booked = await client.chat.completions.create({ model, messages });
      assert.equal(booked.choices[0].message.content, 'booked for Sunday');
    },
  );

  test(
    'openai: a tool asks in its answer, the next turn answers',
    { timeout: 20_000 },
    async () => {
      const client = openai(`${world.hub.url}/v1`);
      const model = 'tool/shop/pay';
      const messages = [{ role: 'user', content: JSON.stringify({ amount: 3 }) }];
      const asked = await client.chat.completions.create({ model, messages });
      assert.match(asked.choices[0].message.content, /Pay 3\?/);
      messages.push(asked.choices[0].message, { role: 'user', content: '{"confirm":true}' });
      const paid = await client.chat.completions.create({ model, messages });
      assert.equal(paid.choices[0].message.content, 'paid 3');
    },
  );

  test('rest: the question has a link, the job goes on', { timeout: 20_000 }, async () => {
    const asked = await rest(`${world.hub.url}/api/shop/pay`, { body: { amount: 4 } });
    assert.ok([202, 409].includes(asked.status), `${asked.status} ${asked.text}`);
    assert.match(asked.text, /Pay 4\?/);
    const location = asked.headers.get('location') ?? asked.body.job;
    assert.ok(location, `a job to answer: ${asked.text}`);
    const job = new URL(location, world.hub.url);
    const answered = await rest(`${job}/input`, { body: { confirm: true } });
    assert.ok(answered.status < 300, `${answered.status} ${answered.text}`);
    const done = await until(5000, 'the finished job', async () => {
      const { text } = await rest(job, { method: 'GET' });
      return text.includes('paid 4') && text;
    });
    assert.match(done, /paid 4/);
  });

  test('a client that cannot be asked is told so', { timeout: 20_000 }, async () => {
    await assert.rejects(kCallers['mcp v1'](world.hub, pay('shop')), /elicitation/i);
  });
});
