// Every solution answers every official client with its own answer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kCallers } from './lib/callers.mjs';
import { startWorld } from './lib/world.mjs';

const tool = (solution, skill, args) => ({ kind: 'tool', solution, skill, args });
const talk = (solution) => ({
  kind: 'agent',
  solution,
  skill: 'talk',
  words: 'echo good day',
  args: { message: 'echo good day' },
});

const kItem = { id: 'cup/1', tags: ['a', 'b'], verbose: true, 'X-Trace': 't-1', session: 's-1' };
const kSeen = { id: 'cup/1', tags: ['a', 'b'], verbose: true, trace: 't-1', session: 's-1' };

const kTargets = [
  [tool('shop', 'add', { a: 2, b: 3 }), { data: { sum: 5 } }],
  [tool('bazaar', 'add', { a: 20, b: 3 }), { data: { sum: 23 } }],
  [tool('kiosk', 'add', { a: 200, b: 3 }), { data: { sum: 203 } }],
  [tool('stall', 'add', { a: 2000, b: 3 }), { data: { sum: 2003 } }],
  [tool('shop', 'echo', { text: 'grüß 你好 🙂' }), { text: 'grüß 你好 🙂' }],
  [talk('diary'), { text: 'good day' }],
  [talk('ledger'), { text: 'good day' }],
  [
    tool('shelf', 'createItem', { name: 'cup', qty: 2 }),
    { data: { id: 'item-1', name: 'cup', qty: 2 } },
  ],
  [tool('shelf', 'getItem', kItem), { data: kSeen }],
  [
    {
      kind: 'model',
      solution: 'oracle',
      skill: 'chat',
      words: 'hello',
      args: { messages: [{ role: 'user', content: 'hello' }], model: 'gpt-4o-mini' },
    },
    { text: 'Hi there, friend!' },
  ],
];

describe('every client calls every solution', () => {
  let world;
  before(async () => {
    world = await startWorld();
  });
  after(() => world?.close());

  for (const [caller, call] of Object.entries(kCallers)) {
    for (const [target, expected] of kTargets) {
      test(`${caller} -> ${target.solution}/${target.skill}`, { timeout: 20_000 }, async () => {
        const answer = await call(world.hub, target);
        if (expected.data) assert.deepEqual(answer.data, expected.data);
        if (expected.text) assert.equal(answer.text, expected.text);
      });
    }
  }
});
