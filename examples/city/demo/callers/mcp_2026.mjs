// The official MCP client of revision 2026-07-28 as a caller: no sessions; each solution is a
// server of its own under /mcp/{solution}, its tools under their own names.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { resultText } from './mcp_2025.mjs';

export const title = 'MCP 2026-07-28';

/** A client pinned to the revision; `onAsk` answers what a tool asks back. */
export async function connect(url, onAsk) {
  const client = new Client(
    { name: 'city-demo', version: '1.0.0' },
    {
      capabilities: onAsk ? { elicitation: { form: {} } } : {},
      versionNegotiation: { mode: { pin: '2026-07-28' } },
    },
  );
  if (onAsk) client.setRequestHandler('elicitation/create', async ({ params }) => onAsk(params));
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

export async function open(hub) {
  const clients = new Map();
  const connected = (solution) => {
    if (!clients.has(solution)) clients.set(solution, connect(`${hub.url}/mcp/${solution}`));
    return clients.get(solution);
  };
  const call = async (solution, name, args) => {
    const client = await connected(solution);
    return resultText(await client.callTool({ name, arguments: args }, { timeout: hub.timeoutMs }));
  };
  return {
    prepare: async (solution) => (await connected(solution)).listTools(),
    clinic: ({ text }) => call('clinic', 'appointments', { message: text }),
    bank: ({ parameters }) => call('bank', 'balance', parameters),
    table: ({ parameters }) => call('table', 'search', parameters),
    taxi: ({ parameters }) => call('taxi', 'position', parameters),
    chat: ({ parameters }) => call('chat', 'chat', parameters),
    fraud: ({ parameters }) => call('fraud', 'predict', parameters),
    meter: ({ parameters }) => call('meter', 'predict', parameters),
    close: async () => {
      const opened = await Promise.allSettled(clients.values());
      await Promise.allSettled(opened.map(({ value }) => value?.close()));
    },
  };
}
