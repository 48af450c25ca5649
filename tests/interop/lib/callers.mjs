// One way to call a skill per official client, so that a test can be written once for all of them.
// call(hub, target, {signal}) -> {text, data}; a target is {solution, skill, kind, args, words}:
// kind tool | agent | model says which outward name an OpenAI client uses, words are what a person
// would write instead of arguments.
import { setTimeout as delay } from 'node:timers/promises';
import { TaskState } from '@a2a-js/sdk';
import {
  a2a,
  a2aData,
  a2aMessage,
  a2aText,
  mcpText,
  mcpV1,
  mcpV2,
  openai,
  rest,
} from './clients.mjs';

const kNoticeMs = 200;
const kModelName = {
  tool: (t) => `tool/${t.solution}/${t.skill}`,
  agent: (t) => `agent/${t.solution}`,
};
export const modelName = (t) => kModelName[t.kind]?.(t) ?? `model/${t.solution}`;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function callOpenai(hub, target, { signal } = {}) {
  const client = openai(`${hub.url}/v1`);
  const content = target.words ?? JSON.stringify(target.args);
  const messages = [{ role: 'user', content }];
  const request = { model: modelName(target), messages };
  const answer = await client.chat.completions.create(request, { signal });
  if (!answer.choices?.length) throw new Error(`200, but no answer: ${JSON.stringify(answer)}`);
  const text = answer.choices[0].message.content ?? '';
  return { text, data: parsed(text), raw: answer };
}

function mcpCaller(open, optionsAt, path, toolName) {
  return async (hub, target, { signal, onAsk, onprogress } = {}) => {
    const client = await open(`${hub.url}${path(target)}`, { onAsk });
    try {
      const options = { timeout: 15_000, signal, onprogress };
      const request = { name: toolName(target), arguments: target.args };
      const raw = await client.callTool(request, ...optionsAt(options));
      if (raw.isError) throw Object.assign(new Error(mcpText(raw)), { isToolError: true });
      const text = mcpText(raw);
      return { text, data: raw.structuredContent ?? parsed(text), raw };
    } finally {
      // The notice of a cancel is still on its way; closing at once would take it back.
      if (signal?.aborted) await delay(kNoticeMs);
      await client.close().catch(() => {});
    }
  };
}

const v1Options = (options) => [undefined, options];
const v2Options = (options) => [options];
const mount = (t) => `/mcp/${t.solution}`;
const own = (t) => t.skill;
const joined = (t) => `${t.solution}__${t.skill}`;

/// What an A2A client sends for a target: plain words to an agent or a model, else skill and data.
export const a2aContent = (t) => t.words ?? { skill: t.skill, parameters: t.args };

function a2aCaller(version, binding) {
  return async (hub, target, { signal } = {}) => {
    const client = await a2a(`${hub.url}/a2a/${target.solution}`, { version, binding });
    const raw = await client.sendMessage(a2aMessage(a2aContent(target)), { signal });
    const state = raw.status?.state;
    if (state !== undefined && state !== TaskState.TASK_STATE_COMPLETED) {
      const said = raw.status.message ? a2aText(raw.status.message) : '';
      throw Object.assign(new Error(`${TaskState[state]}: ${said}`), { task: raw });
    }
    const text = a2aText(raw);
    return { text, data: a2aData(raw) ?? parsed(text), raw };
  };
}

/// The text in an answer of weft's REST, whatever the skill's own form.
function restText(answer) {
  if (typeof answer.body === 'string') return answer.body;
  if (answer.body === undefined) return answer.text;
  return answer.body.text ?? answer.body.message?.content ?? answer.body.content ?? answer.text;
}

export async function callRest(hub, target, { signal } = {}) {
  const url = `${hub.url}/api/${target.solution}/${target.skill}`;
  const answer = await rest(url, { body: target.args, signal });
  if (answer.status >= 400) {
    const detail = answer.body?.detail ?? answer.body?.title ?? answer.text;
    throw Object.assign(new Error(`${answer.status}: ${detail}`), { answer });
  }
  return { text: restText(answer), data: answer.body, raw: answer };
}

export const kCallers = {
  openai: callOpenai,
  'mcp v1': mcpCaller(mcpV1, v1Options, mount, own),
  'mcp v2': mcpCaller(mcpV2, v2Options, mount, own),
  'mcp v1 aggregate': mcpCaller(mcpV1, v1Options, () => '/mcp', joined),
  'mcp v2 aggregate': mcpCaller(mcpV2, v2Options, () => '/mcp', joined),
  'a2a 1.0': a2aCaller('1.0', 'JSONRPC'),
  'a2a 1.0 rest': a2aCaller('1.0', 'HTTP+JSON'),
  'a2a 0.3': a2aCaller('0.3', 'JSONRPC'),
  rest: callRest,
};
