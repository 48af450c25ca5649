// Forwards to the real OpenAI-compatible server that CHAT_UPSTREAM_URL names: its own key and
// model, bodies and streams passed on as they come.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from './rules.mjs';

/** The configured server, or undefined. */
export function upstreamFrom({
  CHAT_UPSTREAM_URL: url,
  CHAT_UPSTREAM_KEY: key,
  CHAT_UPSTREAM_MODEL: model,
}) {
  return url ? { base: url.replace(/\/+$/, ''), key, model } : undefined;
}

/**
 * Passes one request on. `base` ends in `/v1`, as an OpenAI SDK's base URL does.
 * @param {{base: string, key?: string, model?: string}} upstream
 */
export async function forward(upstream, path, { method, body, raw }) {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  const sent =
    body && upstream.model && path !== '/embeddings' ? { ...body, model: upstream.model } : body;
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(upstream.key && { authorization: `Bearer ${upstream.key}` }),
  };
  let answer;
  try {
    answer = await fetch(upstream.base + path, {
      method,
      headers,
      signal: gone.signal,
      body: body && JSON.stringify(sent),
    });
  } catch (error) {
    throw new ApiError(
      502,
      `The language model at ${upstream.base} cannot be reached: ` +
        `${error.cause?.code ?? error.message}.`,
      { code: 'bad_gateway' },
    );
  }
  raw.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? 'application/json',
  });
  if (!answer.body) return raw.end();
  return pipeline(Readable.fromWeb(answer.body), raw).catch(() => raw.destroy());
}
