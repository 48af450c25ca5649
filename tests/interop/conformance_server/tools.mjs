// The tools the conformance suite calls, each {name, description, inputSchema, run}.
// run(args, call) gets the call's way back to the client: log, progress, request, closeStream.
import { setTimeout as delay } from 'node:timers/promises';
import { CreateMessageResultSchema, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { kPngBase64, kWavBase64 } from './media.mjs';

const kNoArguments = { type: 'object', properties: {}, additionalProperties: false };
const kStepMs = 50;

const text = (value) => ({ type: 'text', text: value });
const image = () => ({ type: 'image', data: kPngBase64, mimeType: 'image/png' });
const answer = (...content) => ({ content });
const oneString = (name, description) => ({
  type: 'object',
  properties: { [name]: { type: 'string', description } },
  required: [name],
  additionalProperties: false,
});

async function elicit(call, message, requestedSchema) {
  call.demand('elicitation');
  const params = { mode: 'form', message, requestedSchema };
  return call.request({ method: 'elicitation/create', params }, ElicitResultSchema);
}

const elicited = (label, r) =>
  answer(text(`${label}: action=${r.action}, content=${JSON.stringify(r.content ?? {})}`));

const kContentTools = [
  {
    name: 'test_simple_text',
    description: 'Answers one plain text.',
    run: () => answer(text('This is a simple text response for testing.')),
  },
  {
    name: 'test_image_content',
    description: 'Answers a red pixel.',
    run: () => answer(image()),
  },
  {
    name: 'test_audio_content',
    description: 'Answers two milliseconds of silence.',
    run: () => answer({ type: 'audio', data: kWavBase64, mimeType: 'audio/wav' }),
  },
  {
    name: 'test_embedded_resource',
    description: 'Answers a resource with its text inside.',
    run: () =>
      answer({
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      }),
  },
  {
    name: 'test_multiple_content_types',
    description: 'Answers text, image and resource together.',
    run: () =>
      answer(text('Multiple content types test:'), image(), {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      }),
  },
  {
    name: 'test_error_handling',
    description: 'Always fails, as a tool result and not as a protocol error.',
    run: () => ({
      ...answer(text('This tool intentionally returns an error for testing')),
      isError: true,
    }),
  },
];

const kNotifyingTools = [
  {
    name: 'test_tool_with_logging',
    description: 'Writes three log messages while it works.',
    run: async (_args, call) => {
      await call.log('info', 'Tool execution started');
      await delay(kStepMs);
      await call.log('info', 'Tool processing data');
      await delay(kStepMs);
      await call.log('info', 'Tool execution completed');
      return answer(text('Tool with logging executed successfully'));
    },
  },
  {
    name: 'test_logging_tool',
    description: 'Writes one log message at each level.',
    run: async (_args, call) => {
      for (const level of ['debug', 'info', 'warning', 'error']) {
        await call.log(level, `a message at level ${level}`);
      }
      return answer(text('Logged at four levels'));
    },
  },
  {
    name: 'test_tool_with_progress',
    description: 'Reports 0, 50 and 100 of 100 to callers that gave a progress token.',
    run: async (_args, call) => {
      for (const done of [0, 50, 100]) {
        await call.progress(done, 100, `Completed step ${done} of 100`);
        await delay(kStepMs);
      }
      return answer(text('Progress reported to the end'));
    },
  },
  {
    name: 'test_reconnection',
    description: 'Closes the stream in mid-call; the answer waits for the client to resume.',
    run: async (_args, call) => {
      call.closeStream();
      await delay(2 * kStepMs);
      return answer(text('Reconnection test completed successfully.'));
    },
  },
];

const kDefaultsForm = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'User name', default: 'John Doe' },
    age: { type: 'integer', description: 'User age', default: 30 },
    score: { type: 'number', description: 'User score', default: 95.5 },
    status: {
      type: 'string',
      description: 'User status',
      enum: ['active', 'inactive', 'pending'],
      default: 'active',
    },
    verified: { type: 'boolean', description: 'Verified or not', default: true },
  },
  required: [],
};

const titled = (pairs) => pairs.map(([value, title]) => ({ const: value, title }));
const kEnumsForm = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: {
      type: 'string',
      oneOf: titled([
        ['value1', 'First Option'],
        ['value2', 'Second Option'],
        ['value3', 'Third Option'],
      ]),
    },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: {
      type: 'array',
      items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    },
    titledMulti: {
      type: 'array',
      items: {
        anyOf: titled([
          ['value1', 'First Choice'],
          ['value2', 'Second Choice'],
          ['value3', 'Third Choice'],
        ]),
      },
    },
  },
  required: [],
};

const kPersonForm = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
};

