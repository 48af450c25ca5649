// The tools of the MCP upstreams, the same for both eras and both transports.
// run(args, call): call = {signal, progress(done, total), ask(message, schema), journal}. A tool
// that asks may be run again from its start with the answer at hand, as the 2026 revision does it.
import { setTimeout as delay } from 'node:timers/promises';
import { kPngBase64 } from '../conformance_server/media.mjs';

const kSlowMs = 30_000;
const kStepMs = 60;
const text = (value) => ({ type: 'text', text: value });
const says = (value) => ({ content: [text(value)] });

const object = (properties, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const kOrderSchema = object({
  items: {
    type: 'array',
    items: object({ name: { type: 'string' }, qty: { type: 'integer', minimum: 1 } }),
  },
});

const kConfirmForm = {
  type: 'object',
  properties: { confirm: { type: 'boolean', description: 'Pay it?' } },
  required: ['confirm'],
};

async function waitForCancel({ signal, journal }) {
  journal.note('slow started');
  signal.addEventListener('abort', () => journal.note('slow cancelled'), { once: true });
  await delay(kSlowMs, undefined, { signal });
  return says('nobody cancelled');
}

async function count({ steps }, call) {
  // The pause after the last report matters: both SDK clients drop a report that arrives in one
  // read with the result.
  for (let i = 1; i <= steps; i++) {
    await call.progress(i, steps);
    await delay(kStepMs, undefined, { signal: call.signal });
  }
  return says(`counted to ${steps}`);
}

async function pay({ amount }, call) {
  const answer = await call.ask(`Pay ${amount}?`, kConfirmForm);
  if (!answer?.confirm) return says(`payment of ${amount} declined`);
  call.journal.note('paid', { amount });
  return says(`paid ${amount}`);
}

export const kTools = [
  {
    name: 'echo',
    description: 'Says the text again.',
    inputSchema: object({ text: { type: 'string', minLength: 1 } }),
    annotations: { readOnlyHint: true },
    run: (args) => says(args.text),
  },
  {
    name: 'add',
    description: 'Adds two whole numbers.',
    inputSchema: object({ a: { type: 'integer' }, b: { type: 'integer' } }),
    outputSchema: object({ sum: { type: 'integer' } }),
    annotations: { readOnlyHint: true, idempotentHint: true },
    run: ({ a, b }) => ({
      ...says(JSON.stringify({ sum: a + b })),
      structuredContent: { sum: a + b },
    }),
  },
  {
    name: 'order',
    description: 'Counts the pieces of an order.',
    inputSchema: kOrderSchema,
    run: ({ items }) => says(`${items.reduce((sum, item) => sum + item.qty, 0)} pieces`),
  },
  {
    name: 'count',
    description: 'Counts aloud, with progress.',
    inputSchema: object({ steps: { type: 'integer', minimum: 1, maximum: 100 } }),
    run: count,
  },
  {
    name: 'slow',
    description: 'Takes half a minute unless it is cancelled.',
    inputSchema: object({}),
    run: (_args, call) => waitForCancel(call),
  },
  {
    name: 'pay',
    description: 'Pays after a confirmation.',
    inputSchema: object({ amount: { type: 'number', exclusiveMinimum: 0 } }),
    annotations: { destructiveHint: true },
    run: pay,
  },
  {
    name: 'fail',
    description: 'Always fails.',
    inputSchema: object({}),
    run: () => ({ ...says('the till is closed'), isError: true }),
  },
  {
    name: 'picture',
    description: 'A red pixel.',
    inputSchema: object({}),
    run: () => ({ content: [{ type: 'image', data: kPngBase64, mimeType: 'image/png' }] }),
  },
];
