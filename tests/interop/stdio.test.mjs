// `weft mcp`: the hub over stdin and stdout, for MCP clients that start their servers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { mcpText, mcpV1, mcpV2 } from './lib/clients.mjs';
import { until } from './lib/deadline.mjs';
import { weftProgram } from './lib/weft.mjs';
import { startWorld } from './lib/world.mjs';

const kKinds = [
  ['v1', StdioV1, mcpV1, (options) => [undefined, options]],
  ['v2', StdioV2, mcpV2, (options) => [options]],
];

describe('weft mcp', () => {
  let world;
  before(async () => {
    world = await startWorld(['shop', 'diary', 'shelf', 'kiosk']);
  });
  after(() => world?.close());

  for (const [era, Transport, open, at] of kKinds) {
    const connect = (options) => {
      const env = { ...process.env, ...world.hub.env };
      const transport = new Transport({ command: weftProgram(), args: ['mcp'], env });
      return open(undefined, { ...options, transport });
    };

    test(
      `${era}: every solution's skills are listed and callable`,
      { timeout: 30_000 },
      async () => {
        const client = await connect();
        const names = (await client.listTools()).tools.map((t) => t.name);
        for (const name of ['shop__add', 'diary__talk', 'shelf__getItem', 'kiosk__echo']) {
          assert.ok(names.includes(name), `${name} in ${names}`);
        }
        const sum = await client.callTool({ name: 'shop__add', arguments: { a: 1, b: 2 } });
        assert.deepEqual(sum.structuredContent, { sum: 3 });
        const said = await client.callTool({
          name: 'diary__talk',
          arguments: { message: 'echo ho' },
        });
        assert.equal(mcpText(said), 'ho');
        await client.close();
      },
    );

    test(`${era}: progress, questions and cancel cross it`, { timeout: 30_000 }, async () => {
      const onAsk = async () => ({ action: 'accept', content: { confirm: true } });
      const client = await connect({ onAsk });
      const seen = [];
      const onprogress = ({ progress }) => seen.push(progress);
      await client.callTool(
        { name: 'shop__count', arguments: { steps: 3 } },
        ...at({ onprogress }),
      );
      assert.deepEqual(seen, [1, 2, 3]);
      const paid = await client.callTool({ name: 'shop__pay', arguments: { amount: 1 } });
      assert.equal(mcpText(paid), 'paid 1');
      const { journal } = world.up.shop;
      const before = journal.all('slow cancelled').length;
      const stop = new AbortController();
      const slow = client.callTool(
        { name: 'shop__slow', arguments: {} },
        ...at({ signal: stop.signal }),
      );
      slow.catch(() => {});
      await journal.wait('slow started', 5000, journal.all('slow started').length + 1);
      stop.abort();
      await journal.wait('slow cancelled', 1000, before + 1);
      await client.close();
    });
  }

  test(
    'a child process joined over stdio is ended with the hub',
    { timeout: 30_000 },
    async (t) => {
      const own = await startWorld(['kiosk']);
      t.after(() => own.close());
      const [{ pid }] = own.up.kiosk.journal.all('started');
      process.kill(pid, 0);
      await own.hub.process.stop();
      await until(3000, 'the end of the child', async () => {
        try {
          process.kill(pid, 0);
        } catch (e) {
          return e.code === 'ESRCH';
        }
        return false;
      });
    },
  );
});
