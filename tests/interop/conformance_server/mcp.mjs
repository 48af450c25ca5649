// One MCP server (revision 2025-11-25) with the suite's tools, prompts and resources.
// Built on the low-level Server so that schemas reach the wire exactly as written.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import * as mcp from '@modelcontextprotocol/sdk/types.js';
import { completions, kPrompts } from './prompts.mjs';
import { kResources, kTemplates, readResource } from './resources.mjs';
import { kLegacyTools, kTools } from './tools.mjs';

const kAllTools = [...kTools, ...kLegacyTools];

const kLevels = mcp.LoggingLevelSchema.options;
const without = (object, ...keys) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
const invalid = (message, data) => new mcp.McpError(mcp.ErrorCode.InvalidParams, message, data);

/// What a running tool may do towards the client that called it.
function callContext(server, state, extra) {
  const token = extra._meta?.progressToken;
  const notify = (method, params) => extra.sendNotification({ method, params });
  return {
    signal: extra.signal,
    request: (request, schema) => extra.sendRequest(request, schema),
    closeStream: () => extra.closeSSEStream?.(),
    changed: (list) => notify(`notifications/${list}/list_changed`, {}),
    demand: (capability) => {
      if (!server.getClientCapabilities()?.[capability]) {
        throw new Error(`the client does not offer ${capability}`);
      }
    },
    log: async (level, data) => {
      if (kLevels.indexOf(level) < kLevels.indexOf(state.level)) return;
      await notify('notifications/message', { level, logger: 'conformance', data });
    },
    progress: async (progress, total, message) => {
      if (token === undefined) return;
      await notify('notifications/progress', { progressToken: token, progress, total, message });
    },
  };
}

function serveTools(server, state) {
  const tools = kAllTools.map((tool) => without(tool, 'run'));
  server.setRequestHandler(mcp.ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(mcp.CallToolRequestSchema, async ({ params }, extra) => {
    const tool = kAllTools.find((t) => t.name === params.name);
    if (!tool) throw invalid(`Unknown tool: ${params.name}`);
    try {
      return await tool.run(params.arguments ?? {}, callContext(server, state, extra));
    } catch (e) {
      if (e.ofProtocol) throw new mcp.McpError(mcp.ErrorCode.InternalError, e.message);
      return { content: [{ type: 'text', text: String(e.message ?? e) }], isError: true };
    }
  });
}

function servePrompts(server) {
  const prompts = kPrompts.map((prompt) => without(prompt, 'messages'));
  server.setRequestHandler(mcp.ListPromptsRequestSchema, () => ({ prompts }));
  server.setRequestHandler(mcp.GetPromptRequestSchema, ({ params }) => {
    const prompt = kPrompts.find((p) => p.name === params.name);
    if (!prompt) throw invalid(`Unknown prompt: ${params.name}`);
    const args = params.arguments ?? {};
    const missing = (prompt.arguments ?? []).find((a) => a.required && !(a.name in args));
    if (missing) throw invalid(`Missing argument: ${missing.name}`);
    return { description: prompt.description, messages: prompt.messages(args) };
  });
  server.setRequestHandler(mcp.CompleteRequestSchema, ({ params }) => ({
    completion: completions(params.argument.value),
  }));
}

function serveResources(server, state) {
  const resources = kResources.map((resource) => without(resource, 'body'));
  server.setRequestHandler(mcp.ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(mcp.ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: kTemplates,
  }));
  server.setRequestHandler(mcp.ReadResourceRequestSchema, ({ params }) => {
    const content = readResource(params.uri);
    if (!content) throw new mcp.McpError(-32002, 'Resource not found', { uri: params.uri });
    return { contents: [content] };
  });
  server.setRequestHandler(mcp.SubscribeRequestSchema, ({ params }) => {
    if (!readResource(params.uri)) {
      throw new mcp.McpError(-32002, 'Resource not found', { uri: params.uri });
    }
    state.watched.add(params.uri);
    return {};
  });
  server.setRequestHandler(mcp.UnsubscribeRequestSchema, ({ params }) => {
    state.watched.delete(params.uri);
    return {};
  });
}

/// A server for one session, not yet connected to a transport.
export function createServer() {
  const server = new Server(
    { name: 'weft-conformance-server', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  const state = { level: 'debug', watched: new Set() };
  server.setRequestHandler(mcp.SetLevelRequestSchema, ({ params }) => {
    state.level = params.level;
    return {};
  });
  serveTools(server, state);
  servePrompts(server);
  serveResources(server, state);
  return server;
}
