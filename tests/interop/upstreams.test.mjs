// The upstreams themselves, each called directly by its own SDK: what weft is compared with.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  a2a,
  a2aEvents,
  a2aMessage,
  a2aText,
  mcpText,
  mcpV1,
  mcpV2,
  openai,
  rest,
} from './lib/clients.mjs';
import { startA2aAgent } from './upstreams/a2a_agent.mjs';
import { startFaulty } from './upstreams/faulty.mjs';
import { openJournal } from './upstreams/journal.mjs';
import { startMcpV1 } from './upstreams/mcp_v1.mjs';
import { startMcpV2 } from './upstreams/mcp_v2.mjs';
import { kModel, startOpenAiModel } from './upstreams/openai_model.mjs';
import { kApiKey, startRestService } from './upstreams/rest_service.mjs';

const kStdio = join(dirname(fileURLToPath(import.meta.url)), 'upstreams/mcp_stdio.mjs');
const accept = async () => ({ action: 'accept', content: { confirm: true } });

async function useShop(client, journal) {
  const { tools } = await client.listTools();
  assert.equal(tools.length, 8);
  const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
  assert.deepEqual(sum.structuredContent, { sum: 5 });
  const seen = [];
  const counting = { name: 'count', arguments: { steps: 3 } };
  const onprogress = ({ progress }) => seen.push(progress);
  await client.callTool(counting, ...client.progressArguments({ onprogress }));
  assert.deepEqual(seen, [1, 2, 3]);
  const paid = await client.callTool({ name: 'pay', arguments: { amount: 7 } });
  assert.equal(mcpText(paid), 'paid 7');
  const stop = new AbortController();
  const slow = client.callTool(
    { name: 'slow', arguments: {} },
    ...client.progressArguments({ signal: stop.signal }),
  );
  slow.catch(() => {});
  await journal.wait('slow started', 5000);
  stop.abort();
  await journal.wait('slow cancelled', 1000);
}

// The two generations take the call's options at different places.
const v1 = (client) => Object.assign(client, { progressArguments: (o) => [undefined, o] });
const v2 = (client) => Object.assign(client, { progressArguments: (o) => [o] });

describe('upstreams called directly', () => {
  test('MCP 2025 over HTTP', async (t) => {
    const up = await startMcpV1();
    t.after(() => up.close());
    const client = v1(await mcpV1(up.url, { onAsk: accept }));
    await useShop(client, up.journal);
    await client.close();
  });

  test('MCP 2026 over HTTP, both clients', async (t) => {
    const up = await startMcpV2();
    t.after(() => up.close());
    const client = v2(await mcpV2(up.url, { onAsk: accept }));
    await useShop(client, up.journal);
    await client.close();
    const old = await mcpV1(up.url);
    assert.equal(mcpText(await old.callTool({ name: 'echo', arguments: { text: 'ho' } })), 'ho');
    await old.close();
  });

  const folder = mkdtempSync(join(tmpdir(), 'weft-journal-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [era, Transport, open, wrap] of [
    ['v1', StdioV1, mcpV1, v1],
    ['v2', StdioV2, mcpV2, v2],
  ]) {
    test(`MCP over stdio, ${era}`, async () => {
      const file = join(folder, era);
      const transport = new Transport({ command: process.execPath, args: [kStdio, era, file] });
      const client = wrap(await open(undefined, { onAsk: accept, transport }));
      await useShop(client, openJournal(file));
      await client.close();
    });
  }

  for (const version of ['1.0', '0.3']) {
    for (const binding of ['JSONRPC', 'HTTP+JSON']) {
      test(`A2A ${version} over ${binding}`, async (t) => {
        const up = await startA2aAgent();
        t.after(() => up.close());
        await useDiary(await a2a(up.url, { version, binding }), up.journal);
      });
    }
  }

  test('OpenAI chat, stream, tools, embeddings, errors', async (t) => {
    const up = await startOpenAiModel();
    t.after(() => up.close());
    await useModel(openai(up.url), up);
  });

  test('the faulty ones are right when nothing is wrong', async (t) => {
    const up = {};
    for (const kind of ['openai', 'mcp', 'a2a', 'openapi']) {
      up[kind] = await startFaulty(kind);
      t.after(() => up[kind].close());
    }
    const messages = [{ role: 'user', content: 'x' }];
    const chat = await openai(up.openai.url).chat.completions.create({ model: 'm', messages });
    assert.equal(chat.choices[0].message.content, 'poked');
    const client = await mcpV1(up.mcp.url);
    assert.equal(mcpText(await client.callTool({ name: 'poke', arguments: {} })), 'poked');
    await client.close();
    assert.equal(a2aText(await (await a2a(up.a2a.url)).sendMessage(a2aMessage('x'))), 'poked');
    const poked = await rest(up.openapi.url.replace('/openapi.json', '/poke'), { body: {} });
    assert.deepEqual(poked.body, { said: 'poked' });
  });

  test('REST service', async (t) => {
    const up = await startRestService();
    t.after(() => up.close());
    const headers = { 'X-Trace': 't1', cookie: 'session=s1' };
    const seen = await rest(`${up.url}/items/a%2Fb?tags=x&tags=y&verbose=true`, {
      method: 'GET',
      headers,
    });
    assert.deepEqual(seen.body, {
      id: 'a/b',
      tags: ['x', 'y'],
      verbose: true,
      trace: 't1',
      session: 's1',
    });
    const keyed = await rest(`${up.url}/keyed`, {
      method: 'GET',
      headers: { 'x-api-key': kApiKey },
    });
    assert.equal(keyed.status, 200);
    assert.equal((await rest(`${up.url}/guarded`, { method: 'GET' })).status, 401);
  });
});