const kAskingTools = [
  {
    name: 'test_sampling',
    description: "Asks the client's language model and repeats its answer.",
    inputSchema: oneString('prompt', 'What to ask the model'),
    run: async ({ prompt }, call) => {
      call.demand('sampling');
      const params = {
        messages: [{ role: 'user', content: text(prompt) }],
        maxTokens: 100,
      };
      const r = await call.request(
        { method: 'sampling/createMessage', params },
        CreateMessageResultSchema,
      );
      const reply = r.content.type === 'text' ? r.content.text : `(${r.content.type})`;
      return answer(text(`LLM response: ${reply}`));
    },
  },
  {
    name: 'test_elicitation',
    description: 'Asks the user for a name and an address.',
    inputSchema: oneString('message', 'The message to show'),
    run: async ({ message }, call) =>
      elicited('User response', await elicit(call, message, kPersonForm)),
  },
  {
    name: 'test_elicitation_sep1034_defaults',
    description: 'Asks with a default for every primitive type.',
    run: async (_args, call) =>
      elicited('Elicitation completed', await elicit(call, 'Please review', kDefaultsForm)),
  },
  {
    name: 'test_elicitation_sep1330_enums',
    description: 'Asks with each of the five forms of a choice.',
    run: async (_args, call) =>
      elicited('Elicitation completed', await elicit(call, 'Please choose', kEnumsForm)),
  },
];

const kSchemaTool = {
  name: 'json_schema_2020_12_tool',
  description: 'Tool with JSON Schema 2020-12 features',
  inputSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: {
        $anchor: 'addressDef',
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    properties: {
      name: { type: 'string' },
      address: { $ref: '#/$defs/address' },
      contactMethod: { type: 'string', enum: ['phone', 'email'] },
      phone: { type: 'string' },
      email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
  },
  run: (args) => answer(text(`Schema tool called with ${JSON.stringify(args)}`)),
};

// What the suite's task scenarios call; a server without the tasks extension answers at once, or
// when the work is done.
const kWorkTools = [
  {
    name: 'greet',
    description: 'Greets somebody.',
    inputSchema: oneString('name', 'Who is greeted'),
    run: ({ name }) => answer(text(`Hello, ${name}!`)),
  },
  {
    name: 'slow_compute',
    description: 'Works for so many seconds, and tells how far it is.',
    inputSchema: {
      type: 'object',
      properties: { seconds: { type: 'number', minimum: 0, maximum: 10, default: 1 } },
      additionalProperties: false,
    },
    run: async ({ seconds = 1 }, call) => {
      const steps = Math.ceil((seconds * 1000) / kStepMs);
      for (let done = 0; done < steps && !call.signal?.aborted; done++) {
        await call.progress(done, steps, `step ${done} of ${steps}`);
        await delay(kStepMs, undefined, { signal: call.signal });
      }
      return answer(text(`Computed for ${seconds} s`));
    },
  },
  {
    name: 'failing_job',
    description: 'Fails as a job does: with a result that is an error.',
    run: () => ({ ...answer(text('The job failed')), isError: true }),
  },
  {
    name: 'protocol_error_job',
    description: 'Fails as a request does: with an error of the protocol.',
    run: () => {
      throw Object.assign(new Error('The job could not be begun'), { ofProtocol: true });
    },
  },
  {
    name: 'test_tool_with_task',
    description: 'Works for a moment.',
    run: async () => {
      await delay(2 * kStepMs);
      return answer(text('Task tool executed successfully'));
    },
  },
];

/// What the 2025 revisions have their own way for; modern_tools.mjs has the other.
export const kLegacyTools = [
  {
    name: 'test_missing_capability',
    description: 'Needs the model.',
    run: (_args, call) => {
      call.demand('sampling');
      return answer(text('the client offers sampling'));
    },
  },
  {
    name: 'test_streaming_elicitation',
    description: 'Asks a name on a stream.',
    inputSchema: kNoArguments,
    run: async (_args, call) => {
      await call.log('info', 'about to ask');
      const form = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
      return elicited('Streamed', await elicit(call, 'What is your name?', form));
    },
  },
  {
    name: 'test_trigger_tool_change',
    description: 'Says that the tools changed.',
    run: async (_args, call) => {
      await call.changed('tools');
      return answer(text('tools changed'));
    },
  },
  {
    name: 'test_trigger_prompt_change',
    description: 'Says that the prompts changed.',
    run: async (_args, call) => {
      await call.changed('prompts');
      return answer(text('prompts changed'));
    },
  },
].map((tool) => ({ inputSchema: kNoArguments, ...tool }));

/// Every tool in the order tools/list shows them.
export const kTools = [
  ...kContentTools,
  ...kNotifyingTools,
  ...kAskingTools,
  kSchemaTool,
  ...kWorkTools,
].map((tool) => ({ inputSchema: kNoArguments, ...tool }));
