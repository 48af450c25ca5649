// The MCP conformance suite through weft scores what it scores directly.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './lib/proc.mjs';
import { weftProgram } from './lib/weft.mjs';

const kRunner = join(dirname(fileURLToPath(import.meta.url)), 'conformance.mjs');

test('MCP 2025-11-25 conformance through weft equals direct', async () => {
  const r = await run(process.execPath, [kRunner, '--weft', weftProgram()], { ms: 240_000 });
  assert.equal(r.code, 0, r.out + r.err);
});