async function useDiary(client, journal) {
  const said = await client.sendMessage(a2aMessage('echo good day'));
  assert.equal(a2aText(said), 'good day');
  const worked = await client.sendMessage(a2aMessage('work 3'));
  assert.equal(a2aText(worked), 'piece 1;piece 2;piece 3;');
  const events = await a2aEvents(client.sendMessageStream(a2aMessage('work 2')));
  assert.equal(events.at(-1).statusUpdate.status.state, 'TASK_STATE_COMPLETED');
  const asked = await client.sendMessage(a2aMessage('book'));
  const { id: taskId, contextId } = asked;
  const booked = await client.sendMessage(a2aMessage('Monday', { taskId, contextId }));
  assert.equal(a2aText(booked), 'booked for Monday');
  const slow = await client.sendMessage(a2aMessage('slow', { returnImmediately: true }));
  await client.cancelTask({ id: slow.id, tenant: '', metadata: undefined });
  await journal.wait('cancelled', 1000);
}

async function useModel(client, { tap }) {
  const ask = (content, more) =>
    client.chat.completions.create({
      model: kModel,
      messages: [{ role: 'user', content }],
      ...more,
    });
  const hello = await ask('hello');
  assert.equal(hello.choices[0].message.content, 'Hi there, friend!');
  const tools = [
    { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } },
  ];
  const weather = await ask('weather', { tools });
  assert.equal(weather.choices[0].message.tool_calls[0].function.name, 'get_weather');
  const pieces = [];
  for await (const chunk of await ask('hello', { stream: true })) {
    pieces.push(chunk.choices[0]?.delta.content ?? '');
  }
  assert.equal(pieces.join(''), 'Hi there, friend!');
  const vector = await client.embeddings.create({
    model: 'text-embedding-3-small',
    input: 'vector',
  });
  assert.deepEqual(vector.data[0].embedding, [0.25, -0.5, 1]);
  await assert.rejects(ask('forbidden'), { status: 429 });
  const stream = await ask('slowly', { stream: true });
  const slowPassage = tap.passages.at(-1);
  stream.controller.abort();
  assert.ok(slowPassage.sent.includes('slowly'));
}
