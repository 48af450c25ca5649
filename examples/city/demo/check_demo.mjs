// Checks the demonstration: all right as it is, and failing when one answer is spoiled.
// Usage: check_demo.mjs --weft PROGRAM

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run } from './processes.mjs';

const { weft } = parseArgs({ options: { weft: { type: 'string' } } }).values;
const program = fileURLToPath(new URL('demo.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'weft-demo-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the demonstration and gives its exit code, its words and its report. */
async function demo(env = {}, ...args) {
  const file = join(folder, `${randomUUID()}.json`);
  const all = [program, '--weft', weft, '--once', '--json', file, ...args];
  const { code, text } = await run(process.execPath, all, { env });
  const report = code === null ? undefined : JSON.parse(readFileSync(file, 'utf8'));
  return { code, text, report };
}

test('every caller is rightly answered by every solution', async () => {
  const { code, text, report } = await demo();
  assert.equal(code, 0, text);
  assert.equal(report.cells.length, 49);
  assert.equal(report.conversations.length, 11);
});

test('a bank that lets every payment pass is found out', async () => {
  const { code, text, report } = await demo({ RISK_THRESHOLD: '1' });
  assert.equal(code, 1, text);
  const wrong = report.conversations.filter((each) => !each.ok);
  assert.deepEqual(
    wrong.map((each) => each.title),
    ['The bank stops a payment', 'A person looks at it'],
  );
});

test('one spoiled answer fails, and is named with what was expected', async () => {
  const { code, text, report } = await demo({}, '--only', 'openai', '--corrupt', 'openai:bank');
  assert.equal(code, 1, text);
  const wrong = report.cells.filter((cell) => !cell.ok);
  assert.deepEqual(
    wrong.map((cell) => `${cell.caller}:${cell.solution}`),
    ['openai:bank'],
  );
  assert.match(text, /expected \d+\.?\d*, "acc-/);
  assert.match(text, /lacking {2}\d+\.?\d*, acc-/);
});
