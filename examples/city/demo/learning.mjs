// The houses that learn: each is started as a person starts it, trains its model through SageMaker's
// API with boto3 and deploys it. What it learned is a solution by then; nobody joins it.

import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import { hash32 } from '../lib/random.mjs';
import { Child, python } from './processes.mjs';

const kLearnMs = 120_000;
/** The libraries themselves: Debian's, which no house uses. */
const kOraclePython = '/usr/bin/python3';
const kReading = '04817';
const kAucMin = 0.98;

/** What a person sets to point AWS's SDKs at the hub; the rest keeps them from looking elsewhere. */
const awsAt = (url) => ({
  AWS_ENDPOINT_URL: url,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  NO_PROXY: '127.0.0.1,localhost',
});

/** Runs a program to its end, with `input` on its stdin, and gives what it printed. */
async function finished(hub, command, args, input = '') {
  const child = hub.keep(new Child(command, args, { env: awsAt(hub.url) }));
  child.process.stdin.end(input);
  const timer = setTimeout(() => child.stop(), kLearnMs);
  const { code, error } = await child.ended;
  clearTimeout(timer);
  const said = error?.message ?? child.kept.join('\n');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${said}`);
  return said;
}

/** @returns {Promise<{command: string, printed: string}>} */
async function trained(hub, name, args) {
  const program = fileURLToPath(new URL(`../${name}/${name}.py`, import.meta.url));
  const printed = await finished(hub, python, [program, ...args]);
  return { command: `python3 ${name}/${name}.py ${args.join(' ')}`, printed };
}

/** Both houses at once: their jobs share the machine. By name. */
export async function learn(hub, seed) {
  const [fraud, meter] = await Promise.all([
    trained(hub, 'fraud', ['--seed', seed]),
    trained(hub, 'meter', ['--reading', kReading]),
  ]);
  return { fraud, meter };
}

/** What the libraries make of the file of a deployed model: scores of rows, or a drawn digit's. */
async function oracle(hub, name, question) {
  const program = fileURLToPath(new URL('oracle.py', import.meta.url));
  return JSON.parse(await finished(hub, kOraclePython, [program, name], JSON.stringify(question)));
}

/** How likely a fraud is, by XGBoost itself. @returns {Promise<number[]>} one for each */
export const risksOf = (hub, payments) => oracle(hub, 'fraud', payments);

/** @returns {Promise<Record<string, import('./truth.mjs').Truth>>} of the models, by solution */
export async function readLearnedTruth(hub, seed, draw) {
  const amount = draw.int(900_000, 3_000_000) / 100;
  const payment = {
    amount,
    hour: 3.5,
    new_payee: 1,
    own_account: 0,
    balance_share: 0.6,
    times_usual: amount / 200,
    paid_today: 2,
  };
  const [risks, drawn] = await Promise.all([
    risksOf(hub, [payment]),
    oracle(hub, 'meter', hash32(seed)),
  ]);
  return {
    fraud: {
      skill: 'predict',
      text: `How likely is it that a payment of ${amount} CNY at half past three is a fraud?`,
      parameters: payment,
      values: [risks],
    },
    meter: {
      skill: 'predict',
      text: `Which digit is this? (It was drawn as ${drawn.digit}.)`,
      parameters: { pictures: [drawn.picture] },
      values: [drawn.chances],
    },
  };
}

/** How the houses themselves judge what they learned. Fails when it is not good. */
export function judged({ fraud, meter }) {
  const auc = Number(fraud.printed.match(/^AUC ([0-9.]+)$/m)?.[1]);
  if (!(auc >= kAucMin)) throw new Error(`AUC ${auc}: ${fraud.printed}`);
  const read = `read ${kReading} off a meter that shows ${kReading}`;
  if (!meter.printed.includes(read)) throw new Error(`it did not read ${kReading}`);
  return `fraud: AUC ${auc} on payments it has not seen; meter: ${read}`;
}
