// Starts the four houses, each its own process on a free port, under one seed.

import { fileURLToPath } from 'node:url';
import { Child } from './processes.mjs';

const kStartMs = 20_000;

/** The houses, and the URL by which each is joined. */
export const solutions = ['clinic', 'bank', 'table', 'chat'];

/** @returns {Promise<{name: string, url: string, child: Child}>} */
async function startHouse(name, seed, keep) {
  const program = fileURLToPath(new URL(`../${name}/${name}.mjs`, import.meta.url));
  // The chat answers by its rules here, so that answers can be compared word by word.
  const env = { CHAT_UPSTREAM_URL: '' };
  const child = keep(
    new Child(process.execPath, [program, '--port', '0', '--seed', seed], { env }),
  );
  const line = await child.nextLine(kStartMs);
  const url = line.match(/ listening on (http:\/\/\S+)/)?.[1];
  if (!url) throw new Error(`${name} said \`${line}\` where it should say where it listens`);
  return { name, url, child };
}

/** All houses by name; `keep` is told of every process. */
export async function startHouses(seed, keep) {
  const started = await Promise.all(solutions.map((name) => startHouse(name, seed, keep)));
  return Object.fromEntries(started.map((house) => [house.name, house]));
}
