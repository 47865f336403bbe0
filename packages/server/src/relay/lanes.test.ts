import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lanes } from './lanes.ts';

const copy = (destination: string, name = '', sizeBytes = 10) => ({ destination, sizeBytes, name });
type Copy = ReturnType<typeof copy>;

function lanesOf(limits: Partial<ConstructorParameters<typeof Lanes>[0]> = {}): Lanes<Copy> {
  return new Lanes<Copy>({ total: 10, perDestination: 2, bytes: 1_000, ...limits });
}

function takeAll(lanes: Lanes<Copy>): Copy[] {
  const taken: Copy[] = [];
  for (let next = lanes.next(); next !== undefined; next = lanes.next()) taken.push(next);
  return taken;
}

const names = (copies: Copy[]) => copies.map(({ name }) => name).join(' ');

test('destinations take turns, each with its copies in their order', () => {
  const lanes = lanesOf();
  for (const name of ['a1', 'a2', 'a3']) lanes.add(copy('a', name));
  for (const name of ['b1', 'b2']) lanes.add(copy('b', name));
  assert.equal(names(takeAll(lanes)), 'a1 b1 a2 b2');
  assert.equal(lanes.waiting, 1);
});

test('a destination that answers slowly holds only its own places', () => {
  const lanes = lanesOf({ total: 4 });
  for (let n = 0; n < 8; n++) lanes.add(copy('slow', `s${n}`));
  const slow = takeAll(lanes);
  assert.equal(slow.length, 2);
  lanes.add(copy('quick', 'q'));
  assert.equal(names(takeAll(lanes)), 'q');
  const [first] = slow;
  assert.ok(first);
  lanes.done(first);
  assert.equal(names(takeAll(lanes)), 's2');
});

test('never more on their way than the total', () => {
  const lanes = lanesOf({ total: 3 });
  for (const destination of ['a', 'b', 'c', 'd']) lanes.add(copy(destination, destination));
  assert.equal(names(takeAll(lanes)), 'a b c');
  assert.equal(lanes.next(), undefined);
});

test('large copies go one after the other, and one that is too large for the limit goes alone', () => {
  const lanes = lanesOf({ bytes: 100 });
  lanes.add(copy('a', 'small', 40));
  lanes.add(copy('b', 'large', 90));
  lanes.add(copy('c', 'huge', 500));
  const [small] = takeAll(lanes);
  assert.equal(small?.name, 'small');
  lanes.done(small);
  const [large] = takeAll(lanes);
  assert.equal(large?.name, 'large');
  lanes.done(large);
  assert.equal(names(takeAll(lanes)), 'huge');
});

test('a destination is full when enough waits for it, promised places included', () => {
  const lanes = lanesOf({ perDestination: 1 });
  const reserved = [1, 2, 3, 4, 5].filter(() => lanes.reserve('a'));
  assert.equal(reserved.length, 4);
  lanes.unreserve('a');
  lanes.add(copy('a'));
  assert.equal(lanes.reserve('a'), false);
  assert.equal(lanes.reserve('b'), true);
  assert.deepEqual(lanes.full(), ['a']);
  assert.equal(lanes.clear().length, 1);
  assert.equal(lanes.reserve('a'), true);
});
