import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerThread } from './worker-thread.ts';

/** Answers `n` with its double, throws at 13, dies at 99, and is slow at 50. */
const PROGRAM = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { answerCalls } from ${JSON.stringify(new URL('./worker-thread.ts', import.meta.url).href)};
    answerCalls(parentPort, (n) => {
      if (n === 13) throw new Error('unlucky');
      if (n === 99) process.exit(1);
      if (n === 50) return sleep(20).then(() => 100);
      return 2 * n;
    }, () => {});
  `)}`,
);

function thread(): WorkerThread<number, number> {
  return new WorkerThread<number, number>(PROGRAM, {});
}

test('calls are answered, also those that take their time', async () => {
  const doubles = thread();
  assert.deepEqual(await Promise.all([1, 50, 3].map((n) => doubles.call(n))), [2, 100, 6]);
  await doubles.end();
});

test('a failed call is rejected and the thread goes on', async () => {
  const doubles = thread();
  await assert.rejects(doubles.call(13), /unlucky/);
  assert.equal(await doubles.call(4), 8);
  await doubles.end();
});

test('when the thread dies, what waits is rejected and the next call starts another one', async () => {
  const doubles = thread();
  const [died, behind] = await Promise.allSettled([doubles.call(99), doubles.call(1)]);
  assert.equal(died.status, 'rejected');
  assert.equal(behind.status, 'rejected');
  assert.equal(await doubles.call(5), 10);
  await doubles.end();
});

test('a thread that cannot start rejects with the reason', async () => {
  const broken = new WorkerThread<number, number>(new URL('data:text/javascript,throw new Error("no")'), {});
  await assert.rejects(broken.call(1), (error: Error) => (error.cause as Error).message === 'no');
  await broken.end();
});
