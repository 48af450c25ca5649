#!/usr/bin/env node
// Runs the MCP conformance suite against conformance_server, directly and (with --weft PATH)
// through weft, and compares them scenario by scenario. Ends 0 only when the direct run passes
// everything and weft scores no scenario lower.
//   node conformance.mjs [--weft PATH] [--requirements 2025-11-25] [--verbose]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { firstLine, run, start } from './lib/proc.mjs';
import { startHub } from './lib/weft.mjs';

const kHere = dirname(fileURLToPath(import.meta.url));
const kSuiteMs = 180_000;
const kCounted = ['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO'];
const require = createRequire(import.meta.url);

function suiteProgram() {
  const manifest = require.resolve('@modelcontextprotocol/conformance/package.json');
  return join(dirname(manifest), 'dist/index.js');
}

/// checks.json of every scenario below `folder`: name -> checks.
function readChecks(folder) {
  const scenarios = new Map();
  for (const entry of readdirSync(folder).sort()) {
    const name = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(entry)?.[1];
    if (!name) throw new Error(`unexpected result folder ${entry}`);
    scenarios.set(name, JSON.parse(readFileSync(join(folder, entry, 'checks.json'), 'utf8')));
  }
  return scenarios;
}

function count(checks) {
  const sum = Object.fromEntries(kCounted.map((status) => [status, 0]));
  for (const check of checks) sum[check.status]++;
  return sum;
}

async function runSuite(url, requirements) {
  const folder = mkdtempSync(join(tmpdir(), 'weft-conformance-'));
  try {
    const args = [
      suiteProgram(),
      'server',
      '--url',
      url,
      '--requirements',
      requirements,
      '-o',
      folder,
    ];
    const r = await run(process.execPath, args, { ms: kSuiteMs });
    const scenarios = readChecks(folder);
    if (scenarios.size === 0) throw new Error(`the suite wrote no results: ${r.out}${r.err}`);
    return { code: r.code, scenarios };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const failures = (checks) => checks.filter((c) => c.status === 'FAILURE' || c.status === 'WARNING');

/// Lower means: fewer successes, more failures or more warnings than direct.
function isLower(direct, through) {
  const [a, b] = [count(direct), count(through ?? [])];
  return b.SUCCESS < a.SUCCESS || b.FAILURE > a.FAILURE || b.WARNING > a.WARNING;
}

const cell = (checks) => {
  if (!checks) return 'missing';
  const { SUCCESS, FAILURE, WARNING } = count(checks);
  return (
    `${SUCCESS} ok` +
    (FAILURE ? `, ${FAILURE} failed` : '') +
    (WARNING ? `, ${WARNING} warned` : '')
  );
};

function printRow(name, direct, through, verdict) {
  console.log(`${name.padEnd(34)} ${direct.padEnd(14)} ${through.padEnd(24)} ${verdict}`);
}

function printReasons(checks, verbose) {
  for (const check of failures(checks ?? [])) {
    console.log(`    ${check.id}: ${check.errorMessage ?? check.description}`);
    if (verbose) console.log(`    ${JSON.stringify(check.details)}`);
  }
}

function compare(direct, through, verbose) {
  printRow('scenario', 'direct', through ? 'through weft' : '', '');
  let lower = 0;
  for (const [name, checks] of direct.scenarios) {
    const other = through?.scenarios.get(name);
    const worse = through && isLower(checks, other);
    if (worse) lower++;
    printRow(name, cell(checks), through ? cell(other) : '', worse ? 'LOWER' : '');
    printReasons(checks, verbose);
    if (worse) printReasons(other, verbose);
  }
  return lower;
}

async function throughWeft(program, upstream, requirements) {
  const hub = await startHub({ program });
  try {
    await hub.add(upstream, 'conformance');
    return await runSuite(`${hub.url}/mcp/conformance`, requirements);
  } finally {
    await hub.close();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      weft: { type: 'string' },
      requirements: { type: 'string', default: '2025-11-25' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const server = start(process.execPath, [join(kHere, 'conformance_server/server.mjs')]);
  try {
    const url = await firstLine(server, /http:\/\/\S+/);
    const direct = await runSuite(url, values.requirements);
    const program = values.weft && resolve(values.weft);
    const through = program && (await throughWeft(program, url, values.requirements));
    const lower = compare(direct, through, values.verbose);
    const broken = [...direct.scenarios.values()].filter((c) => failures(c).length > 0).length;
    const total = direct.scenarios.size;
    console.log(`direct: ${total - broken} of ${total} scenarios clean`);
    if (through) console.log(`weft: ${total - lower} of ${total} score as high as direct`);
    return direct.code === 0 && broken === 0 && lower === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

process.exit(await main());
