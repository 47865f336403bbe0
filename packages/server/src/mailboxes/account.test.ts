import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readMailboxAccounts } from './account.ts';

test('everything an account says is read, percent-encoded', () => {
  const [account] = readMailboxAccounts(
    'imaps://ann%40example.org:p%40ss%2F%3A%20w@Mail.Example.org/?address=Ann@Example.org&sent=Gesendete%20Objekte&watch=inbox,Junk%20E-Mail,INBOX&workspace=7',
  );
  assert.deepEqual(account, {
    id: 'ann@example.org@mail.example.org:993',
    number: 1,
    address: 'ann@example.org',
    workspaceId: 7,
    host: 'mail.example.org',
    port: 993,
    implicitTls: true,
    tls: 'verify',
    user: 'ann@example.org',
    password: 'p@ss/: w',
    watch: ['INBOX', 'Junk E-Mail'],
    sent: 'Gesendete Objekte',
  });
});

test('several accounts stand on lines of their own, or behind commas', () => {
  const text =
    'imaps://a%40x.org:p@h.org/?watch=INBOX,Junk,\n imap://b%40x.org:p@127.0.0.1, imaps://c%40x.org:p@h.org';
  const accounts = readMailboxAccounts(text);
  assert.deepEqual(
    accounts.map(({ address, port, tls, watch, sent }) => [address, port, tls, watch, sent]),
    [
      ['a@x.org', 993, 'verify', ['INBOX', 'Junk'], undefined],
      ['b@x.org', 143, 'opportunistic', ['INBOX'], undefined],
      ['c@x.org', 993, 'verify', ['INBOX'], undefined],
    ],
  );
  assert.deepEqual(readMailboxAccounts(' \n '), []);
});

test('a password is never sent unprotected to another machine', () => {
  const tlsOf = (url: string): string | undefined => readMailboxAccounts(url)[0]?.tls;
  assert.equal(tlsOf('imap://a%40x.org:p@h.org'), 'verify');
  assert.equal(tlsOf('imap://a%40x.org:p@h.org/?tls=require'), 'require');
  assert.equal(tlsOf('imaps://a%40x.org:p@h.org/?tls=opportunistic'), 'require');
  assert.equal(tlsOf('imap://a%40x.org:p@[::1]/?tls=off'), 'off');
  for (const tls of ['off', 'opportunistic']) {
    assert.throws(() => tlsOf(`imap://a%40x.org:p@h.org/?tls=${tls}`), /would send its password unprotected/);
  }
});

test('what is wrong is said with the account’s number, and without its password', () => {
  const wrong: Record<string, RegExp> = {
    'imaps://ann:secret@h.org': /account 1 needs address=/,
    'imaps://a%40x.org:secret@h.org/INBOX': /has a path \(\/INBOX\): folders are named with watch= and sent=/,
    'imaps://a%40x.org:secret@h.org/?folder=x':
      /unknown folder=: address, workspace, watch, sent, tls, auth are known/,
    'imaps://a%40x.org:secret@h.org/?watch=': /has nothing to do/,
    'imaps://a%40x.org:secret@h.org/?workspace=mine': /workspace= that is not the number/,
    'imaps://a%40x.org:secret@h.org/?tls=maybe': /unknown tls=maybe/,
    'imaps://a%40x.org:secret@h.org/?tls=off': /cannot be imaps:\/\/ with tls=off/,
    'imaps://a%40x.org:100%secret@h.org': /password that is not percent-encoded/,
    'https://a%40x.org:secret@h.org': /must begin with imaps/,
    'imaps://a%40x.org@h.org': /needs a password, or auth=oauth/,
    'imaps://a%40x.org:secret@h.org/?auth=oauth': /has a password and auth=oauth: keep one/,
    'imaps://a%40x.org:secret@h.org/?auth=kerberos': /unknown auth=kerberos: password and oauth/,
    'imaps://a%40x.org:secret@h.org imaps://a%40x.org:secret@H.org/?sent=auto':
      /account 2 signs in as account 1/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    assert.throws(
      () => readMailboxAccounts(text),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
      text,
    );
  }
});

test('any password and folder name comes out as it went in', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => text.trim() === text && !text.includes(','));
  fc.assert(
    fc.property(name, name, (password, folder) => {
      const query = `sent=${encodeURIComponent(folder)}`;
      const [account] = readMailboxAccounts(
        `imaps://a%40x.org:${encodeURIComponent(password)}@h.org/?${query}`,
      );
      assert.deepEqual([account?.password, account?.sent], [password, folder]);
    }),
  );
});
