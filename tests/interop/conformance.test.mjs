// The MCP conformance suite through weft scores what it scores directly.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './lib/proc.mjs';
import { weftProgram } from './lib/weft.mjs';

const kRunner = join(dirname(fileURLToPath(import.meta.url)), 'conformance.mjs');

for (const requirements of ['2025-11-25', '2026-07-28']) {
  test(`MCP ${requirements} conformance through weft equals direct`, async () => {
    const args = [kRunner, '--weft', weftProgram(), '--requirements', requirements];
    const r = await run(process.execPath, args, { ms: 240_000 });
    assert.equal(r.code, 0, r.out + r.err);
  });
}
