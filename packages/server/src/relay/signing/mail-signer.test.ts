import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { MailSigner } from './mail-signer.ts';
import { keyRecord } from './new-keys.ts';
import type { SigningAlgorithm, SigningKey } from './signature.ts';

const AT = Date.UTC(2026, 10, 23, 12);

function signingKey(domain: string, selector: string, algorithm: SigningAlgorithm): SigningKey {
  const { privateKey } =
    algorithm === 'rsa-sha256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ed25519');
  return { domain, selector, algorithm, key: privateKey };
}

const RSA = signingKey('example.org', 'r', 'rsa-sha256');
const ED25519 = signingKey('example.org', 'e', 'ed25519-sha256');
const OTHER = signingKey('example.net', 'o', 'ed25519-sha256');
const KEYS = [RSA, ED25519, OTHER];

const signer = new MailSigner({ keys: () => KEYS, clock: () => AT });

const MAIL = [
  'From: Ann <ann@example.org>',
  'To: bob@example.net,',
  '\tcarol@example.net',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=  and   more',
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'Message-ID: <1@example.org>',
  '',
  'Hello  there \t ',
  '',
  'Ann',
  '',
  '',
  '',
].join('\r\n');

async function sign(mail: string | Uint8Array, changed = false): Promise<string> {
  const bytes = typeof mail === 'string' ? Buffer.from(mail, 'latin1') : mail;
  return Buffer.from(await signer.sign(bytes, { changed })).toString('latin1');
}

/** What an independent verifier makes of each signature: `d= s= result`. */
async function verified(mail: string): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(mail, 'latin1'), {
    resolver: async (name: string) => {
      const key = KEYS.find(({ selector, domain }) => `${selector}._domainkey.${domain}` === name);
      return key === undefined ? [] : [keyRecord(key.key, key).strings];
    },
  });
  return results.map(
    ({ signingDomain, selector, status }) => `${signingDomain} ${selector} ${status.result}`,
  );
}

const BOTH = ['example.org r pass', 'example.org e pass'];

test('a mail gets a signature of each key of its domain, in front of the same bytes', async () => {
  const signed = await sign(MAIL);
  assert.ok(signed.endsWith(MAIL));
  assert.match(signed, /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.org;\r\n/);
  assert.ok(signed.split('\r\n').every((line) => line.length <= 78));
  assert.deepEqual(await verified(signed), BOTH);
});

test('what is sent again is signed as it was', async () => {
  assert.equal(await sign(MAIL), await sign(MAIL));
});

test('a mail of a domain without a key, of two authors’ domains or of nobody is not signed', async () => {
  const mails = [
    MAIL.replace('ann@example.org', 'ann@example.com'),
    MAIL.replace('Ann <ann@example.org>', 'ann@example.org, mallory@example.com'),
    MAIL.replace('To:', 'From: mallory@example.com\r\nTo:'),
    MAIL.replace('From:', 'X-From:'),
    MAIL.replace('Ann <ann@example.org>', '"ann@example.org" <mallory@example.com>'),
    MAIL.replace('Ann <ann@example.org>', 'ann@notexample.org'),
  ];
  for (const mail of mails) assert.equal(await sign(mail), mail);
});

test('a subdomain is signed for by the nearest domain above it that has a key', async () => {
  assert.deepEqual(await verified(await sign(MAIL.replace('@example.org', '@mail.Example.ORG'))), BOTH);
});

test('nobody can add another From, Subject, recipient or answer address to a signed mail', async () => {
  const signed = await sign(MAIL);
  for (const field of [
    'From: x@example.org',
    'Subject: x',
    'To: x@y.example',
    'Cc: x',
    'Reply-To: x',
    'Date: x',
  ])
    assert.deepEqual(
      await verified(signed.replace('\r\nTo: bob', `\r\n${field}\r\nTo: bob`)),
      ['example.org r fail', 'example.org e fail'],
      field,
    );
});

