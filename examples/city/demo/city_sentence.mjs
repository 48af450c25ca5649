// The city's sentence: three wishes that one person has, over A2A, MQTT and MCP, and what came of
// them at the houses themselves.

import assert from 'node:assert/strict';
import { createClock } from '../lib/clock.mjs';
import { run } from './processes.mjs';
import { withBank } from './truth.mjs';

export const kSentence =
  "I have had a fever since yesterday, book me a doctor near Jing'an this afternoon, " +
  'get me a taxi there and pay for it';

const inFen = (yuan) => Math.round(yuan * 100);

/** What was paid to whom, by the bank's own books. */
const paid = ({ houses }, account, payee) =>
  withBank(houses.bank.url, async (call) => {
    const { entries } = await call('statement', { account, limit: 200 });
    return entries.filter((entry) => entry.text === `To ${payee}`);
  });

/** An account that the payments before have left alone. */
const accountFor = ({ houses, truth }) =>
  withBank(houses.bank.url, async (call) => {
    const { accounts } = await call('accounts');
    const used = truth.bank.parameters.account;
    return accounts.find(({ id }) => id !== used).id;
  });

/** Says it, with the answers that it takes: from which account, and yes. */
export async function citySentence(city) {
  const { hub } = city;
  const account = await accountFor(city);
  const now = createClock().iso().slice(0, 16);
  const answers = [account, 'yes', 'yes'].flatMap((answer) => ['--answer', answer]);
  console.log(`$ weft ask "${kSentence}" --now ${now}`);
  const before = await paid(city, account, 'City Taxi');
  const { code, text } = await run(hub.weft, ['ask', kSentence, ...answers, '--now', now], {
    env: hub.env,
  });
  console.log(text.replace(/^/gm, '  '));
  assert.equal(code, 0, `weft ask ended with ${code}`);
  const booked = text.match(/Booked for .* at (.+?), (.+)\. Reference/);
  assert.ok(booked, 'no doctor was booked');
  const [, clinic, address] = booked;
  assert.match(clinic, /^Jing'an/);
  const ride = text.match(/drives to (.+) for (\d+) CNY/);
  assert.ok(ride, 'no taxi was ordered');
  assert.equal(ride[1], address, `the taxi goes to ${ride[1]} and not to the clinic`);
  const after = await paid(city, account, 'City Taxi');
  assert.equal(after.length - before.length, 1, 'not paid once');
  assert.equal(inFen(-after.at(-1).amount), inFen(Number(ride[2])), 'another amount was paid');
  return `a doctor at ${clinic}, a taxi there without being told the address, ${ride[2]} CNY paid once`;
}
