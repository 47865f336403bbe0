import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImapFlow } from 'imapflow';
import type { FolderState } from '../../src/mailboxes/mailboxes.ts';
import { IMAP_PASSWORD, noDovecot, startDovecot, type TestDovecot } from '../support/dovecot.ts';
import { accountOf, ANN, openBench, type MailboxBench } from '../support/mailbox-bench.ts';
import { autoReplyTo, bounceOf, ordinaryMail, receiptOf, replyTo } from '../support/mailbox-mail.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const skip = noDovecot;
const ID = '<parcel-1@example.org>';

test('reports and replies are on the timeline as soon as the server tells of them', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot, 'watch=INBOX,Junk') });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('both folders are watched', async () => isUp(bench));
  const arrivals = [
    ['auto-replied', autoReplyTo(ID)],
    ['receipt', receiptOf(ID)],
    ['replied', replyTo(ID)],
    ['bounced', bounceOf(ID)],
  ] as const;
  for (const [type, raw] of arrivals) {
    await dovecot.deliver(ANN, ordinaryMail(), 'cleo@example.com');
    await dovecot.deliver(ANN, raw, type === 'bounced' ? '' : 'bob@example.net');
    // Without IDLE it would take the ten minutes until the folder is looked at anyway.
    await eventually(type, async () => (await bench.events(delivery)).includes(type));
  }
  await eventually('the last one is counted', async () => countsOf(bench).taken.has('dsn'));
  assert.equal(countsOf(bench).looked, 8);
  const taken = Object.fromEntries(countsOf(bench).taken);
  assert.deepEqual(taken, { 'auto-reply': 1, mdn: 1, reply: 1, dsn: 1 });
});

test(
  'what came before the first start is found, and nothing in the mailbox is changed',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    await dovecot.deliver(ANN, replyTo(ID));
    for (let n = 0; n < 120; n += 1) await dovecot.deliver(ANN, ordinaryMail());
    await dovecot.deliver(ANN, bounceOf(ID));
    await using bench = await openBench(directory.path, { accounts: accountOf(dovecot) });
    const delivery = await bench.sent(ID);
    const before = await flagsOf(dovecot);
    bench.mailboxes.start();
    await eventually('both were found', async () => (await bench.events(delivery)).length === 2);
    assert.deepEqual(await bench.events(delivery), ['replied', 'bounced']);
    await eventually('all was looked at', async () => isUp(bench));
    assert.equal(countsOf(bench).looked, 122);
    assert.deepEqual(await flagsOf(dovecot), before, 'unread mail stays unread');
    const stored = await bench.engine.db.selectFrom('reports').select('parsed').execute();
    assert.equal(stored.length, 2, 'of the other mail nothing is kept');
  },
);

test(
  'the first look goes back to the first mail of the workspace, and not beyond two weeks',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    const day = 86_400_000;
    await append(dovecot, replyTo('<old@example.org>'), new Date(Date.now() - 30 * day));
    await append(dovecot, replyTo(ID), new Date(Date.now() - 3 * day));
    await using bench = await openBench(directory.path, { accounts: accountOf(dovecot) });
    const createdAt = Date.now() - 60 * day;
    const old = await bench.sent('<old@example.org>', { createdAt, sentAt: createdAt });
    const delivery = await bench.sent(ID);
    bench.mailboxes.start();
    await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
    await eventually('all was looked at', async () => isUp(bench));
    assert.deepEqual(await bench.events(old), []);
    assert.equal(countsOf(bench).looked, 1);
  },
);

test('after a restart of Waybill only what is new is looked at', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  for (let n = 0; n < 5; n += 1) await dovecot.deliver(ANN, ordinaryMail());
  const first = await openBench(directory.path, { accounts: accountOf(dovecot) });
  const delivery = await first.sent(ID);
  first.mailboxes.start();
  await eventually('all was looked at', async () => isUp(first));
  await first.close();
  await dovecot.deliver(ANN, replyTo(ID));
  await using second = await openBench(directory.path, { accounts: accountOf(dovecot) });
  second.mailboxes.start();
  await eventually('the reply was found', async () => (await second.events(delivery)).includes('replied'));
  assert.equal(countsOf(second).looked, 1);
});

test('a mail server that restarts is found again, with what came meanwhile', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the folder is watched', async () => isUp(bench));
  await dovecot.stop();
  await eventually('the loss is noticed', async () => !isUp(bench));
  await eventually('and named', async () =>
    /cannot be reached: nothing listens there/.test(troubleOf(bench)?.text ?? ''),
  );
  await dovecot.start();
  await dovecot.deliver(ANN, replyTo(ID));
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
  await eventually('the folder is watched', async () => isUp(bench));
  assert.equal(troubleOf(bench), undefined);
});

