// Streams arrive in pieces, in order, and add up to the unary answer; progress arrives as progress.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kCallers, modelName } from './lib/callers.mjs';
import { a2a, a2aEvents, a2aMessage, openai } from './lib/clients.mjs';
import { within } from './lib/deadline.mjs';
import { readSse } from './lib/sse.mjs';
import { startWorld } from './lib/world.mjs';

const kStreamMs = 10_000;
const work = {
  kind: 'agent',
  solution: 'diary',
  skill: 'talk',
  words: 'work 3',
  args: { message: 'work 3' },
};
const count = { kind: 'tool', solution: 'shop', skill: 'count', args: { steps: 3 } };
const countV2 = { ...count, solution: 'bazaar' };
const hello = {
  kind: 'model',
  solution: 'oracle',
  skill: 'chat',
  words: 'hello',
  args: { messages: [{ role: 'user', content: 'hello' }] },
};
const kSaid = {
  diary: 'piece 1;piece 2;piece 3;',
  oracle: 'Hi there, friend!',
  shop: 'counted to 3',
};
kSaid.bazaar = kSaid.shop;

async function chunksOf(hub, target) {
  const messages = [{ role: 'user', content: target.words ?? JSON.stringify(target.args) }];
  const request = { model: modelName(target), messages, stream: true };
  const chunks = [];
  const options = { include_usage: true };
  const stream = await openai(`${hub.url}/v1`).chat.completions.create({
    ...request,
    stream_options: options,
  });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/// The text that A2A stream events add up to.
function folded(events) {
  let text = '';
  for (const { message, artifactUpdate } of events) {
    const parts = message?.parts ?? artifactUpdate?.artifact.parts ?? [];
    text += parts.map((part) => part.text ?? '').join('');
  }
  return text;
}

const stateOf = (event) => (event.statusUpdate ?? event.task)?.status?.state;

describe('streams', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'bazaar', 'diary', 'oracle', 'shelf']);
  });
  after(() => world?.close());

  for (const target of [work, count, countV2, hello]) {
    test(`openai chunks from ${target.solution}`, { timeout: 20_000 }, async () => {
      const chunks = await within(kStreamMs, 'the stream', chunksOf(world.hub, target));
      const text = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');
      assert.equal(text, kSaid[target.solution]);
      assert.equal(chunks[0].choices[0].delta.role, 'assistant');
      const ends = chunks.filter((chunk) => chunk.choices[0]?.finish_reason);
      assert.equal(ends.length, 1);
      assert.equal(ends[0].choices[0].finish_reason, 'stop');
      assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
      if (target === work) assert.ok(chunks.length >= 4, `${chunks.length} chunks`);
    });

    for (const version of ['1.0', '0.3']) {
      test(`a2a ${version} events from ${target.solution}`, { timeout: 20_000 }, async () => {
        const client = await a2a(`${world.hub.url}/a2a/${target.solution}`, { version });
        const content = target.words ?? { skill: target.skill, parameters: target.args };
        const stream = client.sendMessageStream(a2aMessage(content));
        const events = await within(kStreamMs, 'the stream', a2aEvents(stream));
        assert.equal(folded(events), kSaid[target.solution]);
        if (events[0].message) return assert.equal(events.length, 1);
        assert.ok(events[0].task, 'a stream begins with the task');
        return assert.equal(stateOf(events.at(-1)), 'TASK_STATE_COMPLETED');
      });
    }

    for (const caller of ['mcp v1', 'mcp v2']) {
      test(`${caller} progress from ${target.solution}`, { timeout: 20_000 }, async () => {
        const seen = [];
        const onprogress = (progress) => seen.push(progress);
        const answer = await kCallers[caller](world.hub, target, { onprogress });
        assert.equal(answer.text, kSaid[target.solution]);
        const steps = seen.map((p) => p.progress);
        assert.deepEqual(
          steps,
          [...steps].sort((a, b) => a - b),
          'progress only grows',
        );
        if (target.skill === 'count') {
          assert.deepEqual(steps, [1, 2, 3]);
          assert.equal(seen[0].total, 3);
        }
        if (target === work) assert.ok(seen.length >= 2, `${seen.length} reports`);
      });
    }

    test(`rest events from ${target.solution}`, { timeout: 20_000 }, async () => {
      const url = `${world.hub.url}/api/${target.solution}/${target.skill}`;
      const events = await within(kStreamMs, 'the stream', readSse(url, target.args));
      assert.equal(events.at(-1).event, 'done', JSON.stringify(events));
      assert.ok(JSON.stringify(events).includes(kSaid[target.solution].slice(0, 8)));
    });
  }

  test('what arrives first does not wait for the end', { timeout: 20_000 }, async () => {
    const client = openai(`${world.hub.url}/v1`);
    const messages = [{ role: 'user', content: 'slowly' }];
    const stream = await client.chat.completions.create({
      model: 'model/oracle',
      messages,
      stream: true,
    });
    const begin = performance.now();
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content) break;
    }
    stream.controller.abort();
    assert.ok(performance.now() - begin < 2000, 'the first word came within two seconds of forty');
  });
});
