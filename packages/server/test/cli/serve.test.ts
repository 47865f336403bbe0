import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/cli/serve.ts';
import { capturedIo } from '../support/captured-io.ts';

test('Ctrl-C that comes while the program is loaded is not missed', async () => {
  const io = capturedIo({}, { signal: AbortSignal.abort() });
  let isLocked = false;
  const status = await run([], io, {
    lock: () => {
      isLocked = true;
      return () => (isLocked = false);
    },
    supervisor: () => ({ run: () => Promise.reject(new Error('it was started')), stop: () => {} }),
  });
  assert.equal(status, 0);
  assert.equal(isLocked, false);
});
