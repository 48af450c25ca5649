// A hub with the upstreams a test asks for, each joined under its name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startA2aAgent } from '../upstreams/a2a_agent.mjs';
import { openJournal } from '../upstreams/journal.mjs';
import { startMcpV1 } from '../upstreams/mcp_v1.mjs';
import { startMcpV2 } from '../upstreams/mcp_v2.mjs';
import { startOpenAiModel } from '../upstreams/openai_model.mjs';
import { kApiKey, kBearer, startRestService } from '../upstreams/rest_service.mjs';
import { startHub } from './weft.mjs';

const kStdio = join(dirname(fileURLToPath(import.meta.url)), '../upstreams/mcp_stdio.mjs');

async function startStdio(era) {
  const folder = mkdtempSync(join(tmpdir(), 'weft-journal-'));
  const file = join(folder, 'journal');
  const close = async () => rmSync(folder, { recursive: true, force: true });
  const add = [undefined, '--', process.execPath, kStdio, era, file];
  return { journal: openJournal(file), close, add };
}

async function startShelf() {
  const service = await startRestService();
  const document = `${service.url}/openapi.json`;
  const credentials = ['--bearer', '${SHELF_TOKEN}', '--header', `X-Api-Key=${kApiKey}`];
  return { ...service, add: [document, ...credentials] };
}

// Name of the solution -> how its upstream starts. `add` is what `weft add` gets; else the URL.
const kStarters = {
  shop: () => startMcpV1(),
  bazaar: () => startMcpV2({ legacy: 'reject' }),
  kiosk: () => startStdio('v1'),
  stall: () => startStdio('v2'),
  diary: () => startA2aAgent(),
  ledger: () => startA2aAgent({ versions: ['0.3'] }),
  oracle: () => startOpenAiModel(),
  shelf: () => startShelf(),
};

export const kEverySolution = Object.keys(kStarters);

/// {hub, up: {name: upstream}, close()}.
export async function startWorld(names = kEverySolution) {
  process.env.SHELF_TOKEN = kBearer;
  const up = {};
  let hub;
  const close = async () => {
    await hub?.close();
    await Promise.all(Object.values(up).map((upstream) => upstream.close()));
  };
  try {
    hub = await startHub();
    for (const name of names) {
      up[name] = await kStarters[name]();
      const [what, ...more] = up[name].add ?? [up[name].url];
      await hub.add(what, name, ...more);
    }
  } catch (e) {
    await close();
    throw e;
  }
  return { hub, up, close };
}
