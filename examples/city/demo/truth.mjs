// What is true in this run: read from each house directly, through its own SDK, before it joins the
// hub (of models: from their files, learning.mjs). Each solution gets a question and the values a
// right answer must contain.

import mqtt from 'mqtt';
import OpenAI from 'openai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { districtNames } from '../lib/districts.mjs';
import { random } from '../lib/random.mjs';
import * as a2a from './callers/a2a.mjs';

/**
 * @typedef {{skill: string, text: string, parameters: object,
 *   values: (string|number|number[])[]}} Truth
 * `text` is the question in plain words, `parameters` the same for programs. A list of numbers is
 * what a model computes: it stands in the answer in this order, but for what floats differ by.
 */

/** What the questions of a run are drawn with. */
export const questions = (seed) => random(seed, 'questions');

/** @returns {Promise<Record<string, Truth>>} by solution */
export async function readTruth(houses, draw) {
  const district = draw.pick(districtNames);
  return {
    clinic: await clinicTruth(houses.clinic.url, district),
    bank: await bankTruth(houses.bank.url, draw),
    table: await tableTruth(houses.table.url, district),
    taxi: await taxiTruth(houses.taxi.url, draw),
    chat: await chatTruth(houses.chat.url, draw.pick(districtNames)),
  };
}

async function clinicTruth(url, district) {
  const parameters = { district, day: 'tomorrow' };
  const client = await a2a.connect(url);
  const task = await client.sendMessage(a2a.request({ skill: 'appointments', parameters }));
  const { appointments } = a2a.dataOf(task);
  return {
    skill: 'appointments',
    parameters,
    values: appointments.map((slot) => slot.slot_id),
    text: `Which appointments are free in ${district} tomorrow?`,
  };
}

/** An MCP session with the bank itself. */
export async function withBank(url, use) {
  const client = new Client({ name: 'city-truth', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const call = async (name, args = {}) =>
    (await client.callTool({ name, arguments: args })).structuredContent;
  try {
    return await use(call);
  } finally {
    await client.close();
  }
}

/** Somebody whom this account has paid before. */
export async function knownPayee(call, account) {
  const { entries } = await call('statement', { account, limit: 200 });
  const [first] = entries.filter((entry) => entry.amount < 0);
  return first.text.replace(/^To /, '');
}

function bankTruth(url, draw) {
  return withBank(url, async (call) => {
    const { accounts } = await call('accounts');
    const account = draw.pick(accounts).id;
    const { balance } = await call('balance', { account });
    return {
      skill: 'balance',
      parameters: { account },
      values: [balance, account],
      text: `What is the balance of ${account}?`,
    };
  });
}

async function tableTruth(url, district) {
  const parameters = { district, day: 'tomorrow', party_size: 2 };
  const answer = await fetch(`${url}/restaurants?${new URLSearchParams(parameters)}`);
  const { restaurants } = await answer.json();
  return {
    skill: 'search',
    parameters,
    values: restaurants.flatMap((r) => [r.name, r.id]),
    text: `Which restaurants in ${district} have a table for two tomorrow?`,
  };
}

/** A car that stands somewhere; nobody has ordered one yet. */
async function taxiTruth(url, draw) {
  const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
  try {
    const parameters = { vehicle: `car-${String(draw.int(5, 12)).padStart(2, '0')}` };
    const said = new Promise((resolve) => client.once('message', (_, payload) => resolve(payload)));
    await client.subscribeAsync(`city/taxi/${parameters.vehicle}/position`);
    const { lat, lng, status } = JSON.parse(await said);
    return {
      skill: 'position',
      parameters,
      values: [lat, lng, status],
      text: `Where is ${parameters.vehicle}?`,
    };
  } finally {
    await client.endAsync();
  }
}

async function chatTruth(url, district) {
  const text = `Which restaurants are in ${district}?`;
  const client = new OpenAI({ baseURL: url, apiKey: 'none' });
  const [model] = (await client.models.list()).data;
  const answer = await client.chat.completions.create({
    model: model.id,
    messages: [{ role: 'user', content: text }],
  });
  return {
    skill: 'chat',
    text,
    parameters: { messages: [{ role: 'user', content: text }] },
    values: [answer.choices[0].message.content],
  };
}

const squeeze = (text) => text.replace(/\\n/g, ' ').replace(/\s+/g, ' ');

/** Single precision, and sums in whatever order. */
const kNear = 1e-5;

/** Whether the numbers hold this row, one after the other. */
const holdsRow = (numbers, row) =>
  numbers.some((_, at) => row.every((value, i) => Math.abs(numbers[at + i] - value) <= kNear));

/** The values that an answer lacks. Numbers are compared as numbers, text without its spacing. */
export function lacking(answer, values) {
  const text = squeeze(answer);
  const numbers = (text.match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? []).map(Number);
  return values.filter((value) => {
    if (Array.isArray(value)) return !holdsRow(numbers, value);
    return typeof value === 'number' ? !numbers.includes(value) : !text.includes(squeeze(value));
  });
}

const kAlphabets = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** The answer with every letter and digit changed to the next, so that no value survives. */
export function corrupt(answer) {
  return answer.replace(/[a-z0-9]/gi, (c) => {
    const alphabet = kAlphabets.find((letters) => letters.includes(c));
    return alphabet[(alphabet.indexOf(c) + 1) % alphabet.length];
  });
}
