// The tools and the prompt that only the 2026-07-28 scenarios call. A run may return an
// input_required result; it is then run again with the client's answers in call.answers.
import {
  inputRequired,
  inputResponse,
  MissingRequiredClientCapabilityError,
} from '@modelcontextprotocol/server';

const kNoArguments = { type: 'object', properties: {}, additionalProperties: false };
const says = (text) => ({ content: [{ type: 'text', text }] });

const form = (name, type) => ({
  type: 'object',
  properties: { [name]: { type } },
  required: [name],
});
const askForm = (message, name, type = 'string') =>
  inputRequired.elicit({ message, requestedSchema: form(name, type) });
const askModel = (text, maxTokens) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens,
  });

/// The accepted content of a form, or undefined when `key` was not (rightly) answered.
function accepted(call, key, field, type = 'string') {
  const view = inputResponse(call.answers, key);
  if (view.kind !== 'elicit' || view.action !== 'accept') return undefined;
  return typeof view.content?.[field] === type ? view.content[field] : undefined;
}

function demand(call, capability) {
  if (call.capabilities?.[capability] === undefined) {
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { [capability]: {} } });
  }
}

function greet(_args, call) {
  const name = accepted(call, 'user_name', 'name');
  if (name !== undefined) return says(`Hello, ${name}!`);
  return inputRequired({ inputRequests: { user_name: askForm('What is your name?', 'name') } });
}

function capital(_args, call) {
  const view = inputResponse(call.answers, 'capital_question');
  if (view.kind === 'sampling') return says(view.result.content.text);
  const capital_question = askModel('What is the capital of France?', 100);
  return inputRequired({ inputRequests: { capital_question } });
}

function roots(_args, call) {
  const view = inputResponse(call.answers, 'client_roots');
  if (view.kind === 'roots') return says(view.roots.map((root) => root.uri).join(' '));
  return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
}

async function confirm(_args, call) {
  const state = call.state();
  if (state?.step === 'confirm' && accepted(call, 'confirm', 'ok', 'boolean') !== undefined) {
    return says('state-ok');
  }
  const inputRequests = { confirm: askForm('Please confirm', 'ok', 'boolean') };
  return inputRequired({ inputRequests, requestState: await call.seal({ step: 'confirm' }) });
}

async function several(_args, call) {
  const name = accepted(call, 'user_name', 'name');
  const greeting = inputResponse(call.answers, 'greeting');
  const client = inputResponse(call.answers, 'client_roots');
  if (name !== undefined && greeting.kind === 'sampling' && client.kind === 'roots') {
    return says(`${greeting.result.content.text} ${name}, ${client.roots.length} roots`);
  }
  const inputRequests = {
    user_name: askForm('What is your name?', 'name'),
    greeting: askModel('Generate a greeting', 50),
    client_roots: inputRequired.listRoots(),
  };
  return inputRequired({ inputRequests, requestState: await call.seal({ step: 'several' }) });
}

async function rounds(_args, call) {
  const state = call.state();
  const name = accepted(call, 'step1', 'name');
  const color = accepted(call, 'step2', 'color');
  if (state?.step === 2 && color !== undefined) return says(`${state.name} likes ${color}`);
  if (state?.step === 1 && name !== undefined) {
    const step2 = askForm('Step 2: What is your favorite color?', 'color');
    const requestState = await call.seal({ step: 2, name });
    return inputRequired({ inputRequests: { step2 }, requestState });
  }
  const step1 = askForm('Step 1: What is your name?', 'name');
  return inputRequired({ inputRequests: { step1 }, requestState: await call.seal({ step: 1 }) });
}

function whatTheClientCan(_args, call) {
  if (Object.keys(call.answers ?? {}).length > 0) return says('answered');
  const inputRequests = {};
  const can = call.capabilities ?? {};
  if (can.elicitation) inputRequests.user_name = askForm('What is your name?', 'name');
  if (can.sampling) inputRequests.greeting = askModel('Generate a greeting', 50);
  if (can.roots) inputRequests.client_roots = inputRequired.listRoots();
  if (Object.keys(inputRequests).length === 0) return says('the client can be asked nothing');
  return inputRequired({ inputRequests });
}

const tool = (name, description, run) => ({ name, description, inputSchema: kNoArguments, run });

export const kModernTools = [
  tool('test_input_required_result_elicitation', 'Asks a name.', greet),
  tool('test_input_required_result_sampling', 'Asks the model.', capital),
  tool('test_input_required_result_list_roots', 'Asks the roots.', roots),
  tool('test_input_required_result_request_state', 'Asks with state.', confirm),
  tool('test_input_required_result_tampered_state', 'Asks with sealed state.', confirm),
  tool('test_input_required_result_multiple_inputs', 'Asks three things.', several),
  tool('test_input_required_result_multi_round', 'Asks twice.', rounds),
  tool('test_input_required_result_capabilities', 'Asks what it may.', whatTheClientCan),
  tool('test_streaming_elicitation', 'Asks a name on a stream.', greet),
  tool('test_missing_capability', 'Needs the model.', (_args, call) => {
    demand(call, 'sampling');
    return says('the client offers sampling');
  }),
  tool('test_trigger_tool_change', 'Says that the tools changed.', (_args, call) => {
    call.changed.toolsChanged();
    return says('tools changed');
  }),
  tool('test_trigger_prompt_change', 'Says that the prompts changed.', (_args, call) => {
    call.changed.promptsChanged();
    return says('prompts changed');
  }),
];

export const kModernPrompts = [
  {
    name: 'test_input_required_result_prompt',
    description: 'A prompt that asks for its context',
    messages: (_args, call) => {
      const context = accepted(call, 'user_context', 'context');
      if (context === undefined) {
        const user_context = askForm('What context should the prompt use?', 'context');
        return inputRequired({ inputRequests: { user_context } });
      }
      return [{ role: 'user', content: { type: 'text', text: `Context: ${context}` } }];
    },
  },
];
