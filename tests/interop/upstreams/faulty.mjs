// Solutions that answer when they are asked who they are, and misbehave when they are called (or,
// when told to, from the first word on).
// One listener serves one protocol; what it does wrong is changed between calls with `fault`.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { kHost } from '../lib/ports.mjs';

const kHugeBytes = 1024 ** 3;
const kChunk = Buffer.alloc(64 * 1024, 'a');
const kLongWords = 'more '.repeat(10_000);
const kPackedBytes = 64 * 1024 ** 2;
const kJson = { 'content-type': 'application/json' };
const kSse = { 'content-type': 'text/event-stream' };

const rpc = (request, result) => ({ jsonrpc: '2.0', id: request?.id ?? 1, result });

// Per protocol: what proves who it is, which request is the call, and the right answer to it.
const kProtocols = {
  openai: {
    join: '/v1',
    isCall: ({ url }) => url.endsWith('/chat/completions'),
    discover: () => ({
      object: 'list',
      data: [{ id: 'm', object: 'model', created: 1, owned_by: 'x' }],
    }),
    answer: () => ({
      id: 'chat-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'poked' }, finish_reason: 'stop' },
      ],
    }),
    endless: (_call, words = 'more ') => ({
      id: 'chat-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content: words }, finish_reason: null }],
    }),
  },
  mcp: {
    join: '/mcp',
    isCall: ({ request }) => request?.method === 'tools/call',
    discover: ({ request }, tools) => {
      if (request?.method === 'initialize') {
        const serverInfo = { name: 'faulty', version: '1' };
        return rpc(request, {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo,
        });
      }
      if (request?.method === 'tools/list') return rpc(request, { tools });
      if (request?.method === 'ping') return rpc(request, {});
      return undefined;
    },
    answer: ({ request }) => rpc(request, { content: [{ type: 'text', text: 'poked' }] }),
    endless: ({ request }, words = 'goes on') => ({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'info', data: `call ${request?.id} ${words}` },
    }),
  },
  a2a: {
    join: '',
    isCall: ({ url }) => url === '/rpc',
    discover: ({ url, base }) => (url.endsWith('/agent-card.json') ? a2aCard(base) : undefined),
    answer: ({ request }) =>
      rpc(request, {
        message: { messageId: 'm1', role: 'ROLE_AGENT', parts: [{ text: 'poked' }] },
      }),
    endless: ({ request }) =>
      rpc(request, {
        statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } },
      }),
  },
  openapi: {
    join: '/openapi.json',
    isCall: ({ url }) => url === '/poke',
    discover: ({ url }) => (url === '/openapi.json' ? kPokeDocument : undefined),
    answer: () => ({ said: 'poked' }),
    endless: (_call, words = 'more') => ({ said: words }),
  },
};

const kPokeDocument = {
  openapi: '3.1.0',
  info: { title: 'Faulty', version: '1' },
  paths: {
    '/poke': {
      post: {
        operationId: 'poke',
        responses: { 200: { description: 'ok', content: { 'application/json': { schema: {} } } } },
      },
    },
  },
};

const a2aCard = (base) => ({
  name: 'faulty',
  description: 'Faulty',
  version: '1',
  supportedInterfaces: [{ url: `${base}/rpc`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [{ id: 'poke', name: 'Poke', description: 'Poke it', tags: ['x'] }],
});

async function pour(res, bytes, chunk = kChunk) {
  for (let sent = 0; sent < bytes && !res.destroyed; sent += chunk.length) {
    if (res.write(chunk)) continue;
    await new Promise((resolve) => {
      const go = () => {
        res.off('drain', go).off('close', go);
        resolve();
      };
      res.on('drain', go).on('close', go);
    });
  }
  res.end();
}

async function repeat(res, ms, write) {
  while (!res.destroyed) {
    write();
    await delay(ms, undefined, { ref: false });
  }
}

let kept;
function packed() {
  kept ??= gzipSync(Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(kPackedBytes, '0')]));
  return kept;
}

