// The chat through the official SDK.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { createClock } from '../lib/clock.mjs';
import { startChat } from './chat.mjs';
import { countTokens, tokenise } from './tokens.mjs';

const clock = createClock('2026-11-23T09:00:00+08:00');
const model = 'city-rules';
let house;
let client;

const sdk = (port) =>
  new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
const ask = (content, more) =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more });
const text = (answer) => answer.choices[0].message.content;

before(async () => {
  house = await startChat({ seed: 'a', clock, env: {} });
  client = sdk(house.port);
});
after(() => house.close());

test('answers from the directory and says that no model is configured', async () => {
  const answer = text(await ask("Which restaurants are in Jing'an?"));
  assert.match(answer, /^Restaurants in Jing'an: .+ CNY/);
  assert.match(answer, /No language model is configured/);
  const name = answer.match(/: ([^(]+) \(/)[1];
  assert.match(
    text(await ask(`What is on the menu of ${name}?`)),
    new RegExp(`^${name} in Jing'an serves`),
  );
  assert.match(text(await ask(`When does ${name} open?`)), /is open from \d\d:\d\d to/);
  assert.match(text(await ask('What time is it?')), /^It is 09:00 on 2026-11-23/);
  assert.match(text(await ask('Write me a poem')), /can only answer about the city/);
});

test('a follow-up takes its topic from what was said', async () => {
  const messages = [
    { role: 'user', content: 'Which clinics are in Xuhui?' },
    { role: 'assistant', content: '…' },
    { role: 'user', content: 'and in Pudong?' },
  ];
  const answer = await client.chat.completions.create({ model, messages });
  assert.match(text(answer), /^Clinics in Pudong/);
});

test('the stream folds to the whole answer, with usage', async () => {
  const whole = await ask('Which clinics are in Huangpu?');
  let folded = '';
  let usage;
  const stream = await ask('Which clinics are in Huangpu?', {
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    folded += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(folded, text(whole));
  assert.deepEqual(usage, whole.usage);
  assert.equal(usage.completion_tokens, countTokens(folded));
});

test('lengths and stops are kept', async () => {
  const short = await ask('Which districts are there?', { max_completion_tokens: 5 });
  assert.equal(short.choices[0].finish_reason, 'length');
  assert.equal(short.usage.completion_tokens, 5);
  assert.equal(tokenise("Jing'an (静安), 09:30!").join(''), "Jing'an (静安), 09:30!");
  const stopped = text(await ask('Which districts are there?', { stop: ['Huangpu'] }));
  assert.doesNotMatch(stopped, /Huangpu/);
});

test('embeddings: base64 by default of the SDK, near when words are shared', async () => {
  const { data, usage } = await client.embeddings.create({
    model: 'city-embedding-256',
    input: ['a dumpling restaurant', 'dumpling restaurants', 'the balance of an account'],
  });
  const dot = (a, b) => a.embedding.reduce((sum, x, i) => sum + x * b.embedding[i], 0);
  assert.equal(data[0].embedding.length, 256);
  assert.ok(Math.abs(dot(data[0], data[0]) - 1) < 1e-5);
  assert.ok(dot(data[0], data[1]) > dot(data[0], data[2]) + 0.2);
  assert.equal(usage.prompt_tokens, 10);
  const floats = await client.embeddings.create({
    model: 'city-embedding-256',
    encoding_format: 'float',
    input: 'a dumpling restaurant',
  });
  floats.data[0].embedding.forEach((x, i) => assert.ok(Math.abs(x - data[0].embedding[i]) < 1e-6));
});

test('what needs a model is refused by name; tools are answered honestly', async () => {
  await assert.rejects(ask('hi', { model: 'gpt-5' }), { status: 404, code: 'model_not_found' });
  await assert.rejects(ask('hi', { response_format: { type: 'json_object' } }), { status: 400 });
  await assert.rejects(ask('hi', { n: 2 }), { status: 400, param: 'n' });
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  const answer = await ask('hello', { tools });
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.match(text(answer), /I cannot call the tools you offered/);
});

test('with a real server configured everything is forwarded', async () => {
  const env = {
    CHAT_UPSTREAM_URL: `http://127.0.0.1:${house.port}/v1`,
    CHAT_UPSTREAM_MODEL: model,
  };
  const front = await startChat({ seed: 'b', clock, env });
  const through = await sdk(front.port).chat.completions.create({
    model: 'anything',
    messages: [{ role: 'user', content: 'Which clinics are in Xuhui?' }],
  });
  assert.equal(text(through), text(await ask('Which clinics are in Xuhui?')));
  const models = await sdk(front.port).models.list();
  assert.equal(models.data[0].id, model);
  await front.close();
  const dead = await startChat({
    seed: 'b',
    clock,
    env: { CHAT_UPSTREAM_URL: 'http://127.0.0.1:9/v1' },
  });
  await assert.rejects(sdk(dead.port).models.list(), { status: 502 });
  await dead.close();
});
