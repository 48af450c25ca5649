// A REST service behind an OpenAPI document: every parameter place, body and credential arrives as
// the document says, whoever calls.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kCallers } from './lib/callers.mjs';
import { mcpV1, rest } from './lib/clients.mjs';
import { startWorld } from './lib/world.mjs';
import { kApiKey, kBearer } from './upstreams/rest_service.mjs';

const tool = (skill, args = {}) => ({ kind: 'tool', solution: 'shelf', skill, args });
const kEach = ['openai', 'mcp v1', 'mcp v2', 'a2a 1.0', 'rest'];

describe('an OpenAPI service', () => {
  let world;
  before(async () => {
    world = await startWorld(['shelf']);
  });
  after(() => world?.close());
  const lastRequest = (path) =>
    world.up.shelf.journal
      .all('request')
      .filter((r) => r.path.startsWith(path))
      .at(-1);

  test('its operations are tools with schemas and effects', async () => {
    const client = await mcpV1(`${world.hub.url}/mcp/shelf`);
    const { tools } = await client.listTools();
    const byName = Object.fromEntries(tools.map((t) => [t.name, t]));
    assert.deepEqual(Object.keys(byName.getItem.inputSchema.properties).sort(), [
      'X-Trace',
      'id',
      'session',
      'tags',
      'verbose',
    ]);
    assert.deepEqual(byName.getItem.inputSchema.required, ['id']);
    assert.equal(byName.getItem.annotations.readOnlyHint, true);
    assert.equal(byName.removeItem.annotations.destructiveHint, true);
    assert.equal(tools.length, 10);
    await client.close();
  });

  test('the generated document offers every operation', async () => {
    const document = (await rest(`${world.hub.url}/api/shelf/openapi.json`, { method: 'GET' }))
      .body;
    const ids = Object.values(document.paths)
      .flatMap((item) => Object.values(item))
      .map((operation) => operation.operationId);
    for (const id of ['getItem', 'createItem', 'sendForm', 'upload', 'removeItem']) {
      assert.ok(ids.includes(id), `${id} in ${ids}`);
    }
    assert.match(document.openapi, /^3\.1\./);
  });

  for (const caller of kEach) {
    const call = (skill, args) => kCallers[caller](world.hub, tool(skill, args));

    test(`${caller}: only what was given is sent`, { timeout: 20_000 }, async () => {
      await call('getItem', { id: 'only' });
      const { path, headers } = lastRequest('/items/only');
      assert.equal(path, '/items/only');
      assert.equal(headers['x-trace'], undefined);
      assert.equal(headers.cookie, undefined);
    });

    test(`${caller}: values are escaped where they stand`, { timeout: 20_000 }, async () => {
      const args = { id: '../a?b#c', tags: ['x&y', 'ü'], 'X-Trace': 'a b', session: 'p;q=1' };
      const { data } = await call('getItem', args);
      assert.equal(data.id, '../a?b#c');
      assert.deepEqual(data.tags, ['x&y', 'ü']);
      assert.equal(data.trace, 'a b');
      assert.ok(!lastRequest('/items/').path.includes('#'));
    });

    test(`${caller}: a header value cannot add a header`, { timeout: 20_000 }, async () => {
      const before = world.up.shelf.journal.all('request').length;
      const args = { id: 'x', 'X-Trace': 'a\r\nX-Api-Key: stolen' };
      await call('getItem', args).catch(() => {});
      const added = world.up.shelf.journal.all('request').slice(before);
      for (const { headers } of added) assert.notEqual(headers['x-api-key'], 'stolen');
    });

    test(`${caller}: a nested JSON body`, { timeout: 20_000 }, async () => {
      const args = { name: 'box', qty: 3, size: { width: 1.5, height: 2 } };
      assert.deepEqual((await call('createItem', args)).data, { id: 'item-1', ...args });
      assert.equal(lastRequest('/items').headers['content-type'], 'application/json');
    });

    test(`${caller}: a form`, { timeout: 20_000 }, async () => {
      const args = { who: 'Ann & Bo', note: '1+1=2' };
      assert.deepEqual((await call('sendForm', args)).data, args);
    });

    test(`${caller}: a file in a multipart body`, { timeout: 20_000 }, async () => {
      const { data } = await call('upload', { file: 'line one\nline two', note: 'n' });
      assert.equal(data.note, 'n');
      assert.equal(data.file.text ?? data.file, 'line one\nline two');
    });

    test(
      `${caller}: credentials are weft's own, each where it belongs`,
      { timeout: 20_000 },
      async () => {
        assert.deepEqual((await call('keyed')).data, { by: 'key' });
        assert.deepEqual((await call('guarded')).data, { by: 'bearer' });
        assert.equal(lastRequest('/keyed').headers['x-api-key'], kApiKey);
        assert.equal(lastRequest('/guarded').headers.authorization, `Bearer ${kBearer}`);
      },
    );

    test(`${caller}: a text answer and an empty one`, { timeout: 20_000 }, async () => {
      assert.match((await call('plainText')).text, /plain words/);
      await call('removeItem', { id: 'x' });
    });
  }

  test("a caller's own credentials go no further", async () => {
    const headers = {
      authorization: 'Bearer callers-own',
      'x-api-key': 'callers-own',
      cookie: 'a=b',
    };
    await rest(`${world.hub.url}/api/shelf/getItem`, { body: { id: 'mine' }, headers }).catch(
      () => {},
    );
    const seen = JSON.stringify(world.up.shelf.journal.all('request'));
    assert.ok(!seen.includes('callers-own'), seen.slice(-2000));
  });
});
