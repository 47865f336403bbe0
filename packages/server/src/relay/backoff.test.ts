import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RETRY, pauseMs } from './backoff.ts';

const middle = () => Uint8Array.of(0x80, 0, 0, 0);

test('pauses double from a quarter of a minute up to an hour', () => {
  const pauses = [1, 2, 3, 4, 8, 9, 100, 5000].map((attempts) => pauseMs(DEFAULT_RETRY, attempts, middle));
  assert.deepEqual(
    pauses.map((ms) => ms / 60_000),
    [0.25, 0.5, 1, 2, 32, 60, 60, 60],
  );
});

test('a pause varies by a fifth to either side', () => {
  assert.equal(
    pauseMs(DEFAULT_RETRY, 1, () => Uint8Array.of(0, 0, 0, 0)),
    12_000,
  );
  assert.equal(
    pauseMs(DEFAULT_RETRY, 1, () => Uint8Array.of(255, 255, 255, 255)),
    18_000,
  );
});
