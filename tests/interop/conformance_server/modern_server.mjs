#!/usr/bin/env node
// The same names for the 2026-07-28 scenarios, on @modelcontextprotocol/server; it refuses clients
// of 2025.
//   node modern_server.mjs [--port N]   prints its URL on one line
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  createRequestStateCodec,
  isInputRequiredResult,
  ProtocolError,
  ResourceNotFoundError,
  Server,
} from '@modelcontextprotocol/server';
import { kModernPrompts, kModernTools } from './modern_tools.mjs';
import { completions, kPrompts } from './prompts.mjs';
import { kResources, kTemplates, readResource } from './resources.mjs';
import { kTools } from './tools.mjs';

const kHost = '127.0.0.1';
const kInvalidParams = -32602;
// What asks by server requests exists in the 2025 revisions alone.
const kOnlyLegacy = /^test_(sampling|elicitation.*|reconnection)$/;
const kAllTools = [...kTools.filter((t) => !kOnlyLegacy.test(t.name)), ...kModernTools];
const kAllPrompts = [...kPrompts, ...kModernPrompts];
const kCacheHint = { ttlMs: 1000, cacheScope: 'public' };

const codec = createRequestStateCodec({ key: randomBytes(32) });
const invalid = (message, data) => new ProtocolError(kInvalidParams, message, data);
const without = (object, ...keys) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

function callContext(context) {
  const { mcpReq } = context;
  const token = mcpReq._meta?.progressToken;
  return {
    signal: mcpReq.signal,
    answers: mcpReq.inputResponses,
    capabilities: mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'],
    changed: handler.notify,
    state: () => mcpReq.requestState(),
    seal: (payload) => codec.mint(payload, context),
    log: (level, data) => mcpReq.log(level, data, 'conformance'),
    progress: async (progress, total, message) => {
      if (token === undefined) return;
      const params = { progressToken: token, progress, total, message };
      await mcpReq.notify({ method: 'notifications/progress', params });
    },
  };
}

function serveTools(server) {
  const tools = kAllTools.map((tool) => without(tool, 'run'));
  server.setRequestHandler('tools/list', () => ({ tools }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = kAllTools.find((t) => t.name === params.name);
    if (!tool) throw invalid(`Unknown tool: ${params.name}`);
    return tool.run(params.arguments ?? {}, callContext(context));
  });
}

function servePrompts(server) {
  const prompts = kAllPrompts.map((prompt) => without(prompt, 'messages'));
  server.setRequestHandler('prompts/list', () => ({ prompts }));
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    const prompt = kAllPrompts.find((p) => p.name === params.name);
    if (!prompt) throw invalid(`Unknown prompt: ${params.name}`);
    const messages = prompt.messages(params.arguments ?? {}, callContext(context));
    if (isInputRequiredResult(messages)) return messages;
    return { description: prompt.description, messages };
  });
  server.setRequestHandler('completion/complete', ({ params }) => ({
    completion: completions(params.argument.value),
  }));
}

function serveResources(server) {
  const resources = kResources.map((resource) => without(resource, 'body'));
  server.setRequestHandler('resources/list', () => ({ resources }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: kTemplates }));
  server.setRequestHandler('resources/read', ({ params }) => {
    const content = readResource(params.uri);
    if (!content) throw new ResourceNotFoundError(params.uri);
    return { contents: [content] };
  });
}

function createModernServer() {
  const cached = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
  const server = new Server(
    { name: 'weft-conformance-server', version: '2.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true },
        logging: {},
        completions: {},
      },
      cacheHints: Object.fromEntries(cached.map((method) => [method, kCacheHint])),
      requestState: { verify: codec.verify },
    },
  );
  serveTools(server);
  servePrompts(server);
  serveResources(server);
  return server;
}

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const handler = createMcpHandler(createModernServer, { legacy: 'reject' });
const serve = toNodeHandler(handler);
const checks = [localhostHostValidation(), localhostOriginValidation()];
const http = createServer((req, res) => {
  if (checks.every((check) => check(req, res))) serve(req, res);
});
http.listen(Number(values.port), kHost, () => {
  console.log(`http://${kHost}:${http.address().port}/mcp`);
});
const stop = async () => {
  await handler.close();
  http.close();
  http.closeAllConnections();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
