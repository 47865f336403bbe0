import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/cli/sign-in.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { capturedIo } from '../support/captured-io.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const LINK = 'http://127.0.0.1:8420/welcome?token=t';

test('the link is printed with how long it works', async () => {
  const io = capturedIo({});
  assert.equal(await run([], io, { createSignInLink: async () => LINK }), 0);
  assert.equal(io.out(), `${LINK}\nThis link works once, for 15 minutes.\n`);
});

test('--json prints only the link', async () => {
  const io = capturedIo({});
  assert.equal(await run(['--json'], io, { createSignInLink: async () => LINK }), 0);
  assert.deepEqual(JSON.parse(io.out()), { url: LINK });
});

test('once somebody has signed in there is no link', async () => {
  const io = capturedIo({});
  assert.equal(await run([], io, { createSignInLink: async () => undefined }), 1);
  assert.match(io.err(), /Somebody has signed in already/);
  assert.equal(io.out(), '');
});

test('what is wrong with the data directory is said', async () => {
  const io = capturedIo({});
  const createSignInLink = () =>
    Promise.reject(new AppError('misconfigured', 'There is no database in ./data.'));
  assert.equal(await run([], io, { createSignInLink }), 1);
  assert.equal(io.err(), 'waybill sign-in: There is no database in ./data.\n');
});

test('where no server has run there is no link, and no database is made', async () => {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, 'mistyped');
  const { status, stdout, stderr } = await runCommand(['sign-in'], { WAYBILL_DATA_DIR: dataDir });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /No server has run on .*mistyped yet.*WAYBILL_DATA_DIR/);
  assert.equal(existsSync(dataDir), false);
});
