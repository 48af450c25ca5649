// The bank and the risk check that RISK_URL names, in either protocol.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { createClock } from '../lib/clock.mjs';
import { listen, shut } from '../lib/house.mjs';
import { startBank } from './bank.mjs';
import { riskFrom } from './risk.mjs';

const clock = createClock('2026-11-23T03:30:00+08:00');
const kNames = [
  'amount',
  'balance_share',
  'hour',
  'new_payee',
  'own_account',
  'paid_today',
  'times_usual',
];
const ending = [];
after(async () => {
  for (const end of ending.reverse()) await end();
});

/** What the check says next, and what it was asked. */
let risk = 0;
let seen = [];
beforeEach(() => {
  risk = 0;
  seen = [];
});

async function serve(server) {
  const port = await listen(server, 0);
  ending.push(() => shut(server));
  return `http://127.0.0.1:${port}`;
}

/** A model server of the Open Inference Protocol. */
async function startTensors() {
  const answer = async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { inputs } = JSON.parse(body);
    seen.push(Object.fromEntries(inputs.map(({ name, data }) => [name, data[0]])));
    assert.ok(inputs.every((i) => i.datatype === 'FP32' && i.shape.length === 1));
    const output = { name: 'p', datatype: 'FP32', shape: [1], data: [risk] };
    const fine = typeof risk === 'number';
    res.writeHead(fine ? 200 : 503, { 'content-type': 'application/json' });
    res.end(JSON.stringify(fine ? { model_name: 'any', outputs: [output] } : { error: risk }));
  };
  const url = await serve(createServer(answer));
  return `${url}/v2/models/any/infer`;
}

/** An MCP server with one tool. */
async function startTool() {
  const app = createMcpExpressApp({ host: '127.0.0.1' });
  app.post('/mcp', async (req, res) => {
    const server = new McpServer({ name: 'any', version: '1' });
    const inputSchema = Object.fromEntries(kNames.map((name) => [name, z.number()]));
    server.registerTool('judge', { inputSchema }, async (given) => {
      seen.push(given);
      const told = { predictions: [risk] };
      return {
        content: [{ type: 'text', text: JSON.stringify(told) }],
        structuredContent: told,
        isError: typeof risk !== 'number',
      };
    });
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  return `${await serve(createServer(app))}/mcp`;
}

/** A bank that asks at `url`, and a customer who replies as `reply` says. */
async function openBank(environment) {
  const house = await startBank({ seed: 'a', clock, risk: riskFrom(environment) });
  ending.push(() => house.close());
  const customer = { asked: [], reply: { action: 'accept', content: { confirm: true } } };
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    customer.asked.push(params);
    return customer.reply;
  });
  const url = new URL(`http://127.0.0.1:${house.port}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url));
  ending.push(() => client.close());
  const call = (name, args) => client.callTool({ name, arguments: args });
  customer.pay = (to, amount) => call('pay', { from: 'current', to, amount });
  customer.balance = async () => {
    const { structuredContent } = await call('balance', { account: 'current' });
    return Math.round(structuredContent.balance * 100);
  };
  return customer;
}

for (const [protocol, start] of [
  ['OIP', startTensors],
  ['MCP', startTool],
]) {
  test(`${protocol}: little risk, and the payment is made as ever`, async () => {
    const customer = await openBank({ RISK_URL: await start() });
    risk = 0.1;
    const had = await customer.balance();
    const paid = await customer.pay('Tea Market', 12.34);
    assert.equal(paid.isError, undefined, paid.content[0].text);
    assert.equal(await customer.balance(), had - 1234);
    assert.deepEqual(Object.keys(seen[0]).sort(), kNames);
    assert.equal(seen[0].amount, 12.34);
    assert.ok(Math.abs(seen[0].hour - 3.5) < 0.1);
    assert.deepEqual(Object.keys(customer.asked[0].requestedSchema.properties), ['confirm']);
    await customer.pay('Tea Market', 1);
    assert.equal(seen[1].new_payee, 0);
    assert.equal(seen[1].paid_today, 1);
  });

  test(`${protocol}: much risk, and a person has to look`, async () => {
    const customer = await openBank({ RISK_URL: await start() });
    risk = 0.93;
    const had = await customer.balance();
    const stopped = await customer.pay('Lucky Prize Office', 2500);
    assert.equal(stopped.isError, true);
    assert.match(stopped.content[0].text, /nobody looked; the risk check says 0\.93/);
    const [question] = customer.asked;
    assert.match(question.message, /^This payment needs a person's look: .*0\.93: a new payee, /);
    assert.match(question.message, /times the usual amount, .*in the night/);
    assert.deepEqual(Object.keys(question.requestedSchema.properties), ['confirm', 'looked']);
    assert.equal(await customer.balance(), had);
    customer.reply = { action: 'accept', content: { confirm: true, looked: true } };
    const paid = await customer.pay('Lucky Prize Office', 2500);
    assert.equal(paid.isError, undefined, paid.content[0].text);
    assert.equal(await customer.balance(), had - 250_000);
  });

  test(`${protocol}: a check that fails stops payments, or does not`, async () => {
    const url = await start();
    const closed = await openBank({ RISK_URL: url });
    const open = await openBank({ RISK_URL: url, RISK_FAIL: 'open' });
    for (const said of ['out of order', 7]) {
      risk = said;
      const refused = await closed.pay('Tea Market', 1);
      assert.equal(refused.isError, true);
      assert.match(refused.content[0].text, /was not made: the risk check does not answer/);
      assert.equal(closed.asked.length, 0);
      const paid = await open.pay('Tea Market', 1);
      assert.equal(paid.isError, undefined, paid.content[0].text);
    }
  });
}

test('a check that is down', async () => {
  const nobody = createServer();
  const port = await listen(nobody, 0);
  await shut(nobody);
  const customer = await openBank({ RISK_URL: `http://127.0.0.1:${port}/v2/models/any/infer` });
  const refused = await customer.pay('Tea Market', 1);
  assert.match(refused.content[0].text, /ECONNREFUSED/);
});

test('the threshold is the operator’s', async () => {
  const customer = await openBank({ RISK_URL: await startTensors(), RISK_THRESHOLD: '0.95' });
  risk = 0.93;
  const paid = await customer.pay('Tea Market', 1);
  assert.equal(paid.isError, undefined, paid.content[0].text);
});

test('what cannot be is said when the bank starts', () => {
  assert.equal(riskFrom({}), undefined);
  assert.throws(() => riskFrom({ RISK_URL: 'fraud' }), /RISK_URL is `fraud`/);
  const RISK_URL = 'http://127.0.0.1:1/mcp';
  assert.throws(() => riskFrom({ RISK_URL, RISK_THRESHOLD: '7' }), /RISK_THRESHOLD/);
  assert.throws(() => riskFrom({ RISK_URL, RISK_FAIL: 'maybe' }), /RISK_FAIL/);
});
