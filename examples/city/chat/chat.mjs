// The chat of the city: a server compatible with the OpenAI API. It forwards to a real one when
// CHAT_UPSTREAM_URL names it; otherwise it answers by rules over the city's directory.

import Fastify from 'fastify';
import { isMain, runHouse } from '../lib/house.mjs';
import { Knowledge } from './knowledge.mjs';
import { ApiError, kModel, Rules } from './rules.mjs';
import { forward, upstreamFrom } from './upstream.mjs';

const kBodyMax = 16 * 1024 * 1024;

function answerError(error, request, reply) {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(
          error.statusCode ?? 500,
          error.statusCode ? error.message : 'The server failed.',
        );
  if (known.status >= 500) console.error(error);
  return reply.code(known.status).send(known.body());
}

function wholeAnswer(answer) {
  return {
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: kModel,
    choices: [
      {
        index: 0,
        finish_reason: answer.finish_reason,
        logprobs: null,
        message: { role: 'assistant', content: answer.tokens.join(''), refusal: null },
      },
    ],
    usage: answer.usage,
  };
}

/** The frames of a streamed answer. */
function* frames(answer, withUsage) {
  const frame = (choices, usage) => ({
    id: answer.id,
    object: 'chat.completion.chunk',
    created: answer.created,
    model: kModel,
    choices,
    ...(withUsage && { usage: usage ?? null }),
  });
  const choice = (delta, finish_reason = null) => [
    { index: 0, delta, finish_reason, logprobs: null },
  ];
  yield frame(choice({ role: 'assistant', content: '' }));
  for (const content of answer.tokens) yield frame(choice({ content }));
  yield frame(choice({}, answer.finish_reason));
  if (withUsage) yield frame([], answer.usage);
}

async function streamAnswer(answer, withUsage, raw) {
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const frame of frames(answer, withUsage)) {
    if (raw.destroyed) return;
    if (!raw.write(`data: ${JSON.stringify(frame)}\n\n`)) {
      await new Promise((resolve) => raw.once('drain', resolve).once('close', resolve));
    }
  }
  raw.end('data: [DONE]\n\n');
}

function ruleRoutes(app, rules) {
  app.get('/v1/models', async () => ({ object: 'list', data: rules.models() }));
  app.get('/v1/models/:id', async ({ params }) => {
    const model = rules.models().find((m) => m.id === params.id);
    if (model) return model;
    throw new ApiError(404, `There is no model \`${params.id}\`.`, { code: 'model_not_found' });
  });
  app.post('/v1/chat/completions', async ({ body }, reply) => {
    const answer = rules.chat(body ?? {});
    if (!body.stream) return wholeAnswer(answer);
    reply.hijack();
    return streamAnswer(answer, body.stream_options?.include_usage === true, reply.raw);
  });
  app.post('/v1/embeddings', async ({ body }) => rules.embeddings(body ?? {}));
}

function forwardRoutes(app, upstream) {
  const pass = (path) => async (request, reply) => {
    const id = request.params.id;
    const target = id === undefined ? path : `${path}/${encodeURIComponent(id)}`;
    const { method, body } = request;
    reply.hijack();
    try {
      await forward(upstream, target, { method, body: body ?? undefined, raw: reply.raw });
    } catch (error) {
      const refusal = error instanceof ApiError ? error : new ApiError(500, 'The server failed.');
      reply.raw.writeHead(refusal.status, { 'content-type': 'application/json' });
      reply.raw.end(JSON.stringify(refusal.body()));
    }
  };
  app.get('/v1/models', pass('/models'));
  app.get('/v1/models/:id', pass('/models'));
  app.post('/v1/chat/completions', pass('/chat/completions'));
  app.post('/v1/embeddings', pass('/embeddings'));
}

/** Starts the chat. */
export async function startChat({ port = 0, seed, clock, env = process.env }) {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: kBodyMax });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    answerError(
      new ApiError(404, `There is nothing at ${request.method} ${request.url}.`),
      request,
      reply,
    ),
  );
  const upstream = upstreamFrom(env);
  if (upstream) forwardRoutes(app, upstream);
  else ruleRoutes(app, new Rules(new Knowledge(seed, clock), clock));
  await app.listen({ port, host: '127.0.0.1' });
  return { port: app.server.address().port, path: '/v1', close: () => app.close() };
}

if (isMain(import.meta.url)) await runHouse('chat', startChat);
