// What the bank asks a risk check before a payment, when RISK_URL names one. The request is the
// bank's own (README.md): who answers it, and how, is not its business.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const kAnswerMs = 2000;
const kThreshold = 0.5;
/** The hours at which people pay their bills. */
const kDayBegins = 6;
const kDayEnds = 23;
const kManyTimes = 5;
const kLargeShare = 0.5;

/**
 * @typedef {{amount: number, hour: number, new_payee: number, own_account: number,
 *   balance_share: number, times_usual: number, paid_today: number}} Features
 * @typedef {{verdict: 'pass'|'look'|'refuse', why?: string}} Judgement
 */

/**
 * The configured check, or undefined.
 * @param {Record<string, string|undefined>} environment
 * @returns {{judge: (features: Features) => Promise<Judgement>}|undefined}
 */
export function riskFrom({ RISK_URL: url, RISK_THRESHOLD: threshold, RISK_FAIL: fail, RISK_KEY: key }) {
  if (!url) return undefined;
  if (!/^https?:\/\//.test(url)) throw new Error(`RISK_URL is \`${url}\`; it must be an http URL`);
  const limit = threshold === undefined ? kThreshold : Number(threshold);
  if (!(limit > 0 && limit <= 1)) {
    throw new Error(`RISK_THRESHOLD is \`${threshold}\`; it must be a number from 0 to 1`);
  }
  if (![undefined, 'open', 'closed'].includes(fail)) {
    throw new Error(`RISK_FAIL is \`${fail}\`; it must be open or closed`);
  }
  const ask = new URL(url).pathname.endsWith('/infer') ? askTensors : askTool;
  return { judge: (features) => judge(() => ask(url, key, features), features, limit, fail) };
}

async function judge(ask, features, limit, fail) {
  let risk;
  try {
    risk = await ask();
  } catch (error) {
    if (fail === 'open') return { verdict: 'pass' };
    const why = error.cause?.code ?? error.message;
    return { verdict: 'refuse', why: `the risk check does not answer (${why}); try again later` };
  }
  if (risk < limit) return { verdict: 'pass' };
  return { verdict: 'look', why: `the risk check says ${risk.toFixed(2)}${known(features)}` };
}

/** What is unusual about it that a person can see, too. */
function known({ new_payee, times_usual, hour, balance_share, paid_today }) {
  const facts = [
    new_payee && 'a new payee',
    times_usual >= kManyTimes && `${Math.round(times_usual)} times the usual amount`,
    balance_share >= kLargeShare && `${Math.round(balance_share * 100)} % of what is there`,
    (hour < kDayBegins || hour >= kDayEnds) && 'in the night',
    paid_today >= kManyTimes && `payment ${paid_today + 1} of the day`,
  ].filter(Boolean);
  return facts.length ? `: ${facts.join(', ')}` : '';
}

/** The number that an answer holds. */
function riskIn(answer) {
  const numbers = [];
  const look = (value) => {
    if (typeof value === 'number') numbers.push(value);
    else if (value && typeof value === 'object') Object.values(value).forEach(look);
  };
  look(answer);
  const [risk] = numbers;
  if (!(risk >= 0 && risk <= 1)) throw new Error('its answer holds no number from 0 to 1');
  return risk;
}

const authorization = (key) => (key ? { authorization: `Bearer ${key}` } : {});

/** Open Inference Protocol: a tensor of one number for each feature. */
async function askTensors(url, key, features) {
  const inputs = Object.entries(features).map(([name, value]) => ({
    name,
    datatype: 'FP32',
    shape: [1],
    data: [value],
  }));
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization(key) },
    body: JSON.stringify({ inputs }),
    signal: AbortSignal.timeout(kAnswerMs),
  });
  const body = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new Error(body?.error ?? `HTTP ${answer.status}`);
  return riskIn(body?.outputs?.[0]?.data);
}

/** MCP: the server's only tool, with the features as arguments. */
async function askTool(url, key, features) {
  const client = new Client({ name: 'bank', version: '1.0.0' });
  const options = { timeout: kAnswerMs };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: authorization(key) },
  });
  try {
    await client.connect(transport, options);
    const { tools } = await client.listTools(undefined, options);
    if (tools.length !== 1) throw new Error(`it has ${tools.length} tools where one is wanted`);
    const call = { name: tools[0].name, arguments: features };
    const { structuredContent, content, isError } = await client.callTool(call, undefined, options);
    if (isError) throw new Error(content[0]?.text ?? 'it answered an error');
    return riskIn(structuredContent ?? JSON.parse(content[0].text));
  } finally {
    await client.close();
  }
}
