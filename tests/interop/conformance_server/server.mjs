#!/usr/bin/env node
// The server that the MCP conformance suite is run against, directly and through weft.
//   node server.mjs [--port N]   Streamable HTTP; prints its URL on one line
//   node server.mjs --stdio      the same over stdin and stdout
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { EventStore } from './event_store.mjs';
import { createServer } from './mcp.mjs';

const kHost = '127.0.0.1';
const kRetryMs = 200;
const kSessionsMax = 256;
const sessions = new Map();

const refuse = (res, status, code, message) =>
  res.status(status).json({ jsonrpc: '2.0', error: { code, message }, id: null });

async function openSession(req, res) {
  if (sessions.size >= kSessionsMax) {
    const [oldest] = sessions.values();
    await oldest.close();
  }
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    eventStore: new EventStore(),
    retryInterval: kRetryMs,
    onsessioninitialized: (id) => sessions.set(id, transport),
  });
  transport.onclose = () => sessions.delete(transport.sessionId);
  await createServer().connect(transport);
  await transport.handleRequest(req, res, req.body);
}

async function serve(req, res) {
  const id = req.headers['mcp-session-id'];
  const session = id && sessions.get(id);
  if (session) return session.handleRequest(req, res, req.body);
  if (id) return refuse(res, 404, -32001, 'Session not found');
  if (req.method !== 'POST' || !isInitializeRequest(req.body)) {
    return refuse(res, 400, -32000, 'No session: begin with initialize');
  }
  return openSession(req, res);
}

function listen(port) {
  const app = createMcpExpressApp({ host: kHost });
  app.all('/mcp', (req, res, next) => serve(req, res).catch(next));
  const http = app.listen(port, kHost, () => {
    console.log(`http://${kHost}:${http.address().port}/mcp`);
  });
  const stop = () => {
    http.close();
    http.closeAllConnections();
    for (const session of [...sessions.values()]) session.close();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, stdio: { type: 'boolean', default: false } },
});
if (values.stdio) {
  await createServer().connect(new StdioServerTransport());
} else {
  listen(Number(values.port));
}
