// City Taxi through a plain MQTT 5 client.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { createClock } from '../lib/clock.mjs';
import { fare, kilometres, locate } from './map.mjs';
import { startTaxi } from './taxi.mjs';

const clock = createClock('2026-11-23T09:00:00+08:00');
let house;
let client;
const replies = `test/${randomUUID()}`;

before(async () => {
  house = await startTaxi({ seed: 'a', clock, speed: 3600 });
  client = await mqtt.connectAsync(house.url, { protocolVersion: 5 });
  await client.subscribeAsync(replies, { qos: 1 });
});
after(async () => {
  await client.endAsync();
  await house.close();
});

/** Sends a request; `next()` gives the replies to it one by one. */
function ask(topic, body, correlation = randomUUID()) {
  const come = [];
  let wake = () => {};
  const hear = (_topic, payload, { properties }) => {
    if (properties.correlationData?.toString() !== correlation) return;
    come.push({ status: properties.userProperties.status, ...JSON.parse(payload) });
    wake();
  };
  client.on('message', hear);
  const send = (again, userProperties) =>
    client.publishAsync(topic, typeof again === 'string' ? again : JSON.stringify(again), {
      qos: 1,
      properties: { responseTopic: replies, correlationData: Buffer.from(correlation), ...(userProperties && { userProperties }) },
    });
  const next = async () => {
    while (!come.length) await new Promise((resolve) => (wake = resolve));
    return come.shift();
  };
  const last = async () => {
    for (let reply; ; ) if ((reply = await next()).status !== 'working') return reply;
  };
  return { sent: send(body), send, next, last, come, close: () => client.off('message', hear) };
}

const order = (body) => ask('city/taxi/ride', body);

test('a ride is worked on and then promised, with a fixed fare', async () => {
  const asked = order({ to: "312 Xikang Road, Jing'an" });
  assert.deepEqual(await asked.next(), { status: 'working', message: 'Looking for a car near 18 Yuyuan Road, Changning' });
  assert.match((await asked.next()).message, /^Asking HU A-/);
  const ride = await asked.last();
  assert.equal(ride.status, 'completed');
  assert.equal(ride.destination, "312 Xikang Road, Jing'an");
  const km = kilometres(locate('18 Yuyuan Road, Changning'), locate("312 Xikang Road, Jing'an"));
  assert.equal(ride.fare, fare(km));
  assert.equal(ride.payee, 'City Taxi');
});

test('two requests at once get two cars', async () => {
  const [one, two] = [order({ to: 'the Bund' }), order({ to: 'Qibao' })];
  const [a, b] = [await one.last(), await two.last()];
  assert.notEqual(a.vehicle, b.vehicle);
  assert.notEqual(a.ride, b.ride);
});

test('an address without a district is asked about, and the answer goes on', async () => {
  const asked = order({ to: 'the opera', passengers: 2 });
  const question = await asked.last();
  assert.deepEqual(question, { status: 'input-required', message: 'In which district is the opera?' });
  await asked.send('Pudong', { answer: 'accept' });
  const ride = await asked.last();
  assert.equal(ride.status, 'completed');
  assert.equal(ride.destination, 'the opera, Pudong');
});

test('a request that comes twice is one ride', async () => {
  const asked = order({ to: 'Xujiahui' });
  await asked.sent;
  await asked.send({ to: 'Xujiahui' });
  assert.equal((await asked.last()).status, 'completed');
  await sleep(300);
  assert.deepEqual(asked.come, []);
});

test('where a car is can be read and followed until it has arrived', async () => {
  const ride = await order({ to: 'Lujiazui' }).last();
  const follower = await mqtt.connectAsync(house.url, { protocolVersion: 5 });
  const seen = [];
  const arrived = new Promise((resolve) =>
    follower.on('message', (_topic, payload) => {
      seen.push(JSON.parse(payload));
      if (seen.at(-1).status === 'arrived') resolve();
    }),
  );
  await follower.subscribeAsync(`city/taxi/${ride.vehicle}/position`);
  await arrived;
  await follower.endAsync();
  assert.ok(seen.length >= 2);
  assert.ok(seen.every((each) => each.vehicle === ride.vehicle));
  assert.deepEqual({ lat: seen.at(-1).lat, lng: seen.at(-1).lng }, locate('Lujiazui'));
});

test('a ride can be cancelled, and one that does not exist cannot', async () => {
  const slow = await startTaxi({ seed: 'b', clock, speed: 1 });
  const own = client;
  client = await mqtt.connectAsync(slow.url, { protocolVersion: 5 });
  try {
    await client.subscribeAsync(replies, { qos: 1 });
    const ride = await order({ to: 'Hongkou' }).last();
    const gone = await ask('city/taxi/cancel', { ride: ride.ride }).last();
    assert.equal(gone.status, 'completed');
    const none = await ask('city/taxi/cancel', { ride: 't-nothing' }).last();
    assert.deepEqual(none, { status: 'failed', message: 'There is no ride `t-nothing`.' });
  } finally {
    await client.endAsync();
    client = own;
    await slow.close();
  }
});

test('what no car can do is refused in words', async () => {
  const crowd = await order({ to: 'Putuo', passengers: 9 }).last();
  assert.deepEqual(crowd, { status: 'failed', message: 'A car takes 1 to 4 passengers.' });
  const words = await order('to the Bund, please').last();
  assert.deepEqual(words, { status: 'failed', message: 'A request is a JSON object with `to`.' });
});
