// Runs *.test.mjs under node:test, prints each failure, and counts a skip as a failure.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

// One file at a time: several tests measure time, and the machine may be small.
const kConcurrency = 1;
const kFileMs = 300_000;

const here = dirname(fileURLToPath(import.meta.url));
const filters = process.argv.slice(2);
const wanted = (name) => filters.length === 0 || filters.some((part) => name.includes(part));
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.mjs') && wanted(name))
  .map((name) => join(here, name));
if (files.length === 0) {
  console.error(`interop: no test file matches ${filters.join(' ')}`);
  process.exit(2);
}

const count = { passed: 0, failed: 0, skipped: 0 };
const isLeaf = (event) => event.details?.type !== 'suite';
// A mock that still streams to nobody must not hold the run up: forceExit.
const stream = run({ files, concurrency: kConcurrency, timeout: kFileMs, forceExit: true });
stream.on('test:pass', (event) => {
  if (!isLeaf(event)) return;
  if (event.skip !== undefined || event.todo !== undefined) count.skipped++;
  else count.passed++;
});
stream.on('test:fail', (event) => {
  // A suite that failed only because its tests did is not one more failure.
  if (event.details?.error?.failureType !== 'subtestsFailed') count.failed++;
});
stream.on('end', () => {
  const { passed, failed, skipped } = count;
  console.log(`interop: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || skipped > 0 || passed === 0 ? 1 : 0;
});
stream.compose(spec).pipe(process.stdout);
