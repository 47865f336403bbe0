import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { EdgeGroup } from './edge-group.ts';

const child = (): ChildProcess => new EventEmitter() as ChildProcess;
const ready = (denyVersion: number) => ({ type: 'edge-ready', host: 'h', port: 1, denyVersion }) as const;

test('a group is ready when all are, and has confirmed what all have', () => {
  const group = new EdgeGroup(2);
  group.set(0, child());
  group.set(1, child());
  assert.equal(group.take(0, ready(7)), undefined);
  assert.deepEqual(group.take(1, ready(3)), ready(3));
  assert.deepEqual(group.take(1, { type: 'deny-ack', version: 9 }), { type: 'deny-ack', version: 7 });
  assert.deepEqual(group.take(0, { type: 'deny-ack', version: 9 }), { type: 'deny-ack', version: 9 });
});

test('while one is down nothing counts as confirmed by all', () => {
  const group = new EdgeGroup(2);
  group.set(0, child());
  group.set(1, child());
  group.take(0, ready(1));
  group.take(1, ready(1));
  group.set(1, undefined);
  assert.equal(group.take(0, { type: 'deny-ack', version: 2 }), undefined);
  group.set(1, child());
  assert.deepEqual(group.take(1, ready(1)), ready(1));
});

test('counts are summed', () => {
  const group = new EdgeGroup(2);
  group.take(0, { type: 'edge-metrics', metrics: { hits: 3, forged: 1 } });
  assert.deepEqual(group.take(1, { type: 'edge-metrics', metrics: { hits: 4 } }), {
    type: 'edge-metrics',
    metrics: { hits: 7, forged: 1 },
  });
});
