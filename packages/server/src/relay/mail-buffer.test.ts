import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MailBuffer, MemoryBudget } from './mail-buffer.ts';

test('whatever the pieces are, they come out as one, and the budget is whole again', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 12 }), (pieces) => {
      const budget = new MemoryBudget(2_000_000);
      const buffer = new MailBuffer(budget);
      for (const piece of pieces) assert.ok(buffer.push(piece));
      const whole = Buffer.concat(pieces);
      assert.ok(2_000_000 - budget.leftBytes >= whole.length, 'what is held is counted');
      assert.ok(buffer.bytes().equals(whole));
      buffer.free();
      assert.equal(budget.leftBytes, 2_000_000);
    }),
  );
});

test('a mail that the budget has no room for is let go at once, and others have the room', () => {
  const budget = new MemoryBudget(100_000);
  const [hostile, other] = [new MailBuffer(budget), new MailBuffer(budget)];
  let taken = 0;
  while (hostile.push(Buffer.alloc(1_000))) taken += 1_000;
  assert.ok(taken > 50_000 && taken <= 100_000);
  assert.equal(budget.leftBytes, 100_000);
  assert.equal(other.push(Buffer.alloc(50_000)), true);
  hostile.free();
  other.free();
  other.free();
  assert.equal(budget.leftBytes, 100_000);
});

test('pieces of one byte hold little more than their bytes', () => {
  const budget = new MemoryBudget(1_000_000);
  const buffer = new MailBuffer(budget);
  for (let n = 0; n < 100_000; n++) buffer.push(Buffer.from('x'));
  assert.ok(1_000_000 - budget.leftBytes < 200_000);
});
