// The official A2A SDK as a caller: every solution is an agent with a card of its own.

import { randomUUID } from 'node:crypto';
import { SendMessageRequest, TaskState } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';

export const title = 'A2A 1.0';

/** A client of the agent whose card lies under `base`. */
export const connect = (base) =>
  new ClientFactory().createFromUrl(`${base}/`, '.well-known/agent-card.json');

/** A request with text or a data part, going on with a task when one is given. */
export function request(said, { taskId, contextId } = {}) {
  const part =
    typeof said === 'string' ? { text: said } : { data: said, mediaType: 'application/json' };
  return SendMessageRequest.fromJSON({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [part], taskId, contextId },
  });
}

/** All parts of an answer: of a message, or of a task's artifacts, or of its status. */
export function partsOf(answer) {
  if (!answer.status) return answer.parts;
  const parts = answer.artifacts.flatMap((artifact) => artifact.parts);
  return parts.length ? parts : (answer.status.message?.parts ?? []);
}

/** The first data part of an answer. */
export const dataOf = (answer) =>
  partsOf(answer).find((p) => p.content?.$case === 'data')?.content.value;

/** Text and data of an answer, as one text. */
export function textOf(answer) {
  const words = partsOf(answer).map(({ content }) =>
    content?.$case === 'data' ? JSON.stringify(content.value) : String(content?.value ?? ''),
  );
  return words.join('\n');
}

/** What a finished answer says; fails when the task is not completed. */
function finished(answer) {
  const state = answer.status?.state ?? TaskState.TASK_STATE_COMPLETED;
  if (state === TaskState.TASK_STATE_COMPLETED) return textOf(answer);
  throw new Error(`the task is ${TaskState[state]}: ${textOf(answer)}`);
}

export async function open(hub) {
  const clients = new Map();
  const connected = (solution) => {
    if (!clients.has(solution)) clients.set(solution, connect(`${hub.url}/a2a/${solution}`));
    return clients.get(solution);
  };
  const send = async (solution, said) => {
    const client = await connected(solution);
    const signal = AbortSignal.timeout(hub.timeoutMs);
    return finished(await client.sendMessage(request(said), { signal }));
  };
  return {
    prepare: connected,
    clinic: ({ skill, parameters }) => send('clinic', { skill, parameters }),
    bank: ({ skill, parameters }) => send('bank', { skill, parameters }),
    table: ({ skill, parameters }) => send('table', { skill, parameters }),
    taxi: ({ skill, parameters }) => send('taxi', { skill, parameters }),
    chat: ({ text }) => send('chat', text),
    fraud: ({ skill, parameters }) => send('fraud', { skill, parameters }),
    meter: ({ skill, parameters }) => send('meter', { skill, parameters }),
    close: async () => {},
  };
}
