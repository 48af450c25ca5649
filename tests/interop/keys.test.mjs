// Keys: who has none is told the same whatever it tries, and one key's handles are nobody else's.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { rest } from './lib/clients.mjs';
import { kHost } from './lib/ports.mjs';
import { sendRaw } from './lib/rawhttp.mjs';
import { startTap } from './lib/tap.mjs';
import { startWorld } from './lib/world.mjs';
import { startOpenAiModel } from './upstreams/openai_model.mjs';

const kA2a = { 'A2A-Version': '1.0' };
const kDoors = [
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/embeddings'],
  ['GET', '/v1/models'],
  ['POST', '/mcp'],
  ['POST', '/mcp/shop'],
  ['POST', '/a2a/diary'],
  ['GET', '/a2a/diary/.well-known/agent-card.json'],
  ['POST', '/api/shop/echo'],
  ['GET', '/api/openapi.json'],
  ['GET', '/api/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV'],
];

describe('keys', () => {
  let world;
  const key = {};
  before(async () => {
    world = await startWorld(['shop', 'diary']);
    for (const name of ['ada', 'bob']) {
      const made = await world.hub.cli('key', 'new', name, '--json');
      key[name] = JSON.parse(made.out).secret;
    }
  });
  after(() => world?.close());
  const as = (name) => ({ Authorization: `Bearer ${key[name]}` });

  describe('credentials that are none: one identical refusal a door', () => {
    const kWrong = () => [
      [],
      ['Authorization: Bearer '],
      ['Authorization: Bearer nonsense'],
      [`Authorization: Bearer ${key.ada.slice(0, -1)}`],
      [`Authorization: Bearer ${key.ada.slice(0, -1)}!`],
      [`Authorization: Bearer ${key.ada}x`],
      [`Authorization: Basic ${key.ada}`],
      ["Authorization: Bearer ' OR 1=1 --"],
      ['Authorization: Bearer %'],
      ['Authorization: Bearer *'],
      ["x-api-key: ' UNION SELECT secret FROM keys --"],
      ['x-api-key: _'],
      ['api-key: ../../keys'],
      [`api-key: ${'k'.repeat(8000)}`],
    ];
    for (const [method, path] of kDoors) {
      test(`${method} ${path}`, async () => {
        const answers = new Map();
        for (const lines of kWrong()) {
          const head = [`${method} ${path} HTTP/1.1`, `Host: ${kHost}:${world.hub.port}`, ...lines];
          const more = ['Content-Type: application/json', 'Content-Length: 2', 'Connection: close'];
          const text = `${[...head, ...more].join('\r\n')}\r\n\r\n{}`;
          const answer = await sendRaw(world.hub.port, text);
          assert.equal(answer.status, 401, `${lines}: ${answer.text.slice(0, 200)}`);
          answers.set(answer.text.replaceAll(/(Date|x-request-id): [^\r]*/g, ''), lines);
        }
        assert.equal(answers.size, 1, [...answers.keys()].join('\n---\n'));
        assert.match([...answers.keys()][0], /www-authenticate: bearer/i);
      });
    }

    test('the log does not tell what was tried', async () => {
      const log = world.hub.process.out() + world.hub.process.err();
      for (const word of ['UNION', 'OR 1=1', 'kkkk', key.ada.slice(0, -1), key.bob])
        assert.ok(!log.includes(word), `the log holds ${word}`);
    });
  });

  test('a key that is good stays with the hub', { timeout: 60_000 }, async (t) => {
    const taps = [];
    t.after(() => Promise.all(taps.map((tap) => tap.close())));
    const model = await startOpenAiModel();
    t.after(() => model.close());
    for (const [name, upstream] of [
      ['watched-shop', new URL(world.up.shop.url)],
      ['watched-oracle', new URL(model.url)],
    ]) {
      const tap = await startTap(upstream);
      taps.push(tap);
      await world.hub.add(`${tap.url}${upstream.pathname}`, name);
    }
    const messages = [{ role: 'user', content: 'hello' }];
    const call = { name: 'echo', arguments: { text: 'hello' } };
    const mcp = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call };
    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hello' }] };
    const ask = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } };
    // The doors of each, passed through and translated; the key also where others keep theirs.
    const kCalls = [
      ['/v1/chat/completions', { model: 'model/watched-oracle', messages }],
      ['/v1/chat/completions', { model: 'model/watched-oracle', messages, stream: true }],
      ['/api/watched-shop/echo', { text: 'hello' }],
      ['/api/watched-oracle/chat', { message: 'hello' }],
      ['/mcp/watched-shop', mcp, { 'MCP-Protocol-Version': '2025-06-18' }],
      ['/a2a/watched-oracle', ask, kA2a],
    ];
    let answers = '';
    for (const [path, body, more] of kCalls) {
      for (const header of ['Authorization', 'x-api-key', 'api-key']) {
        const value = header === 'Authorization' ? `Bearer ${key.ada}` : key.ada;
        const Accept = 'application/json, text/event-stream';
        const headers = { Accept, ...more, [header]: value };
        const answer = await rest(`${world.hub.url}${path}`, { body, headers });
        assert.notEqual(answer.status, 401, `${path} ${header}: ${answer.text}`);
        answers += answer.text;
      }
    }
    const sent = taps.flatMap((tap) => tap.passages.map((passage) => passage.sent)).join('');
    assert.match(sent, /tools\/call/);
    assert.match(sent, /chat\/completions/);
    for (const [where, text] of Object.entries({ sent, answers })) {
      assert.ok(!text.includes(key.ada), `${where} hold the key`);
      assert.ok(!text.includes(key.ada.slice(5)), `${where} hold what is secret of the key`);
    }
  });

  test('neither the log nor the data holds a key', () => {
    const log = world.hub.process.out() + world.hub.process.err();
    const files = readdirSync(world.hub.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.some((file) => file.endsWith('weft.db')), files.join());
    const data = files.map((file) => readFileSync(file, 'latin1')).join('');
    for (const secret of [key.ada.slice(5), key.bob.slice(5)]) {
      assert.ok(!log.includes(secret), 'the log holds a key');
      assert.ok(!data.includes(secret), 'the data hold a key');
    }
  });

  describe("another key's handle: the same answer as an id that nobody has", () => {
    const rpc = (path) => (method, params, name) =>
      rest(`${world.hub.url}${path}`, {
        body: { jsonrpc: '2.0', id: 1, method, params },
        headers: { ...as(name), ...kA2a },
      });
    const agent = rpc('/a2a/diary');
    const message = (text, more) => ({
      message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...more },
    });
    const tool = (name, args) => (id) =>
      mcp(name, 'tools/call', { name: 'continue_task', arguments: { task_id: id, ...args } });
    const mcp = (name, method, params) =>
      rest(`${world.hub.url}/mcp`, {
        body: {
          jsonrpc: '2.0',
          id: 1,
          method,
          params: {
            ...params,
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {},
              'io.modelcontextprotocol/clientInfo': { name: 'keys', version: '1' },
            },
          },
        },
        headers: {
          ...as(name),
          Accept: 'application/json, text/event-stream',
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': method,
          'Mcp-Name': params.name,
        },
      });
    const binding = (name, method, tail, body) => (id) =>
      rest(`${world.hub.url}/a2a/diary/tasks/${id}${tail}`, {
        method,
        body,
        headers: { ...as(name), ...kA2a },
      });
    const job = (name, method, tail, body, more) => (id) =>
      rest(`${world.hub.url}/api/jobs/${id}${tail}`, {
        method,
        body,
        headers: { ...as(name), ...more },
      });

    const kUses = {
      'A2A GetTask': (id) => agent('GetTask', { id }, 'bob'),
      'A2A CancelTask': (id) => agent('CancelTask', { id }, 'bob'),
      'A2A SubscribeToTask': (id) => agent('SubscribeToTask', { id }, 'bob'),
      'A2A SendMessage': (id) => agent('SendMessage', message('Tuesday', { taskId: id }), 'bob'),
      'A2A 0.3 tasks/get': (id) => agent('tasks/get', { id }, 'bob'),
      'A2A 0.3 tasks/cancel': (id) => agent('tasks/cancel', { id }, 'bob'),
      'A2A 0.3 tasks/resubscribe': (id) => agent('tasks/resubscribe', { id }, 'bob'),
      'A2A HTTP+JSON get': binding('bob', 'GET', ''),
      'A2A HTTP+JSON cancel': binding('bob', 'POST', ':cancel', {}),
      'A2A HTTP+JSON subscribe': binding('bob', 'POST', ':subscribe', {}),
      'REST get': job('bob', 'GET', ''),
      'REST stream': job('bob', 'GET', '', undefined, { Accept: 'text/event-stream' }),
      'REST cancel': job('bob', 'DELETE', ''),
      'REST input': job('bob', 'POST', '/input', { answer: 'Tuesday' }),
      'MCP continue_task': tool('bob', { text: 'Tuesday' }),
    };
    let id;
    before(async () => {
      const begun = await agent('SendMessage', message('book'), 'ada');
      id = begun.body.result.task.id;
      assert.ok(id, JSON.stringify(begun.body));
    });

    for (const [name, use] of Object.entries(kUses)) {
      test(name, { timeout: 20_000 }, async () => {
        const last = id.at(-1) === 'Z' ? 'X' : 'Z';
        const nobodys = id.slice(0, -1) + last;
        const shown = async (given) => {
          const { status, text } = await use(given);
          return `${status} ${text.replaceAll(given, 'ID')}`;
        };
        const [theirs, none] = [await shown(id), await shown(nobodys)];
        assert.equal(theirs, none);
        assert.doesNotMatch(theirs, /Which day|book/i);
      });
    }

    test('lists show what is ones own', async () => {
      const mine = await agent('ListTasks', {}, 'ada');
      assert.ok(mine.body.result.tasks.some((task) => task.id === id));
      const others = await agent('ListTasks', {}, 'bob');
      assert.deepEqual(others.body.result.tasks, []);
    });

    test('a session of MCP 2025-11-25', async () => {
      const url = `${world.hub.url}/mcp`;
      const accept = { Accept: 'application/json, text/event-stream' };
      const info = { name: 'keys', version: '1' };
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: info };
      const opened = await rest(url, {
        body: { jsonrpc: '2.0', id: 1, method: 'initialize', params },
        headers: { ...as('ada'), ...accept },
      });
      const session = opened.headers.get('mcp-session-id');
      assert.ok(session);
      const use = async (name, given, method, body, more) => {
        const headers = { ...as(name), ...accept, 'Mcp-Session-Id': given, ...more };
        const { status, text } = await rest(url, { method, body, headers });
        return `${status} ${text.replaceAll(given, 'ID')}`;
      };
      const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} };
      const answer = { jsonrpc: '2.0', id: 1, result: { action: 'accept', content: {} } };
      const nobodys = session.slice(0, -1) + (session.at(-1) === '0' ? '1' : '0');
      for (const [method, body, more] of [
        ['POST', list],
        ['POST', answer],
        ['GET', undefined, { Accept: 'text/event-stream', 'Last-Event-ID': '1' }],
        ['DELETE'],
      ]) {
        const theirs = await use('bob', session, method, body, more);
        assert.equal(theirs, await use('bob', nobodys, method, body, more), method);
        assert.match(theirs, /^4/);
      }
      assert.match(await use('ada', session, 'POST', list), /^200 /);
    });

    test('the owner still has it all', async () => {
      const task = await agent('GetTask', { id }, 'ada');
      assert.equal(task.body.result.status.state, 'TASK_STATE_INPUT_REQUIRED');
      const done = await agent('SendMessage', message('Tuesday', { taskId: id }), 'ada');
      assert.equal(done.body.result.task.status.state, 'TASK_STATE_COMPLETED');
    });
  });
});
