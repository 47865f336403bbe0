import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run as status } from '../../src/cli/status.ts';
import { capturedIo } from '../support/captured-io.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { apiServer, problem } from './api-server.ts';

async function dataDirOf(t: TestContext, local?: unknown): Promise<string> {
  const directory = await temporaryDirectory();
  t.after(() => directory[Symbol.asyncDispose]());
  const dataDir = directory.path;
  if (local !== undefined) {
    await mkdir(join(dataDir, 'run'));
    await writeFile(
      join(dataDir, 'run', 'local.json'),
      typeof local === 'string' ? local : JSON.stringify(local),
    );
  }
  return dataDir;
}

test('the server of the data directory is used when the environment names none', async (t) => {
  const { url, requests } = await apiServer(t, {});
  const dataDir = await dataDirOf(t, { url, apiKey: 'local-key', edgeUrl: 'ignored' });
  await status(['WB-0'], capturedIo({ dataDir }));
  assert.equal(requests[0]?.headers.authorization, 'Bearer local-key');
});

test('the environment goes before the data directory', async (t) => {
  const { url, requests } = await apiServer(t, {});
  const dataDir = await dataDirOf(t, { url: 'http://127.0.0.1:1', apiKey: 'local-key' });
  await status(['WB-0'], capturedIo({ dataDir, url, apiKey: 'given-key' }));
  assert.equal(requests[0]?.headers.authorization, 'Bearer given-key');
});

test('the local key is never shown to another server', async (t) => {
  const { url, requests } = await apiServer(t, {});
  const dataDir = await dataDirOf(t, { url: 'http://127.0.0.1:1', apiKey: 'local-key' });
  const io = capturedIo({ dataDir, url });
  assert.equal(await status(['WB-0'], io), 1);
  assert.match(io.err(), /WAYBILL_URL is set, but WAYBILL_API_KEY is not/);
  assert.equal(requests.length, 0);
});

test('no server, a dead one, a damaged file, a bad address and a wrong key each say what to do', async (t) => {
  const cases: [Parameters<typeof capturedIo>[0], RegExp][] = [
    [{ dataDir: await dataDirOf(t) }, /No server runs on .*npm start.*WAYBILL_URL/],
    [
      { dataDir: await dataDirOf(t, { url: 'http://127.0.0.1:1', apiKey: 'k' }) },
      /cannot be reached.*npm start/,
    ],
    [{ dataDir: await dataDirOf(t, '{"url":') }, /local\.json is damaged/],
    [{ url: 'nonsense', apiKey: 'k' }, /WAYBILL_URL is not an address like/],
  ];
  const { url } = await apiServer(t, {
    'GET /api/v1/deliveries/WB-0': (response) =>
      problem(response, { status: 401, code: 'unauthenticated', detail: 'No key is like this.' }),
  });
  cases.push([
    { url, apiKey: 'wrong' },
    /does not know the key: No key is like this\. Check WAYBILL_API_KEY/,
  ]);
  for (const [env, expected] of cases) {
    const io = capturedIo(env);
    assert.equal(await status(['WB-0'], io), 1);
    assert.match(io.err(), expected);
    assert.doesNotMatch(io.err(), / {4}at /, 'no stack trace');
  }
});
