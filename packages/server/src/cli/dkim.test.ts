import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSigningKeys } from '../relay/signing/signing.ts';
import { loadConfig } from '../config/load.ts';
import { capturedIo } from '../../test/support/captured-io.ts';
import { temporaryDirectory } from '../../test/support/temp-dir.ts';
import { run } from './dkim.ts';

const NOW = Date.UTC(2026, 10, 23);

interface Printed {
  setting: string;
  records: { name: string; value: string; strings: string[]; file: string }[];
}

test('create makes keys that nobody else reads, and the printed setting makes Waybill use them', async () => {
  await using directory = await temporaryDirectory();
  const io = capturedIo({ dataDir: directory.path }, { now: NOW });
  assert.equal(await run(['create', 'Example.ORG', '--json'], io), 0);
  const { setting, records } = JSON.parse(io.out()) as Printed;
  assert.deepEqual(
    records.map(({ name }) => name),
    ['waybill202611-rsa._domainkey.example.org', 'waybill202611-ed25519._domainkey.example.org'],
  );
  for (const { file } of records) assert.equal((await stat(file)).mode & 0o777, 0o600);
  const [name = '', value] = setting.split('=');
  const { dkimKeys } = loadConfig({ [name]: value });
  const keys = loadSigningKeys(dkimKeys);
  assert.deepEqual(
    keys.map(({ domain, selector, algorithm }) => [domain, selector, algorithm]),
    [
      ['example.org', 'waybill202611-rsa', 'rsa-sha256'],
      ['example.org', 'waybill202611-ed25519', 'ed25519-sha256'],
    ],
  );
  for (const [index, { value: record, strings, file }] of records.entries()) {
    assert.equal(strings.join(''), record);
    assert.ok(strings.every((text) => text.length <= 255));
    const [, kind = '', published = ''] = /^v=DKIM1; k=(\w+); p=(\S+)$/.exec(record) ?? [];
    const spki = createPublicKey(await readFile(file)).export({ type: 'spki', format: 'der' });
    const expected = kind === 'rsa' ? spki : spki.subarray(-32);
    assert.equal(published, expected.toString('base64'));
    assert.equal(kind, index === 0 ? 'rsa' : 'ed25519');
  }
});

test('a key is never written over; another selector makes others, and show says which are used', async () => {
  await using directory = await temporaryDirectory();
  const call = async (...args: string[]) => {
    const io = capturedIo({ dataDir: directory.path }, { now: NOW });
    return { status: await run(args, io), out: io.out(), err: io.err() };
  };
  assert.match((await call('show')).err, /There is no key/);
  assert.equal((await call('create', 'example.org')).status, 0);
  const again = await call('create', 'example.org');
  assert.equal(again.status, 1);
  assert.match(again.err, /is there already: choose another --selector/);
  assert.equal((await call('create', 'example.org', '--selector', 'waybill202612')).status, 0);
  assert.equal((await readdir(join(directory.path, 'dkim'))).length, 4);
  const { out } = await call('show', 'example.org');
  assert.match(out, /^waybill202611-rsa\._domainkey\.example\.org\. IN TXT \( "v=DKIM1; k=rsa; p=/m);
  assert.match(out, /^ {4}"\S+" \)$/m, 'a long key is in two pieces');
  assert.equal(out.match(/ IN TXT /g)?.length, 4);
  assert.match(
    out,
    /^WAYBILL_DKIM_KEYS=example\.org:waybill202612-rsa:[^,]+,example\.org:waybill202612-ed25519:[^,]+$/m,
  );
});

test('what is no domain, selector or action is refused', async () => {
  await using directory = await temporaryDirectory();
  for (const [args, status] of [
    [[], 2],
    [['create'], 2],
    [['delete', 'example.org'], 2],
    [['create', 'localhost'], 1],
    [['create', '../example.org'], 1],
    [['create', 'example.org', '--selector', 'a/b'], 1],
  ] as const) {
    const io = capturedIo({ dataDir: directory.path });
    assert.equal(await run([...args], io), status, args.join(' '));
    assert.notEqual(io.err(), '');
  }
  assert.deepEqual(await readdir(directory.path), []);
});
