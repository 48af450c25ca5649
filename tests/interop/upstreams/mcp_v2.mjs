// An MCP server of the 2026 revision on @modelcontextprotocol/server; it serves 2025 clients too.
import { createServer as createHttpServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  acceptedContent,
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  McpServer,
} from '@modelcontextprotocol/server';
import { kHost } from '../lib/ports.mjs';
import { openJournal } from './journal.mjs';
import { kTools } from './mcp_tools.mjs';

/// Thrown by ask(): the tool is run again when the answer has come.
class InputNeeded extends Error {
  constructor(requests) {
    super('input needed');
    this.requests = requests;
  }
}

function callOf(context, journal) {
  const { mcpReq } = context;
  const progressToken = mcpReq._meta?.progressToken;
  return {
    journal,
    signal: mcpReq.signal,
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total };
      await mcpReq.notify({ method: 'notifications/progress', params });
    },
    ask: async (message, requestedSchema) => {
      const view = inputResponse(mcpReq.inputResponses, 'question');
      if (view.kind === 'missing') {
        throw new InputNeeded({ question: inputRequired.elicit({ message, requestedSchema }) });
      }
      journal.note('answered', { action: view.action });
      return acceptedContent(mcpReq.inputResponses, 'question');
    },
  };
}

async function runTool(tool, args, context, journal) {
  journal.note('called', { tool: tool.name, arguments: args });
  try {
    return await tool.run(args ?? {}, callOf(context, journal));
  } catch (e) {
    if (e instanceof InputNeeded) return inputRequired({ inputRequests: e.requests });
    return { content: [{ type: 'text', text: String(e.message) }], isError: true };
  }
}

/// A fresh server for one request (HTTP) or one connection (stdio).
export function createV2Server(journal) {
  const server = new McpServer({ name: 'shop-v2', version: '2.0.0' });
  for (const tool of kTools) {
    const { name, description, annotations, inputSchema, outputSchema } = tool;
    const config = { description, annotations, inputSchema: fromJsonSchema(inputSchema) };
    if (outputSchema) config.outputSchema = fromJsonSchema(outputSchema);
    server.registerTool(name, config, (args, context) => runTool(tool, args, context, journal));
  }
  return server;
}

/// Streamable HTTP, both eras on one endpoint unless `legacy` is 'reject': {url, journal, close()}.
export async function startMcpV2({ legacy = 'stateless' } = {}) {
  const journal = openJournal();
  const handler = createMcpHandler(() => createV2Server(journal), { legacy });
  const http = createHttpServer(toNodeHandler(handler));
  await new Promise((resolve) => http.listen(0, kHost, resolve));
  const close = async () => {
    await handler.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: `http://${kHost}:${http.address().port}/mcp`, journal, close };
}
