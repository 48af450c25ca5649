// The official MCP SDK of revision 2025-11-25 as a caller: one session with the hub, in which every
// solution's skills are tools named `solution__skill`.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export const title = 'MCP 2025-11-25';

/** Text and data of a tool's result, as one text. */
export function resultText({ isError, content, structuredContent }) {
  const text = content
    .filter((c) => c.type === 'text')
    .map((c) => c.text)
    .join('\n');
  if (isError) throw new Error(`the tool answered an error: ${text}`);
  return structuredContent ? `${text}\n${JSON.stringify(structuredContent)}` : text;
}

/** A session; `onAsk` answers what a tool asks back. */
export async function connect(url, onAsk) {
  const client = new Client(
    { name: 'city-demo', version: '1.0.0' },
    { capabilities: onAsk ? { elicitation: { form: {} } } : {} },
  );
  if (onAsk) client.setRequestHandler(ElicitRequestSchema, async ({ params }) => onAsk(params));
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

export async function open(hub) {
  let session;
  const connected = () => (session ??= connect(`${hub.url}/mcp`));
  const call = async (name, args) => {
    const client = await connected();
    const options = { timeout: hub.timeoutMs };
    return resultText(await client.callTool({ name, arguments: args }, undefined, options));
  };
  return {
    prepare: async () => (await connected()).listTools(),
    clinic: ({ text }) => call('clinic__appointments', { message: text }),
    bank: ({ parameters }) => call('bank__balance', parameters),
    table: ({ parameters }) => call('table__search', parameters),
    taxi: ({ parameters }) => call('taxi__position', parameters),
    chat: ({ text }) => call('chat__chat', { prompt: text }),
    fraud: ({ parameters }) => call('fraud__predict', parameters),
    meter: ({ parameters }) => call('meter__predict', parameters),
    close: async () => (await session)?.close(),
  };
}
