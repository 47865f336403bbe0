import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { checkCertificate } from '../../src/cli/doctor/certificate.ts';
import { checkDataDirectory } from '../../src/cli/doctor/data-directory.ts';
import { run } from '../../src/cli/doctor/doctor.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { ofSmarthost } from '../../src/cli/doctor/mail-servers.ts';
import { checkNames, type NameServer } from '../../src/cli/doctor/names.ts';
import { checkSmarthost } from '../../src/relay/relay.ts';
import { keyRecord, newSigningKey } from '../../src/relay/signing/signing.ts';
import { capturedIo } from '../support/captured-io.ts';
import { runCommand } from '../support/run-command.ts';
import { startServer } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

interface Report {
  ok: boolean;
  findings: Finding[];
}

const none = async (): Promise<never> => {
  throw Object.assign(new Error('no such record'), { code: 'ENODATA' });
};
const nobody: NameServer = { resolve4: none, resolve6: none, resolveMx: none, resolveTxt: none };

function levels(findings: readonly Finding[]): string[] {
  return findings.map(({ level, text }) => `${level}: ${text}`);
}

test('beside a running server its ports are its own; another program on a port is a problem that names the setting', async () => {
  await using directory = await temporaryDirectory();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const settings = {
    WAYBILL_DATA_DIR: directory.path,
    WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
    WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
  };
  const free = { ...settings, WAYBILL_SMTP_LISTEN: 'off' };
  try {
    const alone = await runCommand(['doctor', '--json'], { ...free, WAYBILL_EDGE_LISTEN: taken });
    assert.equal(alone.status, 1);
    const before = JSON.parse(alone.stdout) as Report;
    assert.equal(before.ok, false);
    const port = before.findings.find(({ level, topic }) => topic === 'ports' && level === 'problem');
    assert.match(`${port?.text} ${port?.advice}`, /in use by another program .*WAYBILL_EDGE_LISTEN/);
    const server = await startServer(directory.path, { WAYBILL_SMTP_LISTEN: 'off' });
    try {
      const beside = JSON.parse((await runCommand(['doctor', '--json'], free)).stdout) as Report;
      const ports = beside.findings.filter(({ topic }) => topic === 'ports');
      assert.equal(ports.length, 2);
      for (const { level, text } of ports) assert.match(`${level}: ${text}`, /^ok: .* is this Waybill’s/);
      const rest = beside.findings.filter(({ topic }) =>
        ['settings', 'data directory', 'clock'].includes(topic),
      );
      assert.deepEqual(
        rest.filter(({ level }) => level === 'problem'),
        [],
      );
    } finally {
      await server.stop();
    }
  } finally {
    other.close();
    await once(other, 'close');
  }
});

test('wrong settings are a finding, not a crash', async () => {
  const { status, stdout } = await runCommand(['doctor'], { WAYBILL_HTTP_LISTEN: 'nowhere' });
  assert.equal(status, 1);
  assert.match(stdout, /✗ settings .*WAYBILL_HTTP_LISTEN is not HOST:PORT/s);
});

test('a key that others may read is a problem, and the advice mends it', async () => {
  await using directory = await temporaryDirectory();
  await mkdir(join(directory.path, 'keys'));
  const key = join(directory.path, 'keys', 'token-1.key');
  await writeFile(key, 'x', { mode: 0o644 });
  const found = await checkDataDirectory(directory.path, process.getuid?.());
  const problem = found.find(({ level }) => level === 'problem');
  assert.match(problem?.advice ?? '', new RegExp(`chmod 600 ${key}`));
  await chmod(key, 0o600);
  await chmod(directory.path, 0o755);
  const open = await checkDataDirectory(directory.path, process.getuid?.());
  assert.deepEqual(
    open.filter(({ level }) => level === 'warning').map(({ advice }) => advice),
    [`chmod 700 ${directory.path}`],
  );
  const foreign = await checkDataDirectory(directory.path, 4_242_424);
  assert.match(levels(foreign)[0] ?? '', /^warning: .* belongs to user/);
});

