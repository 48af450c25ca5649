// What to try while the demonstration stays up.

/** Commands to type against the running hub, as text. */
export function nextSteps({ hub, truth }) {
  const { district } = truth.clinic.parameters;
  const { account } = truth.bank.parameters;
  const send = JSON.stringify({ account });
  // Of what the conversations left on the account most, to somebody new.
  const most = Math.floor(truth.bank.values[0] * 0.12);
  const payment = Object.entries(truth.fraud.parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return `
The city stays up until Ctrl-C. In another terminal:

  export WEFT_HUB=${hub.env.WEFT_HUB}
  ${hub.weft} ls
  ${hub.weft} call bank/balance account=${account}
  ${hub.weft} call table/search --input '${JSON.stringify({ cuisine: 'sichuan', day: 'tomorrow' })}'
  ${hub.weft} call fraud/predict ${payment}
  ${hub.weft} call bank/pay from=${account} to='Golden Lottery' amount=${most}
  ${hub.weft} jobs

  curl ${hub.url}/api/bank/balance --json '${send}'
  curl ${hub.url}/v1/models
  curl ${hub.url}/a2a/clinic/.well-known/agent-card.json

  import OpenAI from 'openai';
  const client = new OpenAI({ baseURL: '${hub.url}/v1', apiKey: 'none' });
  const answer = await client.chat.completions.create({ model: 'agent/clinic',
    messages: [{ role: 'user', content: "Free appointments in ${district} tomorrow?" }] });
  console.log(answer.choices[0].message.content);

An MCP client joins at ${hub.url}/mcp (or ${hub.url}/mcp/bank for the bank alone).
`;
}
