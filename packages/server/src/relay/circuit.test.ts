import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Circuit } from './circuit.ts';
import type { Attempt } from './pipeline.ts';

const RELAYED: Attempt = { kind: 'relayed', reply: '250 ok' };
const REJECTED: Attempt = { kind: 'rejected', reply: '550 no' };
const BUSY: Attempt = { kind: 'deferred', code: 'server-deferred', reply: '451 later' };
const DOWN: Attempt = { kind: 'deferred', code: 'server-unreachable', reply: 'refused', about: 'server' };
const CLOSED_OUT: Attempt = {
  kind: 'deferred',
  code: 'server-refuses-us',
  reply: '535 no',
  about: 'server',
};
const FULL: Attempt = { kind: 'deferred', code: 'server-deferred', reply: '421 enough', about: 'server' };
const LOST: Attempt = { kind: 'deferred', code: 'server-unreachable', reply: 'lost', about: 'session' };

function opened() {
  const clock = { now: 1_000_000 };
  const circuit = new Circuit({
    total: 8,
    pauses: { firstMs: 1_000, longestMs: 4_000, longestRefusedMs: 16_000 },
    clock: () => clock.now,
  });
  return { clock, circuit, one: (attempt: Attempt) => circuit.end(circuit.begin(), attempt) };
}

test('one attempt that fails because of the server is enough to leave it alone', () => {
  const { circuit, clock, one } = opened();
  assert.equal(circuit.hasRoom(), true);
  one(DOWN);
  assert.equal(circuit.hasRoom(), false);
  assert.deepEqual(circuit.outage, { sinceMs: 1_000_000, failure: DOWN, nextTryAtMs: 1_001_000 });
  clock.now += 999;
  assert.equal(circuit.hasRoom(), false);
  clock.now += 1;
  assert.equal(circuit.hasRoom(), true);
});

test('what the server says of single mails, good or bad, shows that it works', () => {
  const { circuit, one } = opened();
  for (const attempt of [RELAYED, REJECTED, BUSY, BUSY, BUSY, BUSY]) one(attempt);
  assert.equal(circuit.outage, undefined);
  assert.equal(circuit.limit, 8);
});

test('one copy at a time tries whether it is back, with growing pauses up to a limit', () => {
  const { circuit, clock, one } = opened();
  one(DOWN);
  const pauses: number[] = [];
  for (let n = 0; n < 4; n++) {
    const pause = circuit.waitMs();
    pauses.push(pause);
    clock.now += pause;
    const ticket = circuit.begin();
    assert.equal(circuit.hasRoom(), false, 'a second one has to wait for the first');
    assert.equal(circuit.outage?.nextTryAtMs, undefined);
    circuit.end(ticket, DOWN);
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 4_000]);
  assert.equal(circuit.outage?.sinceMs, 1_000_000);
  assert.equal(circuit.openings, 1);
});

test('a server that does not let us in is asked more rarely', () => {
  const { circuit, clock, one } = opened();
  for (let n = 0; n < 6; n++) {
    one(CLOSED_OUT);
    clock.now += circuit.waitMs();
  }
  one(CLOSED_OUT);
  assert.equal(circuit.waitMs(), 16_000);
});

test('once it is back the copies on their way grow from few to all', () => {
  const { circuit, clock, one } = opened();
  one(DOWN);
  clock.now += 1_000;
  one(RELAYED);
  assert.equal(circuit.outage, undefined);
  const limits = [circuit.limit];
  for (let n = 0; n < 7; n++) {
    one(RELAYED);
    limits.push(circuit.limit);
  }
  assert.deepEqual(limits, [2, 3, 4, 5, 6, 7, 8, 8]);
});

test('what began before the outage says nothing about now', () => {
  const { circuit, clock, one } = opened();
  const before = [circuit.begin(), circuit.begin(), circuit.begin()] as const;
  one(DOWN);
  circuit.end(before[0], DOWN);
  circuit.end(before[1], RELAYED);
  assert.equal(circuit.waitMs(), 1_000);
  clock.now += 1_000;
  const probe = circuit.begin();
  circuit.end(before[2], RELAYED);
  assert.equal(circuit.hasRoom(), false, 'the copy that tries it is still on its way');
  circuit.end(probe, DOWN);
  assert.equal(circuit.waitMs(), 2_000);
});

test('sessions that break in the midst of a mail are that mail’s fault, unless it goes on like that', () => {
  const { circuit, one } = opened();
  for (let n = 0; n < 5; n++) {
    one(LOST);
    one(LOST);
    one(RELAYED);
  }
  assert.equal(circuit.outage, undefined);
  one(LOST);
  one(LOST);
  one(LOST);
  assert.notEqual(circuit.outage, undefined);
});

test('a server that has enough connections gets no more for a minute, and is not taken for down', () => {
  const { circuit, clock, one } = opened();
  const working = [circuit.begin(), circuit.begin(), circuit.begin()];
  one(FULL);
  assert.equal(circuit.outage, undefined);
  assert.equal(circuit.limit, 3);
  assert.equal(circuit.hasRoom(), false);
  for (const ticket of working) circuit.end(ticket, RELAYED);
  assert.equal(circuit.limit, 3);
  clock.now += 60_000;
  assert.equal(circuit.limit, 8);
  one(FULL);
  assert.notEqual(circuit.outage, undefined, 'with nothing else on its way it takes no mail at all');
});

test('a copy that never came near the server leaves the question open', () => {
  const { circuit, clock, one } = opened();
  one(DOWN);
  clock.now += 1_000;
  one({ kind: 'waiting', reason: 'an error of our own' });
  assert.notEqual(circuit.outage, undefined);
  assert.equal(circuit.hasRoom(), true, 'another one may try');
});

test('an operator may have it tried at once', () => {
  const { circuit, one } = opened();
  one(DOWN);
  circuit.tryNow();
  assert.equal(circuit.hasRoom(), true);
});
