// The check of the demonstration itself: it must see what is right and what is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corrupt, lacking } from './truth.mjs';

test('values are found in text, in JSON and in JSON within JSON', () => {
  assert.deepEqual(lacking('acc-1: 120.50 CNY', ['acc-1', 120.5]), []);
  assert.deepEqual(lacking('{"account":"acc-1","balance":120.5}', ['acc-1', 120.5]), []);
  assert.deepEqual(lacking(JSON.stringify({ text: 'one\ntwo' }), ['one two']), []);
  assert.deepEqual(lacking('a\n  b', ['a b']), []);
});

test('a number is the same however JSON writes it', () => {
  assert.deepEqual(lacking('{"balance":1.205E2}', [120.5]), []);
});

test('a number is not found inside another', () => {
  assert.deepEqual(lacking('acc-1: 1120.55 CNY', [120.5]), [120.5]);
  assert.deepEqual(lacking('balance 120.05', [120.5]), [120.5]);
});

test('what a model computes is found in its order, whatever the last digits are', () => {
  const answer = '{"chances":{"datatype":"FP32","shape":[1,3],"data":[9.8e-4,0.25000003,0.75]}}';
  assert.deepEqual(lacking(answer, [[0.00098, 0.25, 0.75]]), []);
  assert.deepEqual(lacking(answer, [[0.75]]), []);
  for (const row of [[0.25, 0.00098, 0.75], [0.251], [0.25, 0.75, 0]]) {
    assert.deepEqual(lacking(answer, [row]), [row]);
  }
});

test('a missing value is named', () => {
  assert.deepEqual(lacking('Plum Lane 3', ['Plum Lane 3', 'Jade Gate 7']), ['Jade Gate 7']);
});

test('a spoiled answer keeps no value', () => {
  const values = ['s1124-abc9zz', 'Plum Lane 3', 999.99, 0.09];
  const answer = 's1124-abc9zz Plum Lane 3 999.99 0.09';
  assert.deepEqual(lacking(answer, values), []);
  assert.deepEqual(lacking(corrupt(answer), values), values);
  assert.deepEqual(lacking(corrupt('{"p":0.9812}'), [[0.9812]]), [[0.9812]]);
});
