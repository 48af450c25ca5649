// Refusals reach each client as its protocol's own error, and say what to do about it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TaskState } from '@a2a-js/sdk';
import { kCallers } from './lib/callers.mjs';
import { a2a, a2aMessage, mcpText, mcpV1, mcpV2, openai, rest } from './lib/clients.mjs';
import { startWorld } from './lib/world.mjs';

const tool = (solution, skill, args) => ({ kind: 'tool', solution, skill, args });

/// Everything an error, or an answer that is a question, says.
async function wordsOf(call) {
  try {
    const answer = await call();
    return `${answer.text} ${JSON.stringify(answer.raw)}`;
  } catch (e) {
    const more = [e.error, e.data, e.answer?.body, e.task?.status].map((part) =>
      JSON.stringify(part),
    );
    return [e.message, ...more].join(' ');
  }
}

const rejection = async (promise) => {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  throw new assert.AssertionError({ message: 'expected a refusal, got an answer' });
};

describe('errors', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'bazaar', 'diary', 'shelf', 'oracle']);
  });
  after(() => world?.close());
  const at = (path) => `${world.hub.url}${path}`;

  describe('a solution nobody joined', () => {
    test('openai: 404 model_not_found', async () => {
      const client = openai(at('/v1'));
      const messages = [{ role: 'user', content: 'x' }];
      const e = await rejection(
        client.chat.completions.create({ model: 'agent/nobody', messages }),
      );
      assert.equal(e.status, 404);
      assert.equal(e.code, 'model_not_found');
      assert.equal(e.type, 'invalid_request_error');
      assert.match(e.message, /nobody/);
      assert.deepEqual(Object.keys(e.error).sort(), ['code', 'message', 'param', 'type']);
    });

    for (const [name, open] of [
      ['v1', mcpV1],
      ['v2', mcpV2],
    ]) {
      test(`mcp ${name}: -32602 for an unknown tool`, async () => {
        const client = await open(at('/mcp'));
        const e = await rejection(client.callTool({ name: 'nobody__x', arguments: {} }));
        assert.equal(e.code, -32602);
        assert.match(e.message, /nobody__x/);
        await client.close();
      });
    }

    test('mcp: an unknown mount is refused by name', async () => {
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
      const headers = { accept: 'application/json, text/event-stream' };
      const answer = await rest(at('/mcp/nobody'), { body, headers });
      assert.equal(answer.status, 404);
      assert.match(answer.text, /nobody/);
      await assert.rejects(mcpV1(at('/mcp/nobody')));
      await assert.rejects(mcpV2(at('/mcp/nobody')));
    });

    test('a2a: the card is not found', async () => {
      const answer = await rest(at('/a2a/nobody/.well-known/agent-card.json'), { method: 'GET' });
      assert.equal(answer.status, 404);
      assert.match(answer.text, /nobody/);
    });

    test('rest: 404 problem+json', async () => {
      const answer = await rest(at('/api/nobody/x'), { body: {} });
      assert.equal(answer.status, 404);
      assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
      assert.match(answer.text, /nobody/);
    });
  });

  describe('a skill the solution does not have', () => {
    test('openai', async () => {
      const words = await wordsOf(() => kCallers.openai(world.hub, tool('shop', 'dance', {})));
      assert.match(words, /dance/);
    });
    test('rest', async () => {
      const answer = await rest(at('/api/shop/dance'), { body: {} });
      assert.equal(answer.status, 404);
      assert.match(answer.text, /dance/);
    });
    test('a2a', async () => {
      const words = await wordsOf(() => kCallers['a2a 1.0'](world.hub, tool('shop', 'dance', {})));
      assert.match(words, /dance/);
    });
  });

  describe('arguments that do not fit: the path of the offending value', () => {
    const wrong = {
      items: [
        { name: 'a', qty: 1 },
        { name: 'b', qty: 0 },
      ],
    };
    for (const caller of Object.keys(kCallers)) {
      for (const solution of ['shop', 'bazaar']) {
        test(`${caller} -> ${solution}`, { timeout: 20_000 }, async () => {
          const target = tool(solution, 'order', wrong);
          const words = await wordsOf(() => kCallers[caller](world.hub, target));
          assert.match(words, /items(\/1\/|\[1\]\.|\.1\.)qty/, words);
          assert.match(words, /expected .*1/, words);
        });
      }
      test(`${caller} -> shelf`, { timeout: 20_000 }, async () => {
        const target = tool('shelf', 'createItem', { name: 'cup', qty: 'two' });
        const words = await wordsOf(() => kCallers[caller](world.hub, target));
        assert.match(words, /qty/, words);
        assert.match(words, /expected .*integer/, words);
      });
    }
    test('nothing of it reached the solution', () => {
      const orders = world.up.shop.journal.all('called').filter((c) => c.tool === 'order');
      assert.deepEqual(orders, []);
    });
  });

  describe('the solution itself says no', () => {
    const kFailures = [
      [tool('shop', 'fail', {}), /the till is closed/],
      [tool('bazaar', 'fail', {}), /the till is closed/],
      [
        {
          kind: 'agent',
          solution: 'diary',
          skill: 'talk',
          words: 'fail',
          args: { message: 'fail' },
        },
        /the diary is lost/,
      ],
      [tool('shelf', 'broken', {}), /the shelf is empty|nothing left/],
      [
        {
          kind: 'model',
          solution: 'oracle',
          skill: 'chat',
          words: 'forbidden',
          args: { messages: [{ role: 'user', content: 'forbidden' }] },
        },
        /no tokens left/,
      ],
    ];
    for (const [caller, call] of Object.entries(kCallers)) {
      for (const [target, said] of kFailures) {
        test(`${caller} -> ${target.solution}/${target.skill}`, { timeout: 20_000 }, async () => {
          const e = await rejection(call(world.hub, target));
          const words = [e.message, e.error, e.answer?.text, e.task?.status].map((part) =>
            typeof part === 'string' ? part : JSON.stringify(part),
          );
          assert.match(words.join(' '), said);
        });
      }
    }
    test('openai sees the rate limit as one', async () => {
      const client = openai(at('/v1'));
      const messages = [{ role: 'user', content: 'forbidden' }];
      const e = await rejection(
        client.chat.completions.create({ model: 'model/oracle', messages }),
      );
      assert.equal(e.status, 429);
      assert.equal(e.code, 'rate_limit_exceeded');
    });
    test('mcp sees a failed tool as a result', async () => {
      const client = await mcpV1(at('/mcp/shop'));
      const r = await client.callTool({ name: 'fail', arguments: {} });
      assert.equal(r.isError, true);
      assert.equal(mcpText(r), 'the till is closed');
      await client.close();
    });
    test('a2a sees a failed task', async () => {
      const client = await a2a(at('/a2a/diary'));
      const task = await client.sendMessage(a2aMessage('fail'));
      assert.equal(task.status.state, TaskState.TASK_STATE_FAILED);
    });
  });
});

