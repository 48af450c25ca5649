// A payment that no customer makes: nearly all that an account holds, to somebody new, after others
// on the same morning. The bank asks the fraud model, and then wants a person's look.

import assert from 'node:assert/strict';
import * as mcp2025 from './callers/mcp_2025.mjs';
import { risksOf } from './learning.mjs';
import { run } from './processes.mjs';
import { withBank } from './truth.mjs';

const kPayee = 'Lucky Prize Office';
const kShare = 0.85;
/** The bank says two digits, and its clock may have gone on by a minute. */
const kNear = 0.011;

const inFen = (yuan) => Math.round(yuan * 100);

const balanceOf = ({ houses }, account) =>
  withBank(houses.bank.url, async (call) => inFen((await call('balance', { account })).balance));

/** The payment, and what XGBoost itself says of it, from the bank's statement alone. */
async function prepare(city) {
  const { account } = city.truth.bank.parameters;
  const [{ balance, as_of: now }, { entries }] = await withBank(city.houses.bank.url, (call) =>
    Promise.all([call('balance', { account }), call('statement', { account, limit: 200 })]),
  );
  const paid = entries.filter((entry) => entry.amount < 0);
  const amounts = paid.map((entry) => -entry.amount).sort((a, b) => a - b);
  const amount = inFen(balance * kShare) / 100;
  const [hours, minutes] = now.slice(11, 16).split(':').map(Number);
  const [risk] = await risksOf(city.hub, [
    {
      amount,
      hour: hours + minutes / 60,
      new_payee: paid.some((entry) => entry.text.includes(kPayee)) ? 0 : 1,
      own_account: 0,
      balance_share: amount / balance,
      times_usual: amount / amounts[amounts.length >> 1],
      paid_today: paid.filter((entry) => entry.day === now.slice(0, 10)).length,
    },
  ]);
  return { account, amount, risk };
}

/** Fails unless the question says who has to look, and what XGBoost itself says of the risk. */
function checkQuestion(question, risk) {
  assert.match(question, /This payment needs a person's look: the risk check says \d\.\d\d/);
  const said = Number(question.match(/says (\d\.\d\d)/)[1]);
  assert.ok(Math.abs(said - risk) <= kNear, `the bank heard ${said}, XGBoost says ${risk}`);
}

/** A client that confirms whatever it is asked. */
export async function nobodyLooked(city) {
  const { account, amount, risk } = await prepare(city);
  const before = await balanceOf(city, account);
  const asked = [];
  const client = await mcp2025.connect(`${city.hub.url}/mcp`, ({ message }) => {
    asked.push(message);
    return { action: 'accept', content: { confirm: true } };
  });
  const payment = { from: account, to: kPayee, amount };
  const result = await client
    .callTool({ name: 'bank__pay', arguments: payment })
    .finally(() => client.close());
  const [{ text }] = result.content;
  assert.equal(asked.length, 1, `asked ${asked.length} times instead of once: ${text}`);
  checkQuestion(asked[0], risk);
  assert.ok(result.isError, 'the payment was made');
  assert.match(text, /nobody looked/);
  assert.equal(before - (await balanceOf(city, account)), 0, 'money moved');
  return `asked «${asked[0]}», confirmed unseen, nothing moved`;
}

/** The same from the command line, where it waits as a task until a person has looked. */
export async function lookedAt(city) {
  const { account, amount, risk } = await prepare(city);
  const before = await balanceOf(city, account);
  const weft = (...words) => run(city.hub.weft, words, { env: city.hub.env });
  const payment = [`from=${account}`, `to=${kPayee}`, `amount=${amount}`];
  const called = await weft('call', 'bank/pay', ...payment);
  assert.equal(called.code, 4, `weft call ended with ${called.code} instead of 4: ${called.text}`);
  checkQuestion(called.text, risk);
  assert.equal(await balanceOf(city, account), before, 'money moved before anybody looked');
  const [, task] = called.text.match(/as task (\S+)/);
  const answered = await weft('task', 'answer', task, 'confirm=true', 'looked=true');
  assert.equal(answered.code, 0, `weft task answer ended with ${answered.code}: ${answered.text}`);
  const moved = before - (await balanceOf(city, account));
  assert.equal(moved, inFen(amount), `${moved} fen moved`);
  return `waited as task ${task}; looked at and confirmed, ${amount} CNY moved`;
}