const raw = (res, text) => res.socket.write(text);
const kRawHead = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/// What can go wrong with a call: name -> (call, answer in JSON, res).
export const kFaults = {
  silent: () => {},
  drip: (_call, answer, res) => {
    res.writeHead(200, kJson);
    let i = 0;
    return repeat(res, 1000, () => res.write(answer[i++] ?? ' '));
  },
  garbage: (_call, _answer, res) => res.writeHead(200, kJson).end('<<< not JSON >>>'),
  'wrong shape': (_call, _answer, res) => res.writeHead(200, kJson).end('[[], 7, {"a": null}]'),
  'wrong type': (_call, _answer, res) =>
    res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>'),
  'empty body': (_call, _answer, res) => res.writeHead(200, kJson).end(),
  'error 500': (_call, _answer, res) =>
    res.writeHead(500, { 'content-type': 'text/html' }).end('<h1>oops</h1>'),
  'gzip bomb': (_call, _answer, res) =>
    res.writeHead(200, { ...kJson, 'content-encoding': 'gzip' }).end(packed()),
  'not HTTP': (_call, _answer, res) => {
    raw(res, '220 mail.example ESMTP\r\n');
    res.socket.end();
  },
  'bad UTF-8': (_call, answer, res) => {
    const [before, after] = answer.split('poked');
    const bytes = Buffer.concat([
      Buffer.from(before),
      Buffer.from([0xff, 0xfe, 0xc0]),
      Buffer.from(after),
    ]);
    res.writeHead(200, kJson).end(bytes);
  },
  'deep JSON': (_call, _answer, res) =>
    res.writeHead(200, kJson).end('['.repeat(100_000) + ']'.repeat(100_000)),
  'huge body': (_call, _answer, res) => {
    res.writeHead(200, { ...kJson, 'content-length': kHugeBytes });
    return pour(res, kHugeBytes);
  },
  'huge chunked body': (_call, _answer, res) => {
    res.writeHead(200, kJson);
    return pour(res, kHugeBytes);
  },
  'huge string': (_call, answer, res) => {
    res.writeHead(200, kJson).write(answer.split('poked')[0]);
    return pour(res, kHugeBytes);
  },
  'endless header': (_call, _answer, res) => {
    raw(res, `${kRawHead}x-long: `);
    return repeat(res.socket, 1, () => raw(res, kChunk));
  },
  'endless headers': (_call, _answer, res) => {
    raw(res, kRawHead);
    let i = 0;
    return repeat(res.socket, 1, () => raw(res, `x-${i++}: ${'v'.repeat(1000)}\r\n`));
  },
  'false length': (_call, answer, res) => {
    raw(res, `${kRawHead}content-length: ${answer.length + 100}\r\n\r\n${answer}`);
    res.socket.end();
  },
  'two lengths': (_call, answer, res) => {
    raw(res, `${kRawHead}content-length: ${answer.length}\r\ncontent-length: 3\r\n\r\n${answer}`);
    res.socket.end();
  },
  'bad chunk': (_call, _answer, res) => {
    raw(res, `${kRawHead}transfer-encoding: chunked\r\n\r\nZZZ\r\nx\r\n`);
    res.socket.end();
  },
  'endless SSE': (call, _answer, res) => {
    res.writeHead(200, kSse);
    const event = `data: ${JSON.stringify(call.protocol.endless(call))}\n\n`;
    return repeat(res, 1, () => res.write(event));
  },
  'endless SSE at full speed': (call, _answer, res) => {
    res.writeHead(200, kSse);
    const event = `data: ${JSON.stringify(call.protocol.endless(call))}\n\n`;
    return pour(res, kHugeBytes, Buffer.from(event.repeat(500)));
  },
  // So much that it outgrows what an answer may be, before the time is up.
  'endless SSE, long events at full speed': (call, _answer, res) => {
    res.writeHead(200, kSse);
    const event = `data: ${JSON.stringify(call.protocol.endless(call, kLongWords))}\n\n`;
    return pour(res, kHugeBytes, Buffer.from(event));
  },
  'endless SSE comments': (_call, _answer, res) => {
    res.writeHead(200, kSse);
    return repeat(res, 1, () => res.write(`: ${'x'.repeat(1000)}\n\n`));
  },
  'endless SSE line': (_call, _answer, res) => {
    res.writeHead(200, kSse).write('data: ');
    return pour(res, kHugeBytes);
  },
};

/// A fault that closes the connection after that share of the right answer's bytes (0 to below 1).
export const cutAt = (share) => (_call, answer, res) => {
  const whole = `${kRawHead}content-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`;
  raw(res, whole.slice(0, Math.floor(share * whole.length)));
  res.socket.end();
};

/// {url (to join), fault (settable), early (whether it misbehaves already when it is asked who it
/// is), calls (count), close()}; `tools` are what an MCP one lists.
export async function startFaulty(
  kind,
  { tools = [{ name: 'poke', inputSchema: { type: 'object' } }] } = {},
) {
  const protocol = kProtocols[kind];
  const state = { fault: undefined, calls: 0, early: false };
  let base;
  const http = createServer(async (req, res) => {
    res.on('error', () => {});
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const request = text.startsWith('{') ? JSON.parse(text) : undefined;
    const call = { url: req.url, request, base, protocol };
    if (protocol.isCall(call)) {
      state.calls++;
      const answer = JSON.stringify(protocol.answer(call));
      if (state.fault) return state.fault(call, answer, res);
      return res.writeHead(200, kJson).end(answer);
    }
    if (request && request.id === undefined && request.method) return res.writeHead(202).end();
    const known = protocol.discover(call, tools);
    if (state.early && state.fault)
      return state.fault(call, JSON.stringify({ note: 'poked', ...known }), res);
    if (known) return res.writeHead(200, kJson).end(JSON.stringify(known));
    if (request?.jsonrpc) {
      const error = { code: -32601, message: 'Method not found' };
      return res
        .writeHead(200, kJson)
        .end(JSON.stringify({ jsonrpc: '2.0', id: request.id, error }));
    }
    return res.writeHead(404, kJson).end('{"error":"no such path"}');
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  await new Promise((resolve) => http.listen(0, kHost, resolve));
  base = `http://${kHost}:${http.address().port}`;
  const close = async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return Object.assign(state, { url: `${base}${protocol.join}`, kind, close });
}
