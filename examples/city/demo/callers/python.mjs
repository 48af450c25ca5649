// Runs a Python caller beside the JavaScript ones: a line out for each question, a line back.

import { fileURLToPath } from 'node:url';
import { Child, python } from '../processes.mjs';
import { solutions } from '../houses.mjs';

const kStartMs = 30_000;

/** A caller module for the Python program `file`. */
export function pythonCaller(title, file) {
  const program = fileURLToPath(new URL(file, import.meta.url));
  return { title, open: (hub) => open(hub, program) };
}

async function open(hub, program) {
  const child = hub.keep(
    new Child(python, ['-u', program, hub.url], { env: { PYTHONWARNINGS: 'ignore' } }),
  );
  await child.nextLine(kStartMs);
  const ask = async (solution, question) => {
    const line = child.nextLine(hub.timeoutMs * 2);
    child.process.stdin.write(`${JSON.stringify({ solution, question })}\n`);
    const { text, ms, error } = JSON.parse(await line);
    if (error) throw new Error(error);
    return { text, ms };
  };
  const functions = solutions.map((name) => [name, (question) => ask(name, question)]);
  return { prepare: async () => {}, ...Object.fromEntries(functions), close: () => child.stop() };
}
