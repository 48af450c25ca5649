// The demonstration's options.

import { parseArgs } from 'node:util';

const kUsage = `usage: demo.mjs --weft PROGRAM [--once] [--json FILE] [--seed SEED]
                [--only CALLER] [--corrupt CALLER:SOLUTION]
                [--say TEXT [--answer TEXT]…]

  --weft PROGRAM     the hub to demonstrate
  --once             show the table and end: 0 when every answer was right, else 1
  --json FILE        write everything that was asked and answered
  --seed SEED        draw this city again instead of a new one
  --only CALLER      let one caller call
  --corrupt CALLER:SOLUTION   spoil one answer before it is checked, to see the check work
  --say TEXT         no table: say this to the concierge of the city, on the city's clock
  --answer TEXT      the answer to its next question; without one it waits`;

/** Reads the options, or says what is wrong and ends with 2. */
export function readOptions(callers, solutions) {
  try {
    const { values } = parseArgs({
      options: {
        weft: { type: 'string' },
        once: { type: 'boolean' },
        json: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        corrupt: { type: 'string' },
        say: { type: 'string' },
        answer: { type: 'string', multiple: true },
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      console.log(kUsage);
      process.exit(0);
    }
    if (!values.weft) throw new Error('--weft is missing');
    if (values.answer && values.say === undefined) throw new Error('--answer is for --say');
    check('--only', values.only, callers);
    const [caller, solution, more] = values.corrupt?.split(':') ?? [];
    if (values.corrupt !== undefined) {
      check('--corrupt', caller, callers);
      check('--corrupt', more === undefined ? (solution ?? '') : values.corrupt, solutions);
    }
    return values;
  } catch (error) {
    console.error(`demo: ${error.message}\n\n${kUsage}`);
    return process.exit(2);
  }
}

function check(option, value, known) {
  if (value === undefined || known.includes(value)) return;
  throw new Error(`${option}: there is no \`${value}\`; there are ${known.join(', ')}`);
}
