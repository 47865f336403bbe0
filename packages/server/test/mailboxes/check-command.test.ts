import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noDovecot, startDovecot } from '../support/dovecot.ts';
import { accountOf } from '../support/mailbox-bench.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test('waybill mailbox check says what works in each mailbox', { skip: noDovecot }, async () => {
  await using dovecot = await startDovecot();
  const accounts = [
    accountOf(dovecot, 'watch=INBOX,Junk&sent=auto'),
    accountOf(dovecot, 'watch=Nowhere', 'bob@example.org'),
    accountOf(dovecot, '', 'cleo@example.org').replace(':pass@', ':wrong@'),
  ].join('\n');
  const { status, stdout, stderr } = await waybill(accounts, ['mailbox', 'check']);
  const where = `127.0.0.1:${dovecot.imap.port}`;
  assert.equal(stderr, '');
  assert.equal(
    stdout.replace(/\((?:\[.*?)?Authentication failed\.?\)/, '(…)'),
    [
      `1. ann@example.org at ${where}`,
      '   signed in, not encrypted',
      '   INBOX: 0 messages, new mail is seen at once',
      '   Junk: 0 messages, new mail is seen at once',
      '   copies of sent mail: into Sent',
      `2. bob@example.org at ${where}`,
      '   signed in, not encrypted',
      '   Nowhere: There is no folder "Nowhere".',
      '   copies of sent mail: none wanted',
      `3. cleo@example.org at ${where}`,
      '   127.0.0.1 does not accept the user name and password (…). Some services want a password for this program alone (app password).',
      '',
    ].join('\n'),
  );
  assert.equal(status, 1);
  const json = await waybill(accountOf(dovecot), ['mailbox', 'check', '--json']);
  assert.equal(json.status, 0);
  const { mailboxes } = JSON.parse(json.stdout) as { mailboxes: unknown[] };
  assert.deepEqual(mailboxes, [
    {
      account: { number: 1, address: 'ann@example.org', host: '127.0.0.1', port: dovecot.imap.port },
      isEncrypted: false,
      hasIdle: true,
      folders: [{ name: 'INBOX', messages: 0 }],
    },
  ]);
});

test('a mailbox that is written wrongly is named without its password', async () => {
  const { status, stdout, stderr } = await waybill('imaps://ann:top-secret@mail.example.org', [
    'mailbox',
    'check',
  ]);
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /WAYBILL_IMAP_ACCOUNTS: account 1 needs address=/);
  assert.ok(!stderr.includes('top-secret'));
});

async function waybill(
  accounts: string,
  args: string[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], WAYBILL_IMAP_ACCOUNTS: accounts };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [ENTRY, ...args], { env }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
