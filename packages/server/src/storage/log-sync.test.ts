import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CannotOpen, LogSync } from './log-sync.ts';

/** Syncs that end when the test says so. */
function heldSyncs() {
  const begun: PromiseWithResolvers<void>[] = [];
  return {
    begun,
    syncFile: () => {
      const sync = Promise.withResolvers<void>();
      begun.push(sync);
      return sync.promise;
    },
  };
}

const noCommit = async (): Promise<void> => assert.fail('no commit is needed');

test('two syncs may be under way; who calls meanwhile waits for the next one, and shares it', async () => {
  const { begun, syncFile } = heldSyncs();
  const log = new LogSync('x.db', noCommit, syncFile);
  const done: string[] = [];
  const call = (name: string) => log.sync().then(() => done.push(name));
  const calls = [call('first'), call('with the first')];
  await nextTurn();
  calls.push(call('second'));
  await nextTurn();
  calls.push(call('third'), call('with the third'));
  await nextTurn();
  assert.equal(begun.length, 2);
  begun[1]?.resolve();
  await nextTurn();
  assert.deepEqual(
    done,
    ['second'],
    'what was asked for behind the first is not answered by it, nor the other way round',
  );
  assert.equal(begun.length, 3);
  calls.push(call('fourth'));
  await nextTurn();
  assert.equal(begun.length, 3);
  begun[0]?.resolve();
  begun[2]?.resolve();
  await nextTurn();
  assert.deepEqual(done, ['second', 'first', 'with the first', 'third', 'with the third']);
  begun[3]?.resolve();
  await Promise.all(calls);
  assert.equal(begun.length, 4);
});

test('a sync that fails is told to those who waited for it, and to nobody else', async () => {
  const { begun, syncFile } = heldSyncs();
  const log = new LogSync('x.db', noCommit, syncFile);
  const first = log.sync();
  await nextTurn();
  const second = log.sync();
  begun[0]?.reject(new Error('EIO'));
  await assert.rejects(first, /EIO/);
  await nextTurn();
  begun[1]?.resolve();
  await second;
});

test('without a file descriptor, SQLite takes it to the disk by a commit', async () => {
  let commits = 0;
  const log = new LogSync(
    'x.db',
    async () => void commits++,
    async () => {
      throw new CannotOpen('EMFILE');
    },
  );
  await log.sync();
  assert.equal(commits, 1);
  const real = new LogSync('/nonexistent/x.db', async () => void commits++);
  await real.sync();
  assert.equal(commits, 2);
});
