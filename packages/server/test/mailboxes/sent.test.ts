import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { IMAP_PASSWORD, noDovecot, startDovecot, type TestDovecot } from '../support/dovecot.ts';
import { accountOf, ANN, openBench, type MailboxBench } from '../support/mailbox-bench.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const skip = noDovecot;
const ID = '<parcel-1@example.org>';
/** With what a careless client would change: 8-bit bytes, a NUL-free control byte, a line of its own length. */
const RAW = Buffer.from(
  `From: Ann <${ANN}>\r\nTo: bob@example.net\r\nBcc: cleo@example.com\r\nSubject: Gr\xfc\xdfe \xff\r\nMessage-ID: ${ID}\r\n` +
    `\r\n.\r\n\x07 caf\xe9 ${'x'.repeat(990)}\r\nno line end`,
  'latin1',
);

test('a copy is in Sent once, byte for byte, read, with the date of the mail', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot, 'sent=auto') });
  bench.mailboxes.start();
  await bench.sentCopy(ID, RAW);
  await ended(bench, { appended: 1 });
  const [copy, ...none] = await folder(dovecot, 'Sent');
  assert.deepEqual(none, []);
  assert.deepEqual(copy?.source, RAW);
  assert.deepEqual(copy.flags, [String.raw`\Seen`]);
  assert.ok(Math.abs(copy.date - (Date.now() - 60_000)) < 30_000);
  const row = await bench.engine.db.selectFrom('sent_copies').selectAll().executeTakeFirstOrThrow();
  assert.equal(row.raw, null, 'the content is forgotten');
});

test('a copy that the mail program has put there itself stays the only one', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  const timing = { sentAfterMs: 3_000 };
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot, 'sent=Sent'), timing });
  bench.mailboxes.start();
  await bench.sentCopy(ID, RAW);
  assert.deepEqual(await folder(dovecot, 'Sent'), [], 'the mail program has its time');
  await withClient(dovecot, (client) => client.append('Sent', RAW, [String.raw`\Seen`]));
  await ended(bench, { found: 1 });
  assert.equal((await folder(dovecot, 'Sent')).length, 1);
});

test('after an end between the append and its note there is still one copy', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  const first = await openBench(directory.path, { accounts: accountOf(dovecot, 'sent=auto') });
  first.mailboxes.start();
  await first.sentCopy(ID, RAW);
  await ended(first, { appended: 1 });
  await first.engine.db.updateTable('sent_copies').set({ state: 'waiting', raw: RAW }).execute();
  await first.close();
  await using second = await openBench(directory.path, { accounts: accountOf(dovecot, 'sent=auto') });
  second.mailboxes.start();
  await ended(second, { found: 1 });
  assert.equal((await folder(dovecot, 'Sent')).length, 1);
});

test('copies wait for a mail server that is away', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  await dovecot.stop();
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot, 'sent=auto') });
  bench.mailboxes.start();
  const ids = Array.from({ length: 25 }, (_, n) => `<parcel-${n}@example.org>`);
  for (const id of ids)
    await bench.sentCopy(id, Buffer.from(RAW.toString('latin1').replace(ID, id), 'latin1'));
  await eventually(
    'the trouble is told',
    async () => bench.mailboxes.states()[0]?.sentTrouble?.kind === 'network',
  );
  await dovecot.start();
  await ended(bench, { appended: 25 });
  assert.equal((await folder(dovecot, 'Sent')).length, 25);
  assert.equal(bench.mailboxes.states()[0]?.sentTrouble, undefined);
});

test('a copy that the server never takes holds up no other, and is given up in time', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot({
    extra:
      'mail_plugins = quota\nplugin {\n  quota = maildir:User\n  quota_rule = *:storage=20K\n  quota_max_mail_size = 10K\n}\n',
  });
  const timing = { sentExpiryMs: 62_000 };
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot, 'sent=auto'), timing });
  bench.mailboxes.start();
  await bench.sentCopy('<big@example.org>', Buffer.concat([RAW, Buffer.alloc(15_000, 'x\r\n')]));
  await bench.sentCopy(ID, RAW);
  await ended(bench, { appended: 1 });
  await ended(bench, { appended: 1, failed: 1 });
  const { last_error: error } = await bench.engine.db
    .selectFrom('sent_copies')
    .select('last_error')
    .where('state', '=', 'failed')
    .executeTakeFirstOrThrow();
  assert.match(error ?? '', /refused/);
});

async function ended(
  { mailboxes }: MailboxBench,
  wanted: Partial<Awaited<ReturnType<MailboxBench['mailboxes']['sentCopyCounts']>>>,
): Promise<void> {
  await eventually(`copies end as ${JSON.stringify(wanted)}`, async () => {
    const counts = await mailboxes.sentCopyCounts();
    return Object.entries(wanted).every(([state, count]) => counts[state as keyof typeof counts] === count);
  });
}

async function withClient<T>({ imap }: TestDovecot, work: (client: ImapFlow) => Promise<T>): Promise<T> {
  const client = new ImapFlow({
    ...imap,
    secure: false,
    auth: { user: ANN, pass: IMAP_PASSWORD },
    logger: false,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.logout();
  }
}

async function folder(
  dovecot: TestDovecot,
  name: string,
): Promise<{ source: Buffer | undefined; flags: string[]; date: number }[]> {
  return withClient(dovecot, async (client) => {
    const { exists } = await client.mailboxOpen(name, { readOnly: true });
    const query = { source: true, flags: true, internalDate: true };
    const messages = exists === 0 ? [] : await client.fetchAll('1:*', query);
    return messages.map(({ source, flags, internalDate }) => ({
      source,
      flags: [...(flags ?? [])].filter((flag) => flag !== String.raw`\Recent`),
      date: new Date(internalDate ?? 0).getTime(),
    }));
  });
}
