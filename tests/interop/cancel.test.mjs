// A client that goes away, or says cancel, frees the upstream within a second.
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { kCallers } from './lib/callers.mjs';
import { a2a, a2aMessage } from './lib/clients.mjs';
import { startWorld } from './lib/world.mjs';
import { startFaulty } from './upstreams/faulty.mjs';
import { openJournal } from './upstreams/journal.mjs';

const kBoundMs = 1000;
const kStartMs = 5000;

const slowTool = (solution) => ({ kind: 'tool', solution, skill: 'slow', args: {} });
const kAgent = {
  kind: 'agent',
  solution: 'diary',
  skill: 'talk',
  words: 'slow',
  args: { message: 'slow' },
};
const kMessages = [{ role: 'user', content: 'wait' }];
const kModel = {
  kind: 'model',
  solution: 'sloth',
  skill: 'chat',
  words: 'wait',
  args: { messages: kMessages },
};

// How each upstream shows that the call has begun and that it was let go.
const byJournal = (started, ended) => (upstream) => {
  const before = [upstream.journal.all(started).length, upstream.journal.all(ended).length];
  return {
    begun: () => upstream.journal.wait(started, kStartMs, before[0] + 1),
    freed: () => upstream.journal.wait(ended, kBoundMs, before[1] + 1),
  };
};

const kTargets = [
  [slowTool('shop'), byJournal('slow started', 'slow cancelled')],
  [slowTool('bazaar'), byJournal('slow started', 'slow cancelled')],
  [slowTool('kiosk'), byJournal('slow started', 'slow cancelled')],
  [slowTool('stall'), byJournal('slow started', 'slow cancelled')],
  [slowTool('shelf'), byJournal('slow started', 'slow cancelled')],
  [kAgent, byJournal('message', 'cancelled'), byJournal('message', ['cancelled', 'left'])],
  [kModel, byJournal('slow started', 'slow cancelled')],
];

// A2A keeps a task when its caller goes away; there the cancel is a request of its own (below). Who
// merely leaves (openai, rest) may leave the agent's task alone and close its stream.
const kLeaving = ['openai', 'rest', 'mcp v1', 'mcp v2'];
const kMerelyLeaving = kLeaving.slice(0, 2);

/// A model that begins to answer and never goes on.
async function startSloth() {
  const sloth = await startFaulty('openai');
  const journal = openJournal();
  sloth.fault = (_call, _answer, res) => {
    journal.note('slow started');
    res.on('close', () => journal.note('slow cancelled'));
  };
  return Object.assign(sloth, { journal });
}

describe('cancel', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'bazaar', 'kiosk', 'stall', 'shelf', 'diary']);
    world.up.sloth = await startSloth();
    await world.hub.add(world.up.sloth.url, 'sloth');
  });
  after(() => world?.close());

  for (const caller of kLeaving) {
    for (const [target, watchCancel, watchLeave] of kTargets) {
      const watch = (kMerelyLeaving.includes(caller) && watchLeave) || watchCancel;
      test(`${caller} leaves ${target.solution}`, { timeout: 20_000 }, async () => {
        const watched = watch(world.up[target.solution]);
        const leave = new AbortController();
        const call = kCallers[caller](world.hub, target, { signal: leave.signal }).catch(() => {});
        await watched.begun();
        await delay(100);
        leave.abort();
        await watched.freed();
        await call;
      });
    }
  }

  for (const version of ['1.0', '0.3']) {
    for (const [target, watch] of kTargets) {
      test(`a2a ${version} cancels a task at ${target.solution}`, { timeout: 20_000 }, async () => {
        const watched = watch(world.up[target.solution]);
        const client = await a2a(`${world.hub.url}/a2a/${target.solution}`, { version });
        const content = target.words ?? { skill: target.skill, parameters: target.args };
        const task = await client.sendMessage(a2aMessage(content, { returnImmediately: true }));
        await watched.begun();
        await client.cancelTask({ id: task.id, tenant: '', metadata: undefined });
        await watched.freed();
      });
    }
  }
});
