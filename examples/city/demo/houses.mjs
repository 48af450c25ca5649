// Starts the five houses that serve, each its own process on a free port, under one seed.

import { fileURLToPath } from 'node:url';
import { Child } from './processes.mjs';

const kStartMs = 20_000;

/** The houses that are joined by their URL. */
export const houses = ['clinic', 'bank', 'table', 'taxi', 'chat'];
/** What a house listens to, where its protocol has no place to look it up. */
export const detailsOf = {
  taxi: fileURLToPath(new URL('../taxi/taxi.yaml', import.meta.url)),
};
/** Those whose models are trained and deployed (learning.mjs). */
export const learned = ['fraud', 'meter'];
/** Everything that is called. */
export const solutions = [...houses, ...learned];

/** @returns {Promise<{name: string, url: string, child: Child}>} */
async function startHouse(name, { seed, riskUrl, keep }) {
  const program = fileURLToPath(new URL(`../${name}/${name}.mjs`, import.meta.url));
  // The chat answers by its rules here, so that answers can be compared word by word.
  const env = { CHAT_UPSTREAM_URL: '', RISK_URL: riskUrl };
  const child = keep(
    new Child(process.execPath, [program, '--port', '0', '--seed', seed], { env }),
  );
  const line = await child.nextLine(kStartMs);
  const url = line.match(/ listening on ((?:http|mqtt):\/\/\S+)/)?.[1];
  if (!url) throw new Error(`${name} said \`${line}\` where it should say where it listens`);
  return { name, url, child };
}

/**
 * All houses by name; `keep` is told of every process. The bank asks `riskUrl` before payments; what
 * answers there is not its business.
 */
export async function startHouses(options) {
  const started = await Promise.all(houses.map((name) => startHouse(name, options)));
  return Object.fromEntries(started.map((house) => [house.name, house]));
}
