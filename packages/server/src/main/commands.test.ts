import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { runCommand } from '../../test/support/run-command.ts';

test('--version says the version of the package, and no command is a wrong call that lists them', async () => {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  assert.deepEqual(await runCommand(['--version'], {}), {
    status: 0,
    stdout: `waybill ${version}\n`,
    stderr: '',
  });
  const none = await runCommand([], {});
  assert.deepEqual([none.status, none.stdout], [2, '']);
  assert.match(none.stderr, /Usage: waybill COMMAND/);
});
