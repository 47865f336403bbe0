import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { AppError } from '../../src/kernel/errors.ts';
import type { RelaySettings } from '../../src/relay/relay.ts';
import { keyRecord, newSigningKey, type KeyRecord } from '../../src/relay/signing/signing.ts';
import { startTestRelay, submit, type TestRelay } from '../support/relay.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost, type TestSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const PYTHON_VERIFIER = fileURLToPath(new URL('verify-with-python.py', import.meta.url));

interface Signing {
  directory: string;
  relay: TestRelay;
  smarthost: TestSmarthost;
  records: KeyRecord[];
  /** Submits and gives what the next mail server got. */
  send(raw: string): Promise<string>;
}

/** A relay that signs for example.org with an RSA and an Ed25519 key. */
async function signingRelay(t: TestContext, settings: Partial<RelaySettings> = {}): Promise<Signing> {
  const directory = await temporaryDirectory();
  const smarthost = await startSmarthost({ maxAllowedUnauthenticatedCommands: 1_000 });
  const dkimKeys = (['rsa-sha256', 'ed25519-sha256'] as const).map((algorithm) => {
    const path = join(directory.path, `${algorithm}.pem`);
    writeFileSync(path, newSigningKey(algorithm));
    return { domain: 'example.org', selector: algorithm.split('-')[0] ?? '', path };
  });
  const relay = await startTestRelay(directory.path, {
    settings: { smarthostUrl: smarthost.url, publicUrl: 'https://track.example.org', dkimKeys, ...settings },
    tuning: { dkimKeyCheckMs: 20 },
  });
  t.after(async () => {
    await relay.close();
    await smarthost.close();
    await directory[Symbol.asyncDispose]();
  });
  return {
    directory: directory.path,
    relay,
    smarthost,
    records: dkimKeys.map((key) => keyRecord(readFileSync(key.path, 'utf8'), key)),
    send: async (raw) => {
      const before = smarthost.mails.length;
      assert.match(await submit(relay, raw), /^250/);
      return eventually('the mail goes out', async () => smarthost.mails[before]?.raw);
    },
  };
}

const HTML_MAIL = [
  'From: Ann <ann@example.org>',
  'To: bob@example.net',
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'Message-ID: <1@example.org>',
  'MIME-Version: 1.0',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  '<p>Gr\xc3\xbc\xc3\x9fe   from <a href="https://example.org/offer">here</a> </p>',
  '.starts with a dot',
  '\t',
  '',
  '',
].join('\r\n');
const TEXT_MAIL = HTML_MAIL.replace('text/html', 'text/plain');

async function mailauthResults(raw: string, records: readonly KeyRecord[]): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(raw, 'latin1'), {
    resolver: async (name: string) =>
      records.filter((record) => record.name === name).map(({ strings }) => strings),
  });
  return results.map(({ selector, status }) => `${selector} ${status.result}`);
}

/** Debian's python3-dkim, as its `dkimverify` uses it. */
function pythonResults(raw: string, records: readonly KeyRecord[]): string[] {
  const keys = Object.fromEntries(records.map(({ name, value }) => [name, value]));
  const input = JSON.stringify({ keys, raw: Buffer.from(raw, 'latin1').toString('base64') });
  return JSON.parse(
    execFileSync('/usr/bin/python3', [PYTHON_VERIFIER], { input, encoding: 'utf8' }),
  ) as string[];
}

