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

const alone = {
  commit: async (): Promise<void> => assert.fail('no commit is needed'),
  checkpoint: async (): Promise<void> => assert.fail('no checkpoint is needed'),
};

test('two syncs may be under way; who calls meanwhile waits for the next one, and shares it', async () => {
  const { begun, syncFile } = heldSyncs();
  const log = new LogSync('x.db', alone, syncFile);
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

test('after a sync that failed, none is believed until SQLite has written all of it elsewhere', async () => {
  const { begun, syncFile } = heldSyncs();
  let checkpoints = 0;
  let fails = true;
  const checkpoint = async (): Promise<void> => {
    checkpoints++;
    if (fails) throw new Error('still broken');
  };
  const log = new LogSync('x.db', { ...alone, checkpoint }, syncFile);
  const first = log.sync();
  await nextTurn();
  const second = log.sync();
  await nextTurn();
  begun[0]?.reject(new Error('EIO'));
  await assert.rejects(first, /EIO/);
  begun[1]?.resolve();
  await assert.rejects(second, /still broken/, 'it was under way already');
  await assert.rejects(log.sync(), /still broken/);
  fails = false;
  await log.sync();
  assert.deepEqual([begun.length, checkpoints], [2, 3]);
  const next = log.sync();
  await nextTurn();
  begun[2]?.resolve();
  await next;
  assert.equal(checkpoints, 3, 'then it is as before');
});

test('without a file descriptor, SQLite takes it to the disk by a commit', async () => {
  let commits = 0;
  const log = new LogSync('x.db', { ...alone, commit: async () => void commits++ }, async () => {
    throw new CannotOpen('EMFILE');
  });
  await log.sync();
  assert.equal(commits, 1);
  const real = new LogSync('/nonexistent/x.db', { ...alone, commit: async () => void commits++ });
  await real.sync();
  assert.equal(commits, 2);
});
