// The bank through its own SDK.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createClock } from '../lib/clock.mjs';
import { startBank } from './bank.mjs';

const clock = createClock('2026-11-23T09:00:00+08:00');
let house;
let client;
let reply = { action: 'accept', content: { confirm: true } };
let asked = [];

async function connect(port, capabilities = { elicitation: {} }) {
  const made = new Client({ name: 'test', version: '1.0.0' }, { capabilities });
  if (capabilities.elicitation) {
    made.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params.message);
      return reply;
    });
  }
  await made.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  return made;
}

before(async () => {
  house = await startBank({ seed: 'a', clock });
  client = await connect(house.port);
});
after(async () => {
  await client.close();
  await house.close();
});

const call = (name, args = {}, options) =>
  client.callTool({ name, arguments: args }, undefined, options);
const accounts = async () => (await call('accounts')).structuredContent.accounts;
const balance = async (account) => (await call('balance', { account })).structuredContent.balance;

test('tools say what they do', async () => {
  const { tools } = await client.listTools();
  const hints = Object.fromEntries(tools.map((t) => [t.name, t.annotations]));
  assert.deepEqual(Object.keys(hints).sort(), ['accounts', 'balance', 'pay', 'statement']);
  assert.equal(hints.pay.destructiveHint, true);
  assert.equal(hints.balance.readOnlyHint, true);
  assert.ok(tools.every((t) => t.outputSchema));
});

test('the statement adds up to the balance', async () => {
  const [{ id }] = await accounts();
  const { structuredContent } = await call('statement', { account: id, limit: 200 });
  const sum = structuredContent.entries.reduce((fen, e) => fen + Math.round(e.amount * 100), 0);
  assert.equal(sum / 100, await balance(id));
});

test('an account is paid by its kind as by its id', async () => {
  const before = [await balance('current'), await balance('savings')];
  asked = [];
  const paid = await call('pay', { from: 'current', to: 'savings', amount: 10 });
  const { id } = (await accounts()).find((account) => account.kind === 'savings');
  assert.equal(paid.structuredContent.to, id);
  assert.match(asked[0], new RegExp(`to ${id}\\?`));
  const after = [await balance('current'), await balance('savings')];
  assert.deepEqual(
    after.map((yuan, i) => Math.round((yuan - before[i]) * 100)),
    [-1000, 1000],
  );
});

test('an account is not paid from itself', async () => {
  const before = await balance('current');
  asked = [];
  const [{ id }] = (await accounts()).filter((account) => account.kind === 'current');
  for (const to of ['current', id]) {
    const refused = await call('pay', { from: 'current', to, amount: 10 });
    assert.ok(refused.isError);
    assert.match(refused.content[0].text, /the same account/);
  }
  assert.deepEqual(asked, []);
  assert.equal(await balance('current'), before);
});

test('a confirmed payment moves the money and tells its progress', async () => {
  const [from, to] = await accounts();
  const [had, hadThere] = [await balance(from.id), await balance(to.id)];
  const steps = [];
  asked = [];
  const result = await call(
    'pay',
    { from: from.id, to: to.id, amount: 12.34, reference: 'lunch' },
    { onprogress: (p) => steps.push(p.message) },
  );
  assert.equal(result.isError, undefined);
  assert.match(asked[0], /Pay 12.34 CNY from acc-.* for "lunch"\?/);
  assert.deepEqual(steps, ['checking the account', 'asking for confirmation', 'booked']);
  assert.equal(await balance(from.id), Math.round(had * 100 - 1234) / 100);
  assert.equal(await balance(to.id), Math.round(hadThere * 100 + 1234) / 100);
});

test('declined, cancelled, not confirmed: nothing moves', async () => {
  const [{ id }] = await accounts();
  const had = await balance(id);
  for (const [answer, why] of [
    [{ action: 'decline' }, /declined/],
    [{ action: 'cancel' }, /closed/],
    [{ action: 'accept', content: { confirm: false } }, /did not confirm/],
  ]) {
    reply = answer;
    const result = await call('pay', { from: id, to: 'Bakery', amount: 1 });
    assert.equal(result.isError, true);
    assert.match(result.content[0].text, why);
  }
  reply = { action: 'accept', content: { confirm: true } };
  assert.equal(await balance(id), had);
});

test('what cannot be paid is refused before anyone is asked', async () => {
  const [{ id }] = await accounts();
  asked = [];
  const poor = await call('pay', { from: id, to: 'Bakery', amount: 999999 });
  assert.match(poor.content[0].text, /Insufficient funds/);
  const unknown = await call('balance', { account: 'acc-none' });
  assert.equal(unknown.isError, true);
  assert.match(unknown.content[0].text, /There is no account `acc-none`/);
  const negative = await call('pay', { from: id, to: 'Bakery', amount: -1 });
  assert.equal(negative.isError, true);
  assert.deepEqual(asked, []);
});

test('a client that cannot ask its user cannot pay', async () => {
  const silent = await connect(house.port, {});
  const [{ id }] = await accounts();
  const result = await silent.callTool({
    name: 'pay',
    arguments: { from: id, to: 'Bakery', amount: 1 },
  });
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /elicitation/);
  await silent.close();
});

test('another seed, another bank', async () => {
  const other = await startBank({ seed: 'b', clock });
  const its = await connect(other.port);
  const { structuredContent } = await its.callTool({ name: 'accounts', arguments: {} });
  assert.notDeepEqual(structuredContent.accounts, await accounts());
  await its.close();
  await other.close();
});