test('what relays and lists add, refold or put white space into does not break a signature', async () => {
  const signed = await sign(MAIL);
  const changes: [string, string][] = [
    ['DKIM-Signature', 'Received: from a by b; Mon, 23 Nov 2026 12:00:01 +0000\r\nDKIM-Signature'],
    [
      '\r\nTo: bob',
      '\r\nList-Id: <a.example.org>\r\nSender: list@example.com\r\nMIME-Version: 1.0\r\nTo: bob',
    ],
    ['bob@example.net,\r\n\tcarol', 'bob@example.net,  \r\n  carol'],
    ['Hello  there \t ', 'Hello there'],
    ['Ann\r\n\r\n\r\n', 'Ann\r\n'],
  ];
  for (const [from, to] of changes) assert.deepEqual(await verified(signed.replace(from, to)), BOTH, to);
  assert.deepEqual(await verified(signed.replace('Hello', 'Hallo')), [
    'example.org r neutral',
    'example.org e neutral',
  ]);
});

test('what the author’s domain signed stays as it is, until it was changed: then it is signed anew', async () => {
  const signed = await sign(MAIL);
  assert.equal(await sign(signed), signed);
  const again = await sign(signed.replace('Hello', 'Hallo'), true);
  assert.equal(again.match(/^DKIM-Signature:/gm)?.length, 2);
  assert.deepEqual(await verified(again), BOTH);
  const resigns = signer.resigns(Buffer.from(signed));
  assert.deepEqual(['example.org', 'example.net', 'example.com'].map(resigns), [true, false, false]);
});

test('the signature of another domain stays, and ours goes on top', async () => {
  const theirs = (await sign(MAIL.replace('ann@example.org', 'ann@example.net'))).split('From:')[0] ?? '';
  assert.match(theirs, /d=example\.net/);
  for (const changed of [false, true]) {
    const signed = await sign(theirs + MAIL, changed);
    assert.ok(signed.endsWith(theirs + MAIL));
    assert.deepEqual((await verified(signed)).slice(0, 2), BOTH);
  }
});

test('nothing is put into an ARC chain', async () => {
  const mail = `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.com; s=x; t=1; b=\r\n${MAIL}`;
  assert.equal(await sign(mail), mail);
});

test('a mail without a body, without an end of its last line, with fields and bytes of every kind is signed', async () => {
  const header = MAIL.slice(0, MAIL.indexOf('\r\n\r\n'));
  const mails = [
    `${header}\r\n\r\n`,
    `${header}\r\n`,
    `${header}\r\n\r\n\r\n \t\r\n\r\n`,
    `${header}\r\n\r\nno line end`,
    `${header}\r\nX-Odd : a\r\nCc:\r\n x@y.example\r\nReferences:   <a@b>\r\n\t<c@d> \r\n\r\n\xa0\xe9\xff\x00\r\n`,
    `${header}\r\nComments: \xc3\xa0\xa0\r\nDate: again\r\nList-Unsubscribe: <https://a.example/u>\r\n\r\nx\r\n`,
    `${header}\r\n\r\n${'a  b\t\r\n'.repeat(200_000)}`,
    `${header}\r\n\r\n${`${'QUJD'.repeat(19)}\r\n`.repeat(20_000)}`,
  ];
  for (const mail of mails) assert.deepEqual(await verified(await sign(mail)), BOTH);
});

test('an independent verifier agrees, whatever the header and the body are', async () => {
  const word = fc.string({
    unit: fc.constantFrom(' ', '\t', 'a', 'B', ';', ':', '=', '\xe4', '\xa0'),
    maxLength: 20,
  });
  const name = fc.constantFrom(
    'Subject',
    'to',
    'CC',
    'Date',
    'List-Id',
    'Sender',
    'Content-Type',
    'X-Other',
    'Resent-To',
  );
  const folded = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('\r\n a'));
  const fields = fc.array(fc.tuple(name, folded), { maxLength: 12 });
  const line = fc.string({ unit: fc.constantFrom(' ', '\t', 'x', '.', '\xff'), maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fields, fc.array(line, { maxLength: 12 }), async (header, body) => {
      const mail = [
        'From: ann@example.org',
        ...header.map(([field, value]) => `${field}:${value}`),
        '',
        ...body,
      ].join('\r\n');
      assert.deepEqual(await verified(await sign(mail)), BOTH);
    }),
    { numRuns: 150 },
  );
});
