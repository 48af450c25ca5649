// The official OpenAI SDK as a caller: agents, tools and models are all models to it.

import OpenAI from 'openai';

export const title = 'openai (Node)';

/** Asks one model one thing and gives its words. */
async function complete(client, model, content) {
  const answer = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content }],
  });
  return answer.choices[0].message.content;
}

export async function open(hub) {
  const client = new OpenAI({
    baseURL: `${hub.url}/v1`,
    apiKey: 'none',
    maxRetries: 0,
    timeout: hub.timeoutMs,
  });
  return {
    prepare: () => client.models.list(),
    clinic: ({ text }) => complete(client, 'agent/clinic', text),
    bank: ({ parameters }) => complete(client, 'tool/bank/balance', JSON.stringify(parameters)),
    table: ({ parameters }) => complete(client, 'tool/table/search', JSON.stringify(parameters)),
    taxi: ({ parameters }) => complete(client, 'tool/taxi/position', JSON.stringify(parameters)),
    chat: ({ text }) => complete(client, 'model/chat', text),
    fraud: ({ parameters }) => complete(client, 'predict/fraud', JSON.stringify(parameters)),
    meter: ({ parameters }) => complete(client, 'predict/meter', JSON.stringify(parameters)),
    close: async () => {},
  };
}