/** OpenDKIM in its test mode, with a file of keys instead of the DNS. */
function opendkimResults(raw: string, records: readonly KeyRecord[], directory: string): string[] {
  const [conf, keys, mail] = ['opendkim.conf', 'opendkim.keys', 'mail.eml'].map((name) =>
    join(directory, name),
  );
  assert.ok(conf !== undefined && keys !== undefined && mail !== undefined);
  writeFileSync(keys, records.map(({ name, value }) => `${name} ${value}\n`).join(''));
  writeFileSync(conf, `Mode v\nTestPublicKeys ${keys}\n`);
  writeFileSync(mail, Buffer.from(raw, 'latin1'));
  const said = execFileSync('/usr/sbin/opendkim', ['-x', conf, '-v', '-v', '-t', mail], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  // In its last line, `dkim-atps`, it speaks of third parties, of which there are none.
  return [...said.matchAll(/dkim=(\w+).*?header\.s=(\w+)/g)].map(
    ([, result, selector]) => `${selector} ${result}`,
  );
}

const BOTH_PASS = ['rsa pass', 'ed25519 pass'];

test('what goes out is signed with both keys, and mailauth, python3-dkim and OpenDKIM say so', async (t) => {
  const { send, records, directory } = await signingRelay(t);
  for (const mail of [HTML_MAIL, TEXT_MAIL]) {
    const sent = await send(mail);
    assert.equal(sent.includes('track.example.org'), mail === HTML_MAIL);
    if (mail === TEXT_MAIL) assert.ok(sent.endsWith(TEXT_MAIL), 'below the signature nothing has changed');
    assert.deepEqual(await mailauthResults(sent, records), BOTH_PASS);
    assert.deepEqual(pythonResults(sent, records), BOTH_PASS);
    assert.deepEqual(opendkimResults(sent, records, directory), BOTH_PASS);
    const tampered = sent.replace('Subject: ', 'Subject: Re: ');
    for (const results of [
      await mailauthResults(tampered, records),
      pythonResults(tampered, records),
      opendkimResults(tampered, records, directory),
    ])
      assert.doesNotMatch(results.join(), /pass/);
  }
});

test('a mail that its own domain signed is tracked, and signed anew', async (t) => {
  const { send, records } = await signingRelay(t);
  const signature = 'DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=old; h=from; bh=AAAA; b=BBBB\r\n';
  const sent = await send(signature + HTML_MAIL);
  assert.match(sent, /track\.example\.org/);
  assert.doesNotMatch(sent, /s=old/);
  assert.deepEqual(await mailauthResults(sent, records), BOTH_PASS);
});

test('a mail that another domain signed stays as it is below our signature', async (t) => {
  const { send, records } = await signingRelay(t);
  const signed = `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from; bh=AAAA; b=BBBB\r\n${HTML_MAIL}`;
  const sent = await send(signed);
  assert.ok(sent.endsWith(signed));
  assert.deepEqual((await mailauthResults(sent, records)).slice(0, 2), BOTH_PASS);
});

test('without a key for its domain, in an ARC chain, or as a stranger’s mail in the filter, a mail is not signed', async (t) => {
  const { send, relay, smarthost } = await signingRelay(t, { filter: { host: '127.0.0.1', port: 0 } });
  const other = TEXT_MAIL.replace('ann@example.org', 'ann@example.com');
  assert.equal(await send(other), other);
  const sealed = `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.com; s=x; t=1; b=AAAA\r\n${TEXT_MAIL}`;
  assert.equal(await send(sealed), sealed);
  // Whoever writes to this company may claim to be of it: passing the filter must not make it true.
  assert.ok(relay.relay.filter);
  const client = await SmtpDialogue.open(relay.relay.filter);
  await client.command('EHLO test');
  await client.command('MAIL FROM:<mallory@example.com>');
  await client.command('RCPT TO:<bob@example.net>');
  await client.command('DATA');
  client.write(`${TEXT_MAIL.replaceAll(/^\./gm, '..')}.\r\n`);
  assert.match(await client.reply(), /^250/);
  client.close();
  assert.equal(await eventually('it passes', async () => smarthost.mails[2]?.raw), TEXT_MAIL);
});

test("Waybill's own mail is signed as well", async (t) => {
  const { relay, smarthost, records } = await signingRelay(t, {
    notifyFrom: 'Waybill <waybill@mail.example.org>',
  });
  await relay.relay.ownMail.send({
    workspaceId: relay.workspaceId,
    to: 'ann@example.org',
    subject: 'Read',
    text: 'Bob has read it.',
    idempotencyKey: '1',
  });
  const sent = await eventually('the notification goes out', async () => smarthost.mails[0]?.raw);
  assert.deepEqual(await mailauthResults(sent, records), BOTH_PASS);
});

test('a key that changes is used at once; one that is broken does not replace the one before', async (t) => {
  const { send, records, directory } = await signingRelay(t);
  const path = join(directory, 'ed25519-sha256.pem');
  writeFileSync(`${path}.new`, 'half a key');
  renameSync(`${path}.new`, path);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(await mailauthResults(await send(TEXT_MAIL), records), BOTH_PASS);
  const pem = newSigningKey('ed25519-sha256');
  const changed = [
    records[0] as KeyRecord,
    keyRecord(createPrivateKey(pem), { domain: 'example.org', selector: 'ed25519' }),
  ];
  writeFileSync(`${path}.new`, pem);
  renameSync(`${path}.new`, path);
  await eventually('the new key is used', async () => {
    const results = await mailauthResults(await send(TEXT_MAIL), changed);
    return results.join() === BOTH_PASS.join();
  });
});

test('keys that cannot be used are named at the start, each with its reason', async (t) => {
  const directory = await temporaryDirectory();
  t.after(() => directory[Symbol.asyncDispose]());
  const file = (name: string, text: string): string => {
    const path = join(directory.path, name);
    writeFileSync(path, text);
    return path;
  };
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const paths = [
    join(directory.path, 'missing.pem'),
    file('no-key.pem', 'nothing'),
    file('public.pem', ec.publicKey.export({ type: 'spki', format: 'pem' })),
    file('ec.pem', ec.privateKey.export(pem)),
    file('short.pem', generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey.export(pem)),
    file('one.pem', newSigningKey('ed25519-sha256')),
    file('two.pem', newSigningKey('ed25519-sha256')),
    directory.path,
  ];
  const dkimKeys = paths.map((path, index) => ({ domain: 'example.org', selector: `s${index}`, path }));
  await assert.rejects(startTestRelay(directory.path, { settings: { dkimKeys } }), (error: unknown) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'misconfigured');
    const [, ...problems] = error.message.split('\n  ');
    assert.deepEqual(
      problems.map((problem) => problem.replaceAll(`${directory.path}/`, '').replace(/: E.*/, '')),
      [
        'missing.pem is not there',
        'no-key.pem holds no private key in PEM form without a password',
        'public.pem holds a public key: the private one is needed',
        'ec.pem holds a key that is neither RSA nor Ed25519',
        'short.pem holds an RSA key of 768 bits, which nobody accepts: make one of 2048',
        `${directory.path} cannot be read`,
        'there are two Ed25519 keys for example.org: name one',
      ],
    );
    return true;
  });
});
