// A REST service in plain node with an OpenAPI 3.1 document: every place a parameter can stand, the
// usual bodies, two ways to authenticate. It answers what it received, so that tests can compare.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { kHost } from '../lib/ports.mjs';
import { openJournal } from './journal.mjs';
import { kDocument } from './rest_document.mjs';

export const kApiKey = 'key-for-tests';
export const kBearer = 'token-for-tests';
const kBodyBytesMax = 1024 * 1024;
const kSlowMs = 30_000;

const cookiesOf = (header = '') =>
  Object.fromEntries(
    header
      .split(/; */)
      .filter(Boolean)
      .map((pair) => pair.split('=').map(decodeURIComponent)),
  );

async function readBody(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > kBodyBytesMax) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(res, status, body, type = 'application/json') {
  res.writeHead(status, { 'content-type': type });
  res.end(type === 'text/plain' ? body : JSON.stringify(body));
}

const problem = (res, status, title, more = {}) =>
  send(res, status, { title, status, ...more }, 'application/problem+json');

async function parts(req, body) {
  const form = await new Response(body, {
    headers: { 'content-type': req.headers['content-type'] },
  }).formData();
  const fields = {};
  for (const [name, value] of form) {
    fields[name] =
      typeof value === 'string'
        ? value
        : { filename: value.name, type: value.type, text: await value.text() };
  }
  return fields;
}

const routes = [
  {
    match: /^GET \/items\/([^/]+)$/,
    run: ({ req, res, url, found }) => {
      const tags = url.searchParams.getAll('tags');
      const verbose = url.searchParams.get('verbose');
      send(res, 200, {
        id: decodeURIComponent(found[1]),
        tags,
        verbose: verbose === null ? null : verbose === 'true',
        trace: req.headers['x-trace'] ?? null,
        session: cookiesOf(req.headers.cookie).session ?? null,
      });
    },
  },
  {
    match: /^POST \/items$/,
    run: ({ res, body }) => {
      const item = JSON.parse(body);
      send(res, 201, { id: 'item-1', ...item });
    },
  },
  {
    match: /^POST \/forms$/,
    run: ({ req, res, body }) => {
      if (!req.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
        return problem(res, 415, 'a form is needed');
      }
      return send(res, 200, Object.fromEntries(new URLSearchParams(body.toString())));
    },
  },
  {
    match: /^POST \/uploads$/,
    run: async ({ req, res, body }) => send(res, 200, await parts(req, body)),
  },
  {
    match: /^GET \/keyed$/,
    run: ({ req, res }) =>
      req.headers['x-api-key'] === kApiKey
        ? send(res, 200, { by: 'key' })
        : problem(res, 401, 'the key is missing or wrong'),
  },
  {
    match: /^GET \/guarded$/,
    run: ({ req, res }) =>
      req.headers.authorization === `Bearer ${kBearer}`
        ? send(res, 200, { by: 'bearer' })
        : problem(res, 401, 'the token is missing or wrong'),
  },
  { match: /^GET \/text$/, run: ({ res }) => send(res, 200, 'plain words', 'text/plain') },
  {
    match: /^DELETE \/items\/([^/]+)$/,
    run: ({ res }) => res.writeHead(204).end(),
  },
  {
    match: /^GET \/broken$/,
    run: ({ res }) => problem(res, 422, 'the shelf is empty', { detail: 'nothing left' }),
  },
  {
    match: /^GET \/slow$/,
    run: async ({ res, journal }) => {
      const gone = new AbortController();
      journal.note('slow started');
      res.on('close', () => {
        if (!res.writableFinished) journal.note('slow cancelled');
        gone.abort();
      });
      await delay(kSlowMs, undefined, { signal: gone.signal }).catch(() => {});
      if (!res.destroyed) send(res, 200, { waited: kSlowMs });
    },
  },
];

async function serve(req, res, journal) {
  const url = new URL(req.url, 'http://service');
  if (url.pathname === '/openapi.json') return send(res, 200, kDocument);
  const body = await readBody(req);
  const { method, headers } = req;
  journal.note('request', { method, path: req.url, headers, body: body.toString() });
  for (const { match, run } of routes) {
    const found = match.exec(`${method} ${url.pathname}`);
    if (found) return run({ req, res, url, found, body, journal });
  }
  return problem(res, 404, 'no such path');
}

/// {url, journal, close()}; the document is at /openapi.json.
export async function startRestService() {
  const journal = openJournal();
  const http = createServer((req, res) => {
    serve(req, res, journal).catch((e) => problem(res, 400, e.message));
  });
  await new Promise((resolve) => http.listen(0, kHost, resolve));
  const close = async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: `http://${kHost}:${http.address().port}`, journal, close };
}
