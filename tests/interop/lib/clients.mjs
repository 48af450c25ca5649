// The official clients, each opened against a base URL with bounded requests.
import { randomUUID } from 'node:crypto';
import { SendMessageRequest, StreamResponse } from '@a2a-js/sdk';
import {
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client';
import * as v1 from '@modelcontextprotocol/sdk/client/index.js';
import * as v1http from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import OpenAI from 'openai';

const kCallMs = 15_000;
const kInfo = { name: 'weft-interop', version: '1.0.0' };

/// An `openai` client of `url` (with /v1), without retries.
export const openai = (url) =>
  new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 0, timeout: kCallMs });

const capabilitiesFor = (onAsk) => (onAsk ? { elicitation: { form: {} } } : {});

/// The 2025-era MCP client. `onAsk(params)` answers elicitations.
export async function mcpV1(url, { onAsk, transport } = {}) {
  const client = new v1.Client(kInfo, { capabilities: capabilitiesFor(onAsk) });
  if (onAsk) client.setRequestHandler(ElicitRequestSchema, ({ params }) => onAsk(params));
  await client.connect(transport ?? new v1http.StreamableHTTPClientTransport(new URL(url)), {
    timeout: kCallMs,
  });
  return client;
}

/// The 2026-era MCP client, pinned unless `mode` says otherwise.
export async function mcpV2(url, { onAsk, transport, mode = { pin: '2026-07-28' } } = {}) {
  const options = { capabilities: capabilitiesFor(onAsk), versionNegotiation: { mode } };
  const client = new ClientV2(kInfo, options);
  if (onAsk) client.setRequestHandler('elicitation/create', ({ params }) => onAsk(params));
  await client.connect(transport ?? new HttpV2(new URL(url)), { timeout: kCallMs });
  return client;
}

/// An A2A client for the agent at `url`; `version` 1.0 or 0.3, `binding` JSONRPC or HTTP+JSON.
export async function a2a(url, { version = '1.0', binding = 'JSONRPC' } = {}) {
  const legacyCompat = { enabled: version === '0.3' };
  const cardPath = '.well-known/agent-card.json';
  const base = url.endsWith('/') ? url : `${url}/`;
  const cardResolver = new DefaultAgentCardResolver({ legacyCompat });
  const card = await cardResolver.resolve(base, cardPath);
  card.supportedInterfaces = card.supportedInterfaces.filter(
    (i) => i.protocolVersion.startsWith(version) && i.protocolBinding === binding,
  );
  if (card.supportedInterfaces.length === 0) {
    throw new Error(`the card at ${url} offers no ${binding} ${version}`);
  }
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [
      new JsonRpcTransportFactory({ legacyCompat }),
      new RestTransportFactory({ legacyCompat }),
    ],
    preferredTransports: [binding],
    cardResolver,
  });
  return new ClientFactory(options).createFromAgentCard(card);
}

/// A SendMessage request: `content` is a text, or an object for one data part.
export function a2aMessage(content, { taskId, contextId, returnImmediately = false } = {}) {
  const parts =
    typeof content === 'string'
      ? [{ text: content }]
      : [{ data: content, mediaType: 'application/json' }];
  return SendMessageRequest.fromJSON({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts, taskId, contextId },
    configuration: { returnImmediately, acceptedOutputModes: ['text/plain', 'application/json'] },
  });
}

/// Every event of a stream as its JSON, ended by the server or after `most`.
export async function a2aEvents(stream, most = 200) {
  const events = [];
  for await (const event of stream) {
    events.push(StreamResponse.toJSON(event));
    if (events.length >= most) break;
  }
  return events;
}

/// All texts in parts of an A2A message or task, joined.
export function a2aText(result) {
  const parts = result.parts ?? (result.artifacts ?? []).flatMap((artifact) => artifact.parts);
  const texts = parts.map((part) => part.content).filter((content) => content?.$case === 'text');
  return texts.map((content) => content.value).join('');
}

/// The first data part of an A2A message or task.
export function a2aData(result) {
  const parts = result.parts ?? (result.artifacts ?? []).flatMap((artifact) => artifact.parts);
  return parts.find((part) => part.content?.$case === 'data')?.content.value;
}

/// All text of an MCP result, joined.
export const mcpText = (result) =>
  result.content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('');

/// A JSON request with a deadline: {status, headers, body, text}.
export async function rest(url, { method = 'POST', body, headers = {}, signal } = {}) {
  const bounded = AbortSignal.timeout(kCallMs);
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, bounded]) : bounded,
  });
  const text = await response.text();
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text ? JSON.parse(text) : undefined,
  };
}