const kDownTargets = [
  tool('shop', 'echo', { text: 'x' }),
  {
    kind: 'agent',
    solution: 'diary',
    skill: 'talk',
    words: 'echo x',
    args: { message: 'echo x' },
  },
  tool('shelf', 'plainText', {}),
  {
    kind: 'model',
    solution: 'oracle',
    skill: 'chat',
    words: 'hello',
    args: { messages: [{ role: 'user', content: 'hello' }] },
  },
];

/// Each client is told of each of them that it is down, and which it is.
function downIsToldBy(world) {
  for (const [caller, call] of Object.entries(kCallers)) {
    for (const target of kDownTargets) {
      test(`${caller} -> ${target.solution} is named`, { timeout: 20_000 }, async () => {
        const e = await rejection(call(world().hub, target));
        const words = `${e.message} ${JSON.stringify(e.error ?? e.data ?? e.answer?.body ?? '')}`;
        assert.match(words, new RegExp(target.solution), words);
        if (caller === 'openai') assert.equal(e.status, 503);
        if (caller === 'rest') assert.equal(e.answer.status, 503);
      });
    }
  }
}

describe('a solution that is down', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'diary', 'shelf', 'oracle']);
    for (const upstream of Object.values(world.up)) await upstream.close();
  });
  after(() => world?.hub.close());
  downIsToldBy(() => world);
});

describe('a solution that is down when the hub starts', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'diary', 'shelf', 'oracle']);
    for (const upstream of Object.values(world.up)) await upstream.close();
    await world.hub.restart();
  });
  after(() => world?.hub.close());
  downIsToldBy(() => world);
});
