// The demonstration: seven houses, one hub, and every official SDK calling every house through it.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import * as a2a from './callers/a2a.mjs';
import * as mcp2025 from './callers/mcp_2025.mjs';
import * as mcp2026 from './callers/mcp_2026.mjs';
import * as openai from './callers/openai.mjs';
import { pythonCaller } from './callers/python.mjs';
import * as rest from './callers/rest.mjs';
import { Board } from './board.mjs';
import { crossings } from './crossings.mjs';
import { citySentence } from './city_sentence.mjs';
import { detailsOf, houses as served, learned, solutions, startHouses } from './houses.mjs';
import { startHub } from './hub.mjs';
import { learn, readLearnedTruth } from './learning.mjs';
import { readOptions } from './options.mjs';
import { say } from './saying.mjs';
import { corrupt, lacking, questions, readTruth } from './truth.mjs';
import { nextSteps } from './next_steps.mjs';

const kCallMs = 15_000;

const callers = {
  openai,
  'mcp-2025': mcp2025,
  'mcp-2026': mcp2026,
  a2a,
  rest,
  'openai-python': pythonCaller('openai (Python)', 'openai_python.py'),
  'mcp-python': pythonCaller('MCP (Python)', 'mcp_python.py'),
};

/** Fails a call that takes too long, whatever its SDK does. */
function withinTime(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks one solution through one caller and checks the answer. */
async function fillCell(session, solution, truth, spoil) {
  const { values } = truth;
  try {
    await withinTime(session.prepare(solution), kCallMs);
    const began = performance.now();
    const got = await withinTime(session[solution](truth), kCallMs);
    const { text, ms } =
      typeof got === 'string' ? { text: got, ms: performance.now() - began } : got;
    const answer = spoil ? corrupt(text) : text;
    const missing = lacking(answer, values);
    return { ok: values.length > 0 && missing.length === 0, ms, answer, values, missing };
  } catch (error) {
    const cause = error.cause ? ` (${error.cause.message ?? error.cause})` : '';
    return { ok: false, error: `${error.message}${cause}`, values, missing: values };
  }
}

async function fillBoard(city, options) {
  const keys = Object.keys(callers).filter((key) => !options.only || key === options.only);
  const board = new Board(
    solutions,
    keys.map((key) => ({ key, title: callers[key].title })),
  );
  const results = [];
  board.begin();
  for (const caller of keys) {
    const session = await callers[caller].open(city.hub).catch((error) => ({
      prepare: () => Promise.reject(error),
      close: async () => {},
    }));
    for (const solution of solutions) {
      const spoil = options.corrupt === `${caller}:${solution}`;
      const cell = await fillCell(session, solution, city.truth[solution], spoil);
      board.set(caller, solution, cell);
      results.push({ caller, solution, question: city.truth[solution].text, ...cell });
    }
    await session.close();
  }
  board.finish();
  return results;
}

async function cross(city) {
  const results = [];
  console.log('\nConversations across protocols');
  for (const { title, run } of crossings) {
    const began = performance.now();
    const outcome = await withinTime(run(city), kCallMs).then(
      (said) => ({ ok: true, said }),
      (error) => ({ ok: false, said: error.message.split('\n')[0] }),
    );
    const ms = performance.now() - began;
    console.log(`${outcome.ok ? '✓' : '✗'} ${title.padEnd(36)} ${outcome.said}`);
    results.push({ title, ms, ...outcome });
  }
  return results;
}

/** One sentence for three houses, in the person's own words. */
async function sayItAll(city) {
  const title = 'One sentence, three houses';
  console.log(`\n${title}`);
  const began = performance.now();
  const outcome = await citySentence(city).then(
    (said) => ({ ok: true, said }),
    (error) => ({ ok: false, said: error.message }),
  );
  console.log(`${outcome.ok ? '✓' : '✗'} ${outcome.said}`);
  return { title, ms: performance.now() - began, ...outcome };
}

/** Says for each wrong cell what was expected and what came. */
function explain(cells) {
  for (const cell of cells.filter((c) => !c.ok)) {
    console.log(`\n✗ ${cell.caller} → ${cell.solution}: «${cell.question}»`);
    console.log(`  expected ${cell.values.map((v) => JSON.stringify(v)).join(', ')}`);
    if (cell.error) console.log(`  failed   ${cell.error}`);
    else console.log(`  came     ${cell.answer}\n  lacking  ${cell.missing.join(', ')}`);
  }
}

const indented = (text) => text.replace(/^/gm, '  ');

/** Starts the city, joins it, lets it learn and asks everything. */
async function demonstrate(options, keep) {
  const seed = options.seed ?? randomBytes(4).toString('hex');
  console.log(`city under seed ${seed}`);
  const hub = await startHub(options.weft, keep);
  Object.assign(hub, { keep, timeoutMs: kCallMs });
  const riskUrl = `${hub.url}/v2/models/fraud/infer`;
  const houses = await startHouses({ seed, riskUrl, keep });
  const draw = questions(seed);
  const truth = await readTruth(houses, draw);
  console.log(`weft ready on ${hub.url} in ${hub.readyMs.toFixed(0)} ms`);
  console.log(`the bank asks ${riskUrl} before each payment\n`);
  for (const name of served) {
    const details = detailsOf[name];
    const more = details ? ` --details ${relative(process.cwd(), details)}` : '';
    console.log(`$ weft add ${houses[name].url} --as ${name}${more}`);
    console.log(indented(await hub.add(name, houses[name].url, details)));
  }
  const lessons = await learn(hub, seed);
  for (const name of learned) {
    console.log(`$ AWS_ENDPOINT_URL=${hub.url} ${lessons[name].command}`);
    console.log(indented(lessons[name].printed));
  }
  Object.assign(truth, await readLearnedTruth(hub, seed, draw));
  console.log('');
  const city = { hub, houses, truth, lessons };
  if (options.say !== undefined) {
    return { ok: await say(hub, options.say, options.answer ?? []), city };
  }
  const cells = await fillBoard(city, options);
  const conversations = options.only ? [] : await cross(city);
  if (!options.only) conversations.push(await sayItAll(city));
  const ok = [...cells, ...conversations].every((result) => result.ok);
  explain(cells);
  const right = cells.filter((c) => c.ok).length;
  const talked = conversations.filter((c) => c.ok).length;
  console.log(
    `\n${right} of ${cells.length} calls and ${talked} of ${conversations.length} ` +
      `conversations right (seed ${seed})`,
  );
  if (options.json) {
    writeFileSync(options.json, `${JSON.stringify({ seed, ok, cells, conversations }, null, 2)}\n`);
  }
  return { ok, city };
}

async function main() {
  const options = readOptions(Object.keys(callers), solutions);
  const kept = [];
  const keep = (thing) => (kept.push(thing), thing);
  const stopAll = async (code) => {
    for (const thing of kept.reverse()) await thing.stop();
    process.exit(code);
  };
  let leaving;
  // What is being stopped may make a call fail, which is no second reason to leave.
  const leave = (code) => (leaving ??= stopAll(code));
  process.once('SIGINT', () => leave(130));
  process.once('SIGTERM', () => leave(143));
  try {
    const { ok, city } = await demonstrate(options, keep);
    if (options.once) await leave(ok ? 0 : 1);
    console.log(nextSteps(city));
  } catch (error) {
    console.error(`demo: ${error.message}`);
    await leave(1);
  }
}

await main();
