// The clinic through its own SDK.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Role, TaskState } from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions } from '@a2a-js/sdk/client';
import { addDays, createClock } from '../lib/clock.mjs';
import { districtNames } from '../lib/districts.mjs';
import { Calendar } from './calendar.mjs';
import { startClinic } from './clinic.mjs';
import { triage } from './triage.mjs';

const clock = createClock('2026-11-23T09:00:00+08:00');
let house;
let client;

before(async () => {
  house = await startClinic({ seed: 'a', clock });
  client = await new ClientFactory().createFromUrl(`http://127.0.0.1:${house.port}`);
});
after(() => house.close());

const part = (content) => ({ content, metadata: undefined, filename: '', mediaType: '' });

/** A request of text or data, in a task and context when given. */
function request(said, { taskId = '', contextId = '' } = {}) {
  const content =
    typeof said === 'string' ? { $case: 'text', value: said } : { $case: 'data', value: said };
  return {
    tenant: '',
    configuration: undefined,
    metadata: undefined,
    message: {
      messageId: randomUUID(),
      contextId,
      taskId,
      role: Role.ROLE_USER,
      parts: [part(content)],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
  };
}

const send = (said, where) => client.sendMessage(request(said, where));
const dataOf = (task) =>
  task.artifacts[0].parts.find((p) => p.content.$case === 'data').content.value;
const question = (task) => task.status.message.parts[0].content.value;

test('triage answers with a message', async () => {
  const answer = await send('I have had a fever for 4 days and a cough');
  assert.equal(answer.status, undefined);
  const data = answer.parts[1].content.value;
  assert.equal(data.urgency, 'urgent');
  assert.equal(data.specialty, 'general medicine');
  assert.deepEqual(data.complaints, ['fever', 'cough']);
});

test('triage rules', () => {
  assert.equal(triage({ symptoms: 'chest pain since this morning' }).urgency, 'emergency');
  assert.equal(triage({ symptoms: 'fever and a stiff neck' }).urgency, 'emergency');
  assert.equal(triage({ symptoms: 'a rash', age: 6 }).specialty, 'paediatrics');
  assert.equal(triage({ symptoms: 'a cough but no fever' }).urgency, 'routine');
  assert.equal(triage({ symptoms: 'I am happy' }), undefined);
});

test('text and data part give the same free appointments', async () => {
  const byText = await send("Which appointments are free in Jing'an tomorrow?");
  const byData = await send({
    skill: 'appointments',
    parameters: { district: '静安', day: '2026-11-24' },
  });
  assert.equal(byText.status.state, TaskState.TASK_STATE_COMPLETED);
  assert.deepEqual(dataOf(byText), dataOf(byData));
  assert.ok(dataOf(byText).appointments.length > 0);
  for (const slot of dataOf(byText).appointments) {
    assert.ok(byText.artifacts[0].parts[0].content.value.includes(slot.slot_id));
  }
});

test('asks back for the district, then for the day', async () => {
  const first = await send('I need an appointment');
  assert.equal(first.status.state, TaskState.TASK_STATE_INPUT_REQUIRED);
  assert.match(question(first), /district/);
  const where = { taskId: first.id, contextId: first.contextId };
  const second = await send('Pudong', where);
  assert.match(question(second), /day/);
  const third = await send('on Wednesday', where);
  assert.equal(third.status.state, TaskState.TASK_STATE_COMPLETED);
  assert.equal(third.id, first.id);
  assert.equal(dataOf(third).day, '2026-11-25');
});

test('a place and a day say enough', async () => {
  const task = await send('a doctor in Xuhui tomorrow');
  assert.equal(task.status.state, TaskState.TASK_STATE_COMPLETED);
  assert.equal(dataOf(task).district, 'Xuhui');
});

test('what is missing is asked for, whatever words begin', async () => {
  const first = await send('a doctor please');
  assert.match(question(first), /district/);
  const where = { taskId: first.id, contextId: first.contextId };
  assert.match(question(await send('in Xuhui', where)), /day/);
  assert.equal(dataOf(await send('tomorrow', where)).district, 'Xuhui');
  const bare = await send('Xuhui');
  assert.match(question(bare), /What can I do/);
  const there = { taskId: bare.id, contextId: bare.contextId };
  assert.equal((await send('tomorrow', there)).status.state, TaskState.TASK_STATE_COMPLETED);
});

test('parameters that do not fit are asked about by name', async () => {
  const place = { district: 'Xuhui', day: 'tomorrow' };
  for (const [wrong, said] of [
    [{ slot_id: 5 }, /slot_id `5`/],
    [{ patient: { name: 'Ada' } }, /patient `\{"name":"Ada"\}`/],
    [{ specialty: 'neurology' }, /specialty `"neurology"`: it must be one of general medicine/],
    [{ from: 'noon' }, /from `"noon"`: it must be a time/],
  ]) {
    const task = await send({ skill: 'book', parameters: { ...place, ...wrong } });
    assert.equal(task.status.state, TaskState.TASK_STATE_INPUT_REQUIRED);
    assert.match(question(task), said);
  }
  const task = await send({ skill: 'triage', parameters: { symptoms: 'a cough', age: -1 } });
  assert.match(question(task), /age `-1`: it must be a whole number/);
});

test('a doctor, without more, is a general practitioner', async () => {
  const booked = await send('book me a doctor in Changning tomorrow');
  const { appointments } = dataOf(await send('free appointments in Changning tomorrow'));
  const general = appointments.some((slot) => slot.specialty === 'general medicine');
  assert.ok(dataOf(booked).specialty === 'general medicine' || !general);
});

test('a past day is asked about again', async () => {
  const task = await send({
    skill: 'appointments',
    parameters: { district: 'Xuhui', day: '2026-01-02' },
  });
  assert.match(question(task), /has passed/);
});

test('booking streams its progress and takes the slot', async () => {
  const free = dataOf(await send('free appointments in Huangpu tomorrow')).appointments;
  const states = [];
  let booking;
  for await (const { payload } of client.sendMessageStream(
    request({ skill: 'book', parameters: { slot_id: free[0].slot_id, patient: 'Lan Chen' } }),
  )) {
    if (payload.$case === 'task') states.push(payload.value.status.state);
    if (payload.$case === 'statusUpdate') states.push(payload.value.status.state);
    if (payload.$case === 'artifactUpdate') booking = payload.value.artifact.parts[1].content.value;
  }
  assert.deepEqual(states, [1, 2, 2, 2, 3]);
  assert.equal(booking.slot_id, free[0].slot_id);
  assert.equal(booking.patient, 'Lan Chen');
  const left = dataOf(await send('free appointments in Huangpu tomorrow')).appointments;
  assert.deepEqual(left, free.slice(1));
});

test('one sentence: symptoms, district, part of the day', async () => {
  const said = "I have had a fever since yesterday, book me a doctor near Jing'an tomorrow";
  const booked = await send(said);
  assert.equal(booked.status.state, TaskState.TASK_STATE_COMPLETED);
  assert.equal(dataOf(booked).specialty, 'general medicine');
  assert.equal(dataOf(booked).district, "Jing'an");
});

test('the first of the list, in the same context', async () => {
  const list = await send('free appointments in Yangpu tomorrow');
  const booked = await send('book the first one', { contextId: list.contextId });
  assert.equal(dataOf(booked).slot_id, dataOf(list).appointments[0].slot_id);
});

test('a booking can be cancelled', async () => {
  const stream = client.sendMessageStream(request('book a doctor in Minhang tomorrow'));
  const { payload } = (await stream.next()).value;
  const task = await client.cancelTask({ tenant: '', id: payload.value.id, metadata: undefined });
  assert.equal(task.status.state, TaskState.TASK_STATE_CANCELED);
  let last;
  for await (const event of stream) last = event.payload;
  assert.equal(last.value.status?.state, TaskState.TASK_STATE_CANCELED);
});

test('A2A 0.3 and HTTP+JSON callers', async () => {
  const base = `http://127.0.0.1:${house.port}`;
  const old = await fetch(`${base}/a2a`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'message/send',
      params: {
        message: {
          kind: 'message',
          messageId: 'm1',
          role: 'user',
          parts: [{ kind: 'text', text: 'free appointments in Xuhui tomorrow' }],
        },
      },
    }),
  });
  const { result } = await old.json();
  assert.equal(result.kind, 'task');
  assert.equal(result.status.state, 'completed');
  const factory = new ClientFactory(
    ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      preferredTransports: ['HTTP+JSON'],
    }),
  );
  const rest = await factory.createFromUrl(base);
  const task = await rest.sendMessage(request('free appointments in Xuhui tomorrow'));
  assert.deepEqual(dataOf(task), result.artifacts[0].parts[1].data);
});

test('another seed, another clinic', async () => {
  const other = await startClinic({ seed: 'b', clock });
  const its = await new ClientFactory().createFromUrl(`http://127.0.0.1:${other.port}`);
  const said = request('free appointments in Xuhui tomorrow');
  const here = dataOf(await client.sendMessage(said));
  const there = dataOf(await its.sendMessage(request('free appointments in Xuhui tomorrow')));
  await other.close();
  assert.notDeepEqual(here, there);
});

test('whatever the seed, somebody can see a doctor in each half of every day', () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const calendar = new Calendar(`${seed}`, clock);
    for (const district of districtNames) {
      for (const half of [{ to: '12:00' }, { from: '12:00', to: '18:00' }]) {
        const wish = { district, day: addDays(clock.today(), 1), specialty: 'general medicine' };
        assert.notEqual(calendar.free({ ...wish, ...half }).length, 0, `${district} under ${seed}`);
      }
    }
  }
});
