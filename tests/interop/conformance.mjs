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
const kServers = {
  '2025-11-25': 'conformance_server/server.mjs',
  '2026-07-28': 'conformance_server/modern_server.mjs',
};
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

/// The scenarios that the revision requires of a server; the suite runs some more, unscored.
async function requiredScenarios(requirements) {
  const r = await run(process.execPath, [suiteProgram(), 'list', '--requirements', requirements]);
  const server = /Server scenarios[^\n]*\n([\s\S]*?)\n\n/.exec(r.out);
  if (!server) throw new Error(`the suite lists no server scenarios: ${r.out}${r.err}`);
  return new Set(server[1].split('\n').map((line) => line.replace(/^\s*- /, '')));
}

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
  const row = [name.padEnd(44), direct.padEnd(16), through.padEnd(26), verdict];
  console.log(row.join(' ').trimEnd());
}

function printReasons(checks, verbose) {
  for (const check of failures(checks ?? [])) {
    console.log(`    ${check.id}: ${check.errorMessage ?? check.description}`);
    if (verbose) console.log(`    ${JSON.stringify(check.details)}`);
  }
}

/// Prints the table; counts required scenarios that fail directly and those where weft is lower.
function compare(direct, through, required, verbose) {
  printRow('scenario', 'direct', through ? 'through weft' : '', '');
  const result = { broken: 0, lower: 0 };
  for (const name of required) {
    const [here, there] = [direct.scenarios.has(name), !through || through.scenarios.has(name)];
    if (here && there) continue;
    if (!here) result.broken++;
    if (!there) result.lower++;
    printRow(name, here ? '' : 'missing', there ? '' : 'missing', here ? 'LOWER' : 'BROKEN');
  }
  for (const [name, checks] of direct.scenarios) {
    const other = through?.scenarios.get(name);
    const clean = failures(checks).length === 0;
    const lower = Boolean(through) && isLower(checks, other);
    const broken = !clean && required.has(name);
    if (lower) result.lower++;
    if (broken) result.broken++;
    const verdict = lower ? 'LOWER' : clean ? '' : broken ? 'BROKEN' : '(unscored)';
    printRow(name, cell(checks), through ? cell(other) : '', verdict);
    if (broken) printReasons(checks, verbose);
    if (lower) printReasons(other, verbose);
  }
  return result;
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
  const program = kServers[values.requirements];
  if (!program) throw new Error(`no server for ${values.requirements}`);
  const server = start(process.execPath, [join(kHere, program)]);
  try {
    const url = await firstLine(server, /http:\/\/\S+/);
    const direct = await runSuite(url, values.requirements);
    const weft = values.weft && resolve(values.weft);
    const through = weft && (await throughWeft(weft, url, values.requirements));
    const required = await requiredScenarios(values.requirements);
    const { broken, lower } = compare(direct, through, required, values.verbose);
    console.log(`direct: ${required.size - broken} of ${required.size} required scenarios clean`);
    if (through) console.log(`weft: ${lower} scenarios lower than direct`);
    return broken === 0 && lower === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

process.exit(await main());