test('DNS: no record, another key, a private address, and all as it should be', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'key.pem');
  const pem = newSigningKey('ed25519-sha256');
  await writeFile(path, pem);
  const key = { domain: 'example.org', selector: 'w', path };
  const names = { publicUrl: 'https://track.example.org', verpDomain: 'b.example.org', dkimKeys: [key] };
  const missing = await checkNames(names, nobody);
  assert.deepEqual(
    missing.map(({ level }) => level),
    ['problem', 'problem', 'warning', 'problem'],
  );
  assert.ok(missing.every(({ advice }) => (advice ?? '').length > 10));

  const record = keyRecord(pem, key);
  const published: NameServer = {
    resolve4: async () => ['203.0.113.5'],
    resolve6: none,
    resolveMx: async () => [{ exchange: 'mx.example.org', priority: 10 }],
    // In two pieces, and with blanks: as it is seen.
    resolveTxt: async (name) =>
      name === record.name
        ? [['v=DKIM1; k=ed25519; ', record.value.replace(/^.*p=/, ' p= ')]]
        : [['v=spf1 mx -all']],
  };
  assert.deepEqual(
    (await checkNames(names, published)).map(({ level }) => level),
    ['ok', 'ok', 'ok', 'ok'],
  );
  const other = {
    ...published,
    resolve4: async () => ['192.168.1.4'],
    resolveTxt: async () => [['v=DKIM1; p=AAAA']],
  };
  const wrong = levels(await checkNames(names, other));
  assert.match(wrong[0] ?? '', /^warning: .*only your own network/);
  assert.match(wrong.at(-1) ?? '', /^problem: .*another key/);
  const broken = await checkNames(names, {
    ...nobody,
    resolve4: async () => Promise.reject(Object.assign(new Error('timeout'), { code: 'ETIMEOUT' })),
  });
  assert.match(levels(broken)[0] ?? '', /^warning: .*could not be looked up/);
});

test('the certificate: valid, about to expire, expired, and a key of another one', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  await server.stop();
  // Certificate and key are in one file.
  const file = join(directory.path, 'tls', 'smtp.pem');
  const files = { certFile: file, keyFile: file };
  const at = async (now: number): Promise<string> =>
    levels(await checkCertificate({ files, isPublic: true, now }))[0] ?? '';
  const valid = await at(Date.now());
  const until = Date.parse(/until (\S+)/.exec(valid)?.[1] ?? '');
  assert.match(valid, /^ok: /);
  assert.match(await at(until - 3 * 86_400_000), /^warning: .*expires on/);
  assert.match(await at(until + 2 * 86_400_000), /^problem: .*expired on/);
  const keyFile = join(directory.path, 'other.pem');
  await writeFile(keyFile, newSigningKey('rsa-sha256'));
  const [mismatch] = await checkCertificate({
    files: { certFile: file, keyFile },
    isPublic: true,
    now: Date.now(),
  });
  assert.match(`${mismatch?.level} ${mismatch?.text}`, /^problem .*is not the key of/);
});

test('the smarthost: takes our sign-in, refuses it, is not there', async () => {
  const smarthost = await startSmarthost();
  const url = (password: string): string => `smtp://ann:${password}@127.0.0.1:${smarthost.port}?tls=off`;
  try {
    const good = await checkSmarthost(url('right'));
    assert.equal(good.problem, undefined);
    assert.equal(good.isSignedIn, true);
    assert.match(levels(ofSmarthost(good, false))[0] ?? '', /^ok: .* signed in/);
    const [bad] = ofSmarthost(await checkSmarthost(url('wrong')), false);
    assert.equal(bad?.level, 'problem');
    assert.doesNotMatch(bad?.text ?? '', /wrong/, 'no password');
  } finally {
    await smarthost.close();
  }
  const [gone] = ofSmarthost(await checkSmarthost(url('right')), false);
  assert.match(levels(gone === undefined ? [] : [gone])[0] ?? '', /^problem: .*ECONNREFUSED/);
});

test('on a terminal topics and texts stand below each other, and what to do is behind an arrow', async () => {
  const io = capturedIo({}, { isTty: true });
  const findings: Finding[] = [
    { topic: 'disk', level: 'ok', text: 'one' },
    { topic: 'disk', level: 'warning', text: 'two', advice: 'mend it '.repeat(30).trim() },
    { topic: 'data directory', level: 'problem', text: 'three', advice: 'now' },
    { topic: 'clock', level: 'unknown', text: 'four' },
  ];
  assert.equal(await run([], io, async () => findings), 1);
  const lines = stripVTControlCharacters(io.out()).split('\n');
  const column = lines[1]?.indexOf('one');
  assert.ok(column !== undefined && column > 0);
  for (const text of ['two', 'three', 'four', '→ mend']) {
    assert.equal(lines.find((line) => line.includes(text))?.indexOf(text), column, text);
  }
  assert.deepEqual(
    lines.slice(1, 3).map((line) => line.slice(0, column).trim()),
    ['✓ disk', '!'],
  );
  assert.ok(lines.every((line) => line.length <= 110));
  assert.match(lines.join('\n'), /1 problem and 1 warning\./);
  assert.equal(await run([], capturedIo({}), async () => findings.slice(0, 2)), 0, 'warnings are no failure');
});
