import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthLimit, DEFAULT_AUTH_LIMITS } from './auth-limit.ts';

test('wrong passwords are answered ever slower, and a name is blocked for the rest of the window', () => {
  let now = 1_000;
  const limit = new AuthLimit(DEFAULT_AUTH_LIMITS, () => now);
  const delays = Array.from({ length: 10 }, () => limit.fail('192.0.2.1', 'ann'));
  assert.deepEqual(delays, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000]);
  assert.equal(limit.isBlocked('192.0.2.1', 'Ann'), true);
  assert.equal(limit.isBlocked('192.0.2.1', 'bob'), false);
  assert.equal(limit.isBlocked('192.0.2.2', 'ann'), false);
  now += DEFAULT_AUTH_LIMITS.windowMs;
  assert.equal(limit.isBlocked('192.0.2.1', 'ann'), false);
});

test('many names from one address block the address', () => {
  const limit = new AuthLimit(DEFAULT_AUTH_LIMITS, () => 0);
  for (let n = 0; n < 50; n++) limit.fail('192.0.2.1', `user${n}`);
  assert.equal(limit.isBlocked('192.0.2.1', 'somebody else'), true);
  assert.equal(limit.isBlocked('192.0.2.2', 'somebody else'), false);
});

test('the right password forgives the wrong ones before it', () => {
  const limit = new AuthLimit({ ...DEFAULT_AUTH_LIMITS, perName: 2 }, () => 0);
  limit.fail('192.0.2.1', 'ann');
  limit.fail('192.0.2.1', 'ann');
  assert.equal(limit.isBlocked('192.0.2.1', 'ann'), true);
  limit.succeed('192.0.2.1', 'ann');
  assert.equal(limit.isBlocked('192.0.2.1', 'ann'), false);
});
