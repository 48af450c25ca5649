// A sentence to the concierge of the city's hub.

import { createClock } from '../lib/clock.mjs';
import { run } from './processes.mjs';

/** Says it on the city's clock and shows what comes of it: whether all was done. */
export async function say(hub, text, answers) {
  const now = createClock().iso().slice(0, 16);
  const words = answers.flatMap((answer) => ['--answer', answer]);
  console.log(`$ weft ask '${text}' --now ${now}`);
  const asked = await run(hub.weft, ['ask', text, ...words, '--now', now], { env: hub.env });
  console.log(asked.text);
  return asked.code === 0;
}
