// What all houses share: the clock, days and districts as people write them, seeded draws.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addDays, createClock } from './clock.mjs';
import { findDay } from './days.mjs';
import { findDistrict } from './districts.mjs';
import { clinics, restaurants } from './places.mjs';
import { random } from './random.mjs';

const kMonday = '2026-11-23';

test('a house starts through a link and from a folder of any name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'the city #1 100% ?'));
  try {
    const city = join(folder, 'city');
    symlinkSync(dirname(dirname(fileURLToPath(import.meta.url))), city);
    const said = execFileSync(process.execPath, [join(city, 'bank/bank.mjs'), '--help']);
    assert.match(String(said), /^usage: bank \[--port N\] \[--seed TEXT\]/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the clock starts where it is told, in Shanghai', () => {
  assert.equal(createClock('2026-11-23T09:00:00+08:00').iso(), '2026-11-23T09:00:00+08:00');
  assert.equal(createClock('2026-11-23T20:30:00Z').today(), '2026-11-24');
  assert.equal(createClock('2026-11-23T09:00').time(), '09:00');
  assert.equal(createClock(undefined).time(), '09:00');
  assert.throws(() => createClock('soon'), /CITY_NOW is `soon`/);
  assert.equal(addDays('2026-12-31', 1), '2027-01-01');
});

test('days as people say them', () => {
  const days = (text) => findDay(text, kMonday)?.days;
  assert.deepEqual(days('see you today'), ['2026-11-23']);
  assert.deepEqual(days('tomorrow morning'), ['2026-11-24']);
  assert.deepEqual(days('the day after tomorrow'), ['2026-11-25']);
  assert.deepEqual(days('at the weekend'), ['2026-11-28', '2026-11-29']);
  assert.deepEqual(days('on Friday'), ['2026-11-27']);
  assert.deepEqual(days('Monday'), ['2026-11-23']);
  assert.deepEqual(days('in 10 days'), ['2026-12-03']);
  assert.deepEqual(days('2026-12-01'), ['2026-12-01']);
  assert.deepEqual(days('周六'), ['2026-11-28']);
  assert.deepEqual(days('明天'), ['2026-11-24']);
  assert.equal(days('2026-13-41'), undefined);
  assert.equal(days('I sat in the sun'), undefined);
  const { from, to } = findDay('this afternoon', kMonday);
  assert.deepEqual([from, to], ['12:00', '18:00']);
});

test('districts as people write them', () => {
  assert.equal(findDistrict("a doctor near Jing'an"), "Jing'an");
  assert.equal(findDistrict('near jingan temple'), "Jing'an");
  assert.equal(findDistrict('JING’AN'), "Jing'an");
  assert.equal(findDistrict('in Lujiazui or Xuhui'), 'Pudong');
  assert.equal(findDistrict('徐汇'), 'Xuhui');
  assert.equal(findDistrict('in Beijing'), undefined);
});

test('one seed, one city', () => {
  assert.deepEqual(restaurants('a'), restaurants('a'));
  assert.notDeepEqual(restaurants('a'), restaurants('b'));
  assert.notDeepEqual(clinics('a'), clinics('b'));
  const names = restaurants('a').map((r) => r.name);
  assert.equal(new Set(names).size, names.length);
  const draw = random('a', 'x');
  const drawn = Array.from({ length: 2000 }, () => draw.int(1, 4));
  for (const n of [1, 2, 3, 4]) {
    const share = drawn.filter((d) => d === n).length;
    assert.ok(share > 400 && share < 600, `${n} was drawn ${share} times`);
  }
});
