// The OpenAI endpoints answered by rules: used when no real server is configured. What only a
// language model could do is refused by name.

import { randomUUID } from 'node:crypto';
import { embed, kDimensions, toBase64 } from './embedding.mjs';
import { countTokens, tokenise } from './tokens.mjs';

export const kModel = 'city-rules';
export const kEmbeddingModel = 'city-embedding-256';

const kNotice =
  '(No language model is configured here; this answer comes from rules over the ' +
  "city's directory.)";
const kInputsMax = 2048;

/** A refusal in the form of the OpenAI API. */
export class ApiError extends Error {
  constructor(status, message, { param = null, code = null } = {}) {
    super(message);
    Object.assign(this, { status, param, code });
  }

  body() {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}

const bad = (message, param) => new ApiError(400, message, { param });

export class Rules {
  constructor(knowledge, clock) {
    Object.assign(this, { knowledge, clock });
  }

  models() {
    const created = Math.floor(this.clock.now() / 1000);
    return [kModel, kEmbeddingModel].map((id) => ({
      id,
      object: 'model',
      created,
      owned_by: 'chat',
    }));
  }

  /** Everything of one chat answer, before it is written whole or as a stream. */
  chat(body) {
    const said = readMessages(body);
    if (body.model !== kModel) {
      throw new ApiError(404, `There is no model \`${body.model}\` for chat; use \`${kModel}\`.`, {
        param: 'model',
        code: 'model_not_found',
      });
    }
    refuseUnsupported(body);
    const tools = body.tools?.length
      ? ' I cannot call the tools you offered: choosing one needs a language model.'
      : '';
    const text = `${this.knowledge.answer(said.user)}${tools} ${kNotice}`;
    const { tokens, finish_reason } = limit(text, body);
    const prompt_tokens = said.all.reduce((sum, s) => sum + countTokens(s), 0);
    return {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(this.clock.now() / 1000),
      tokens,
      finish_reason,
      usage: {
        prompt_tokens,
        completion_tokens: tokens.length,
        total_tokens: prompt_tokens + tokens.length,
      },
    };
  }

  embeddings(body) {
    if (body.model !== kEmbeddingModel && body.model !== kModel) {
      throw new ApiError(
        404,
        `There is no model \`${body.model}\` for embeddings; use ` + `\`${kEmbeddingModel}\`.`,
        { param: 'model', code: 'model_not_found' },
      );
    }
    const dimensions = body.dimensions ?? kDimensions;
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > 4096) {
      throw bad('`dimensions` must be an integer from 1 to 4096.', 'dimensions');
    }
    const format = body.encoding_format ?? 'float';
    if (!['float', 'base64'].includes(format)) {
      throw bad('`encoding_format` must be `float` or `base64`.', 'encoding_format');
    }
    const inputs = readInputs(body.input);
    const data = inputs.map((input, index) => {
      const vector = embed(input, dimensions);
      return {
        object: 'embedding',
        index,
        embedding: format === 'base64' ? toBase64(vector) : [...vector],
      };
    });
    const total = inputs.reduce(
      (sum, i) => sum + (Array.isArray(i) ? i.length : countTokens(i)),
      0,
    );
    return {
      object: 'list',
      data,
      model: kEmbeddingModel,
      usage: { prompt_tokens: total, total_tokens: total },
    };
  }
}

/** The texts of a request: all of them, and those of the user. */
function readMessages({ messages }) {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw bad('`messages` must be a list with at least one message.', 'messages');
  }
  const texts = messages.map((m, i) => ({ role: m?.role, text: textOf(m, i) }));
  return {
    all: texts.map((t) => t.text),
    user: texts.filter((t) => t.role === 'user').map((t) => t.text),
  };
}

function textOf(message, index) {
  const { content } = message ?? {};
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    throw bad('`content` must be text or a list of parts.', `messages.${index}`);
  return content
    .map((part) => {
      if (part?.type === 'text') return part.text;
      throw bad(
        `A content part of type \`${part?.type}\` needs a language model; only \`text\` is ` +
          'read here.',
        `messages.${index}`,
      );
    })
    .join('\n');
}

function refuseUnsupported({
  n,
  response_format,
  logprobs,
  modalities,
  stop,
  max_tokens,
  max_completion_tokens,
}) {
  if (n !== undefined && n !== null && n !== 1)
    throw bad('Rules give one answer: `n` must be 1.', 'n');
  if (response_format && response_format.type !== 'text') {
    throw bad('`response_format` other than `text` needs a language model.', 'response_format');
  }
  if (logprobs) throw bad('`logprobs` needs a language model.', 'logprobs');
  if (modalities && modalities.join() !== 'text')
    throw bad('Only text is spoken here.', 'modalities');
  if (stop && [stop].flat().some((s) => typeof s !== 'string'))
    throw bad('`stop` must be text.', 'stop');
  for (const [name, value] of Object.entries({ max_tokens, max_completion_tokens })) {
    if (value !== undefined && value !== null && !(Number.isInteger(value) && value > 0)) {
      throw bad(`\`${name}\` must be a positive integer.`, name);
    }
  }
}

/** Cuts a text at the stop words and the longest length asked for. */
function limit(text, { stop, max_tokens, max_completion_tokens }) {
  const ends = [stop ?? []]
    .flat()
    .map((s) => text.indexOf(s))
    .filter((at) => at >= 0);
  const tokens = tokenise(ends.length ? text.slice(0, Math.min(...ends)) : text);
  const longest = max_completion_tokens ?? max_tokens ?? Infinity;
  return tokens.length > longest
    ? { tokens: tokens.slice(0, longest), finish_reason: 'length' }
    : { tokens, finish_reason: 'stop' };
}

/** One text, several texts, one list of tokens, or several. */
function readInputs(input) {
  const tokens = (i) => Array.isArray(i) && i.length > 0 && i.every(Number.isInteger);
  const fits = (i) => (typeof i === 'string' && i !== '') || tokens(i);
  const inputs = fits(input) ? [input] : input;
  if (
    !Array.isArray(inputs) ||
    !inputs.length ||
    inputs.length > kInputsMax ||
    !inputs.every(fits)
  ) {
    throw bad(
      '`input` must be a text, a list of tokens, or a list of up to 2048 of those, none ' +
        'empty.',
      'input',
    );
  }
  return inputs;
}
