// An MCP server of the 2025 revisions on @modelcontextprotocol/sdk: sessions, server requests.
import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import * as mcp from '@modelcontextprotocol/sdk/types.js';
import { kHost } from '../lib/ports.mjs';
import { openJournal } from './journal.mjs';
import { kTools } from './mcp_tools.mjs';

function callOf(server, extra, journal) {
  const progressToken = extra._meta?.progressToken;
  return {
    journal,
    signal: extra.signal,
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total };
      await extra.sendNotification({ method: 'notifications/progress', params });
    },
    ask: async (message, requestedSchema) => {
      if (!server.getClientCapabilities()?.elicitation) {
        throw new Error('the client does not offer elicitation');
      }
      const params = { mode: 'form', message, requestedSchema };
      const answer = await extra.sendRequest(
        { method: 'elicitation/create', params },
        mcp.ElicitResultSchema,
      );
      journal.note('answered', { action: answer.action });
      return answer.action === 'accept' ? answer.content : undefined;
    },
  };
}

/// A server for one connection that writes what it sees into `journal`.
export function createV1Server(journal) {
  const info = { name: 'shop-v1', version: '1.0.0' };
  const server = new Server(info, { capabilities: { tools: {} } });
  const tools = kTools.map(({ run, ...tool }) => tool);
  server.setRequestHandler(mcp.ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(mcp.CallToolRequestSchema, async ({ params }, extra) => {
    const tool = kTools.find((t) => t.name === params.name);
    if (!tool) throw new mcp.McpError(mcp.ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    journal.note('called', { tool: params.name, arguments: params.arguments });
    try {
      return await tool.run(params.arguments ?? {}, callOf(server, extra, journal));
    } catch (e) {
      return { content: [{ type: 'text', text: String(e.message) }], isError: true };
    }
  });
  return server;
}

/// Streamable HTTP with sessions: {url, journal, close()}.
export async function startMcpV1() {
  const journal = openJournal();
  const sessions = new Map();
  const http = createHttpServer(async (req, res) => {
    const id = req.headers['mcp-session-id'];
    const known = sessions.get(id);
    if (known) return known.handleRequest(req, res);
    if (id) return res.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => sessions.set(session, transport),
    });
    transport.onclose = () => sessions.delete(transport.sessionId);
    await createV1Server(journal).connect(transport);
    return transport.handleRequest(req, res);
  });
  await new Promise((resolve) => http.listen(0, kHost, resolve));
  const close = async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: `http://${kHost}:${http.address().port}/mcp`, journal, close };
}
