// The restaurants through plain fetch and their own OpenAPI document.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClock } from '../lib/clock.mjs';
import { startTable } from './table.mjs';

const clock = createClock('2026-11-23T09:00:00+08:00');
let house;
let base;

before(async () => {
  house = await startTable({ seed: 'a', clock });
  base = `http://127.0.0.1:${house.port}`;
});
after(() => house.close());

const get = async (path) => (await fetch(base + path)).json();
const post = (body) =>
  fetch(`${base}/reservations`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

test('the OpenAPI document describes every operation', async () => {
  const document = await get('/openapi.json');
  assert.match(document.openapi, /^3\.1/);
  const ids = Object.values(document.paths)
    .flatMap((p) => Object.values(p))
    .map((o) => o.operationId);
  assert.deepEqual(ids.sort(), ['cancel', 'menu', 'reservation', 'reserve', 'search']);
  const names = document.paths['/restaurants'].get.parameters.map((p) => p.name);
  assert.deepEqual(names, ['district', 'cuisine', 'day', 'party_size']);
  assert.ok(document.paths['/restaurants/{id}/menu']);
});

test('search, menu, reserve, show, cancel', async () => {
  const found = await get("/restaurants?district=Jing'an&day=tomorrow&party_size=2");
  assert.equal(found.day, '2026-11-24');
  const [first] = found.restaurants;
  assert.equal(first.district, "Jing'an");
  const menu = await get(`/restaurants/${first.id}/menu`);
  assert.equal(menu.restaurant, first.name);
  assert.equal(menu.dishes.length, 4);
  const made = await post({
    restaurant_id: first.id,
    day: 'tomorrow',
    time: first.times[0],
    party_size: 2,
    name: 'Lan Chen',
  });
  assert.equal(made.status, 201);
  const reservation = await made.json();
  assert.deepEqual(await get(`/reservations/${reservation.id}`), reservation);
  const gone = await fetch(`${base}/reservations/${reservation.id}`, { method: 'DELETE' });
  assert.equal(gone.status, 204);
  assert.equal((await get(`/reservations/${reservation.id}`)).status, 404);
});

test('a full restaurant refuses', async () => {
  const { restaurants } = await get('/restaurants?district=Xuhui&day=tomorrow&party_size=1');
  const {
    id,
    times: [time],
  } = restaurants[0];
  let last;
  for (let i = 0; i < 40; i += 1) {
    last = await post({ restaurant_id: id, day: 'tomorrow', time, party_size: 1, name: 'A' });
    if (last.status !== 201) break;
  }
  assert.equal(last.status, 409);
  assert.match((await last.json()).detail, /has no table/);
});

test('errors are problem+json and say what to do', async () => {
  for (const [path, detail] of [
    ['/restaurants?district=Atlantis', /no district `Atlantis`/],
    ['/restaurants?cuisine=martian', /cuisine/],
    ['/restaurants?party_size=0', /party_size/],
    ['/restaurants?day=someday', /cannot read the day/],
    ['/restaurants?day=2020-01-01', /has passed/],
  ]) {
    const reply = await fetch(base + path);
    assert.equal(reply.status, 400, path);
    assert.match(reply.headers.get('content-type'), /application\/problem\+json/);
    assert.match((await reply.json()).detail, detail);
  }
  const extra = await post({
    restaurant_id: 'r-1',
    day: 'today',
    time: '18:00',
    party_size: 2,
    name: 'A',
    vip: true,
  });
  assert.equal(extra.status, 400);
  assert.equal((await get('/nowhere')).status, 404);
});

test('another seed, other restaurants', async () => {
  const other = await startTable({ seed: 'b', clock });
  const path = '/restaurants?day=tomorrow';
  const there = await (await fetch(`http://127.0.0.1:${other.port}${path}`)).json();
  const here = await get(path);
  await other.close();
  assert.notDeepEqual(
    here.restaurants.map((r) => r.name),
    there.restaurants.map((r) => r.name),
  );
});