test(
  'a folder that was made anew is looked through again, and no report counts twice',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    await using bench = await openBench(directory.path, { accounts: accountOf(dovecot, 'watch=Reports') });
    const delivery = await bench.sent(ID);
    const [reply, bounce] = [replyTo(ID), bounceOf(ID)];
    await inFolder(dovecot, 'Reports', [reply]);
    bench.mailboxes.start();
    await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
    // The cursor moves after the report was taken.
    const before = await eventually('the cursor is kept', () =>
      bench.engine.db.selectFrom('mailbox_cursors').selectAll().executeTakeFirst(),
    );

    const client = await signIn(dovecot);
    await client.mailboxDelete('Reports');
    await client.logout();
    await eventually('the loss is named', async () => troubleOf(bench)?.kind === 'folder');
    assert.equal(troubleOf(bench)?.text, 'There is no folder "Reports".');
    // UIDVALIDITY is made of the time in seconds.
    await inFolder(dovecot, 'Reports', [ordinaryMail(), ordinaryMail(), reply, bounce]);
    await eventually('the bounce was found', async () => (await bench.events(delivery)).includes('bounced'));
    assert.deepEqual(await bench.events(delivery), ['replied', 'bounced']);
    await eventually('the cursor is of the new folder', async () => {
      const now = await bench.engine.db.selectFrom('mailbox_cursors').selectAll().executeTakeFirstOrThrow();
      return now.uid_validity !== before.uid_validity && now.last_uid === 4;
    });
  },
);

test('a server that cannot tell what is new is asked', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot({
    extra: 'protocol imap {\n  imap_capability = IMAP4rev1 UIDPLUS\n}\n',
  });
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the folder is watched', async () => isUp(bench));
  await dovecot.deliver(ANN, replyTo(ID));
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
  assert.ok(!dovecot.log().includes('IDLE'));
});

test(
  'what the sender adds to the thread is no reply, and neither is an answer to somebody else',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    await using bench = await openBench(directory.path, { accounts: accountOf(dovecot) });
    const delivery = await bench.sent(ID);
    await dovecot.deliver(ANN, replyTo(ID, `Ann <${ANN}>`), ANN);
    await dovecot.deliver(ANN, replyTo('<somebody-elses@example.com>'), 'bob@example.net');
    bench.mailboxes.start();
    await eventually('all was looked at', async () => isUp(bench));
    assert.deepEqual(await bench.events(delivery), []);
    assert.deepEqual(countsOf(bench), { looked: 2, skipped: 0, taken: new Map() });
  },
);

test(
  'a report taken just before the end, with the cursor not moved, is taken again to no effect',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    await dovecot.deliver(ANN, replyTo(ID));
    const first = await openBench(directory.path, { accounts: accountOf(dovecot) });
    const delivery = await first.sent(ID);
    first.mailboxes.start();
    await eventually('the reply was found', async () => (await first.events(delivery)).includes('replied'));
    await eventually('the cursor moved', async () => isUp(first));
    // As if the process had been killed in between.
    await first.mailboxes.stop();
    await first.engine.db.updateTable('mailbox_cursors').set({ last_uid: 0 }).execute();
    await first.close();
    await using second = await openBench(directory.path, { accounts: accountOf(dovecot) });
    second.mailboxes.start();
    await eventually('all was looked at', async () => isUp(second));
    assert.equal(countsOf(second).taken.get('reply'), 1);
    assert.deepEqual(await second.events(delivery), ['replied']);
  },
);

test('while the intake fails, nothing is passed over', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  for (let n = 0; n < 3; n += 1) await dovecot.deliver(ANN, ordinaryMail());
  await dovecot.deliver(ANN, replyTo(ID));
  let fails = true;
  await using bench = await openBench(directory.path, {
    accounts: accountOf(dovecot),
    beforeTake: async () => {
      if (fails) throw new Error('the database is away');
    },
  });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the failure is told', async () => troubleOf(bench)?.kind === 'store');
  fails = false;
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
});

test('of a huge report only the beginning is fetched', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  const attachment = `${'x'.repeat(76)}\r\n`.repeat(80_000);
  const huge = Buffer.concat([bounceOf(ID), Buffer.from(attachment)]);
  await dovecot.deliver(ANN, huge);
  await using bench = await openBench(directory.path, { accounts: accountOf(dovecot) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the bounce was found', async () => (await bench.events(delivery)).includes('bounced'));
});

function isUp({ mailboxes }: MailboxBench): boolean {
  return mailboxes.states().every(({ folders }) => folders.every((folder) => folder.isUp));
}

function troubleOf({ mailboxes }: MailboxBench): { kind: string; text: string } | undefined {
  return mailboxes.states()[0]?.folders[0]?.trouble;
}

function countsOf({ mailboxes }: MailboxBench): FolderState['counts'] {
  const counts = mailboxes.states()[0]?.folders[0]?.counts;
  assert.ok(counts);
  return counts;
}

async function signIn({ imap }: TestDovecot): Promise<ImapFlow> {
  const client = new ImapFlow({
    ...imap,
    secure: false,
    auth: { user: ANN, pass: IMAP_PASSWORD },
    logger: false,
  });
  await client.connect();
  return client;
}

async function append(dovecot: TestDovecot, raw: Buffer, date: Date): Promise<void> {
  const client = await signIn(dovecot);
  await client.append('INBOX', raw, [], date);
  await client.logout();
}

async function inFolder(dovecot: TestDovecot, folder: string, mails: readonly Buffer[]): Promise<void> {
  const client = await signIn(dovecot);
  await client.mailboxCreate(folder);
  for (const mail of mails) await client.append(folder, mail);
  await client.logout();
}

async function flagsOf(dovecot: TestDovecot): Promise<string[][]> {
  const client = await signIn(dovecot);
  await client.mailboxOpen('INBOX', { readOnly: true });
  const messages = await client.fetchAll('1:*', { flags: true });
  await client.logout();
  return messages.map(({ flags }) => [...(flags ?? [])]);
}
