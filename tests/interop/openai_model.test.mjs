// An OpenAI-compatible model behind weft, called by the openai client: nothing is lost on the way.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openai, rest } from './lib/clients.mjs';
import { startWorld } from './lib/world.mjs';
import { kModel } from './upstreams/openai_model.mjs';

const kTools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

describe('openai through weft', () => {
  let world;
  let client;
  let direct;
  before(async () => {
    world = await startWorld(['oracle']);
    client = openai(`${world.hub.url}/v1`);
    direct = openai(world.up.oracle.direct);
  });
  after(() => world?.close());
  const ask = (content, more, via = client, model = 'model/oracle') =>
    via.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more });
  const lastAtModel = async () => {
    const journal = await rest(`${new URL(world.up.oracle.direct).origin}/__aimock/journal`, {
      method: 'GET',
    });
    return journal.body.at(-1);
  };

  test('the models list names the solution', async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(
      ids.some((id) => id === 'oracle' || id.startsWith('model/oracle')),
      ids.join(' '),
    );
  });

  test('the answer has what the direct answer has', async () => {
    const [through, alone] = [await ask('hello'), await ask('hello', {}, direct, kModel)];
    assert.deepEqual(through.choices, alone.choices);
    assert.deepEqual(through.usage, alone.usage);
    assert.deepEqual(Object.keys(through).sort(), Object.keys(alone).sort());
  });

  test('the stream has what the direct stream has', async () => {
    const read = async (via, model) => {
      const chunks = [];
      const options = { stream: true, stream_options: { include_usage: true } };
      for await (const chunk of await ask('hello', options, via, model)) chunks.push(chunk);
      return chunks.map(({ choices, usage }) => ({ choices, usage }));
    };
    assert.deepEqual(await read(client, 'model/oracle'), await read(direct, kModel));
  });

  test('tools are passed on and their calls come back', async () => {
    const through = await ask('weather', { tools: kTools, tool_choice: 'auto' });
    const [call] = through.choices[0].message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Shanghai' });
    assert.equal(through.choices[0].finish_reason, 'tool_calls');
    const seen = await lastAtModel();
    assert.deepEqual(seen.body.tools, kTools);
  });

  test('tool calls are streamed', async () => {
    let args = '';
    for await (const chunk of await ask('weather', { tools: kTools, stream: true })) {
      args += chunk.choices[0]?.delta?.tool_calls?.[0]?.function?.arguments ?? '';
    }
    assert.deepEqual(JSON.parse(args), { city: 'Shanghai' });
  });

  test('embeddings, as floats and as base64', async () => {
    const request = { model: 'model/oracle', input: 'vector' };
    const vector = await client.embeddings.create(request);
    assert.deepEqual(vector.data[0].embedding, [0.25, -0.5, 1]);
    const floats = await client.embeddings.create({ ...request, encoding_format: 'float' });
    assert.deepEqual(floats.data[0].embedding, [0.25, -0.5, 1]);
  });

  test("the caller's key stays here", async () => {
    await ask('hello');
    const passages = world.up.oracle.tap.passages.map((p) => p.sent).join('');
    assert.ok(!/authorization: bearer none/i.test(passages), 'the client sent "Bearer none"');
  });

  test('a request that is not JSON is refused as OpenAI does', async () => {
    const response = await fetch(`${world.hub.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":',
      signal: AbortSignal.timeout(5000),
    });
    assert.equal(response.status, 400);
    const { error } = await response.json();
    assert.equal(error.type, 'invalid_request_error');
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  });

  test('many at once keep their answers apart', { timeout: 30_000 }, async () => {
    const world32 = Array.from({ length: 32 }, (_, i) =>
      i % 2 ? ask('hello') : ask('weather', { tools: kTools }),
    );
    const answers = await Promise.all(world32);
    answers.forEach((answer, i) => {
      const [{ message }] = answer.choices;
      if (i % 2) assert.equal(message.content, 'Hi there, friend!');
      else assert.equal(message.tool_calls[0].function.name, 'get_weather');
    });
  });
});
