// The bank of the city: an MCP server on the official SDK, Streamable HTTP with sessions
// (revision 2025-11-25).

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { isMain, listen, runHouse, shut } from '../lib/house.mjs';
import { Ledger } from './ledger.mjs';
import { riskFrom } from './risk.mjs';
import { registerTools } from './tools.mjs';

const kSessionsMax = 500;

function newServer(ledger, risk) {
  const server = new McpServer(
    { name: 'bank', title: 'City Bank', version: '1.0.0' },
    {
      instructions:
        'Accounts of one customer. Ask `accounts` for the ids. `pay` asks for ' +
        'confirmation before any money moves.',
    },
  );
  registerTools(server, ledger, risk);
  return server;
}

const fail = (res, status, code, message) =>
  res.status(status).json({ jsonrpc: '2.0', id: null, error: { code, message } });

/** One MCP session per `initialize`, all on the same ledger. */
class Sessions {
  /** @type {Map<string, StreamableHTTPServerTransport>} */
  #open = new Map();

  constructor(ledger, risk) {
    this.ledger = ledger;
    this.risk = risk;
  }

  async handle(req, res) {
    const id = req.headers['mcp-session-id'];
    const known = id === undefined ? undefined : this.#open.get(id);
    if (known) return known.handleRequest(req, res, req.body);
    if (id !== undefined) return fail(res, 404, -32001, 'Session not found');
    if (req.method !== 'POST' || !isInitializeRequest(req.body)) {
      return fail(res, 400, -32000, 'A session begins with `initialize`');
    }
    const transport = await this.#begin();
    return transport.handleRequest(req, res, req.body);
  }

  async #begin() {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => this.#keep(id, transport),
    });
    transport.onclose = () => this.#open.delete(transport.sessionId);
    await newServer(this.ledger, this.risk).connect(transport);
    return transport;
  }

  /** The oldest session makes room when there are too many. */
  #keep(id, transport) {
    this.#open.set(id, transport);
    if (this.#open.size <= kSessionsMax) return;
    const [oldest] = this.#open.values();
    oldest.close();
  }

  async close() {
    await Promise.all([...this.#open.values()].map((transport) => transport.close()));
  }
}

/** Starts the bank; RISK_URL and its companions (README.md) name who is asked before payments. */
export async function startBank({ port = 0, seed, clock, risk = riskFrom(process.env) }) {
  const ledger = new Ledger(seed, clock);
  const sessions = new Sessions(ledger, risk);
  const app = createMcpExpressApp({ host: '127.0.0.1' });
  app.disable('x-powered-by');
  app.all('/mcp', (req, res, next) => sessions.handle(req, res).catch(next));
  const server = createServer(app);
  const bound = await listen(server, port);
  const close = async () => {
    await sessions.close();
    await shut(server);
  };
  return { port: bound, path: '/mcp', close };
}

if (isMain(import.meta.url)) await runHouse('bank', startBank);
