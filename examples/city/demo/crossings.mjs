// Conversations that cross protocols: a solution asks back, and the question reaches the caller in
// the caller's own protocol. Each returns what happened in one line, or fails.

import assert from 'node:assert/strict';
import { TaskState } from '@a2a-js/sdk';
import OpenAI from 'openai';
import * as a2a from './callers/a2a.mjs';
import * as mcp2025 from './callers/mcp_2025.mjs';
import * as mcp2026 from './callers/mcp_2026.mjs';
import { judged } from './learning.mjs';
import { lookedAt, nobodyLooked } from './risky.mjs';
import { knownPayee, lacking, withBank } from './truth.mjs';

const kAmount = 12.34;
const inFen = (yuan) => Math.round(yuan * 100);

/** Fails unless the answer holds every value. */
function holds(answer, values) {
  const missing = lacking(answer, values);
  assert.ok(missing.length === 0, `the answer lacks ${missing.join(', ')}: ${answer}`);
}

/** Pays through the hub; the bank's confirmation is answered by `reply`. */
async function pay({ hub, houses, truth }, { connect, path, tool }, reply) {
  const { account } = truth.bank.parameters;
  const balance = () =>
    withBank(houses.bank.url, async (call) => inFen((await call('balance', { account })).balance));
  const before = await balance();
  const to = await withBank(houses.bank.url, (call) => knownPayee(call, account));
  const asked = [];
  const client = await connect(hub.url + path, ({ message }) => asked.push(message) && reply);
  const result = await client
    .callTool({ name: tool, arguments: { from: account, to, amount: kAmount } })
    .finally(() => client.close());
  assert.equal(asked.length, 1, `asked ${asked.length} times instead of once`);
  assert.ok(
    asked[0].includes(account) && asked[0].includes(String(kAmount)),
    `asked «${asked[0]}»`,
  );
  assert.ok(!/person's look/.test(asked[0]), `the risk check stopped it: «${asked[0]}»`);
  return { question: asked[0], result, moved: before - (await balance()) };
}

async function paidThrough(city, way) {
  const { question, result, moved } = await pay(city, way, {
    action: 'accept',
    content: { confirm: true },
  });
  assert.ok(!result.isError, `the bank answered ${result.content[0]?.text}`);
  assert.equal(moved, inFen(kAmount), `${moved} fen moved`);
  return `asked «${question}», confirmed, ${kAmount} CNY moved`;
}

async function declinedThrough(city, way) {
  const { question, result, moved } = await pay(city, way, { action: 'decline' });
  assert.ok(result.isError, 'the payment was not refused');
  assert.equal(moved, 0, `${moved} fen moved`);
  return `asked «${question}», declined, nothing moved`;
}

const kWay2025 = { connect: mcp2025.connect, path: '/mcp', tool: 'bank__pay' };
const kWay2026 = { connect: mcp2026.connect, path: '/mcp/bank', tool: 'pay' };

/** The clinic lacks the district, asks, and goes on in the same task. */
async function a2aAskedBack({ hub, truth }) {
  const client = await a2a.connect(`${hub.url}/a2a/clinic`);
  const first = await client.sendMessage(a2a.request('Which appointments are free tomorrow?'));
  assert.equal(
    first.status?.state,
    TaskState.TASK_STATE_INPUT_REQUIRED,
    'the clinic did not ask back',
  );
  const question = a2a.textOf(first).split('\n')[0];
  assert.match(question, /district/);
  const where = { taskId: first.id, contextId: first.contextId };
  const second = await client.sendMessage(a2a.request(truth.clinic.parameters.district, where));
  assert.equal(second.id, first.id, 'the answer came as another task');
  holds(a2a.textOf(second), truth.clinic.values);
  const told = truth.clinic.parameters.district;
  return `asked «${question}», told «${told}», answered in the same task`;
}

/** The same with a chat client: the question is the assistant's turn. */
async function openaiAskedBack({ hub, truth }) {
  const client = new OpenAI({ baseURL: `${hub.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const messages = [{ role: 'user', content: 'Which appointments are free tomorrow?' }];
  const say = async () =>
    (await client.chat.completions.create({ model: 'agent/clinic', messages })).choices[0].message
      .content;
  const question = await say();
  assert.match(question, /district/);
  messages.push(
    { role: 'assistant', content: question },
    { role: 'user', content: truth.clinic.parameters.district },
  );
  holds(await say(), truth.clinic.values);
  const told = truth.clinic.parameters.district;
  return `asked «${question.split('\n')[0]}», told «${told}», answered`;
}

/** The answer of an A2A task as a stream of chat chunks. */
async function openaiStream({ hub, truth }) {
  const client = new OpenAI({ baseURL: `${hub.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: 'agent/clinic',
    stream: true,
    messages: [{ role: 'user', content: truth.clinic.text }],
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  holds(text, truth.clinic.values);
  return `${truth.clinic.values.length} appointments, streamed`;
}

/** @type {{title: string, run: (city: object) => Promise<string>}[]} */
export const crossings = [
  { title: 'MCP 2025-11-25 pays at the bank', run: (city) => paidThrough(city, kWay2025) },
  { title: 'MCP 2025-11-25 declines a payment', run: (city) => declinedThrough(city, kWay2025) },
  { title: 'MCP 2026-07-28 pays at the bank', run: (city) => paidThrough(city, kWay2026) },
  { title: 'MCP 2026-07-28 declines a payment', run: (city) => declinedThrough(city, kWay2026) },
  { title: 'A2A is asked back by the clinic', run: a2aAskedBack },
  { title: 'openai is asked back by the clinic', run: openaiAskedBack },
  { title: 'openai streams from the clinic', run: openaiStream },
  { title: 'boto3 trained the houses that learn', run: async ({ lessons }) => judged(lessons) },
  { title: 'The bank stops a payment', run: nobodyLooked },
  { title: 'A person looks at it', run: lookedAt },
];
