import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newDeliveryId, newMessageId, systemRandom, type WorkspaceId } from '../../src/kernel/ids.ts';
import type { MailboxStore } from '../../src/mailboxes/mailboxes.ts';
import { newTrackingNumber, type NewMail } from '../../src/messages/messages.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMailboxStore } from '../../src/storage/mailbox-store.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';

const OURS = 1 as WorkspaceId;
const THEIRS = 2 as WorkspaceId;
const ANN = 'ann@mail.example.org:993';
const RAW = Uint8Array.from({ length: 256 }, (_, byte) => byte);

export function testMailboxStore(
  name: string,
  { open, skip }: { open: () => Promise<Engine>; skip: string | false },
): void {
  const contract = (
    sentence: string,
    body: (given: { store: MailboxStore; accept: (mail: NewMail) => Promise<void> }) => Promise<void>,
  ): void => {
    test(`${name}: ${sentence}`, { skip }, async () => {
      const engine = await open();
      try {
        const messages = new KyselyMessageStore(engine);
        await body({
          store: new KyselyMailboxStore(engine),
          accept: (accepted) => messages.accept(accepted),
        });
      } finally {
        await engine.db.destroy();
      }
    });
  };

  contract('each folder of each account has a cursor of its own, the last one counts', async ({ store }) => {
    assert.equal(await store.cursor(ANN, 'INBOX'), undefined);
    // The largest of both numbers (RFC 9051 §2.3.1.1).
    const cursor = { uidValidity: 2 ** 32 - 1, lastUid: 2 ** 32 - 1, movedAt: 1_000 };
    await store.moveCursor(OURS, ANN, 'INBOX', { ...cursor, lastUid: 7 });
    await store.moveCursor(OURS, ANN, 'INBOX', cursor);
    await store.moveCursor(OURS, ANN, 'Größe/ü', { uidValidity: 1, lastUid: 2, movedAt: 3 });
    assert.deepEqual(await store.cursor(ANN, 'INBOX'), cursor);
    assert.deepEqual(await store.cursor(ANN, 'Größe/ü'), { uidValidity: 1, lastUid: 2, movedAt: 3 });
    assert.equal(await store.cursor('bob@mail.example.org:993', 'INBOX'), undefined);
  });

  contract("a workspace's own Message-IDs are told from all others", async ({ store, accept }) => {
    await accept(mail({ messageIdHeader: '<1@example.org>', createdAt: 2_000 }));
    await accept(mail({ messageIdHeader: '<2@example.org>', createdAt: 1_000 }));
    await accept(mail({ messageIdHeader: null, createdAt: 3_000 }));
    await accept(mail({ messageIdHeader: '<3@example.org>', createdAt: 500, workspaceId: THEIRS }));
    const asked = ['<1@example.org>', '<3@example.org>', '<4@example.org>'];
    assert.deepEqual([...(await store.ownMessageIds(OURS, asked))], ['<1@example.org>']);
    const many = Array.from({ length: 1_200 }, (_, n) => `<${n}@example.org>`);
    assert.equal((await store.ownMessageIds(OURS, many)).size, 2);
    assert.equal((await store.ownMessageIds(OURS, [])).size, 0);
    assert.equal(await store.firstMailAt(OURS), 1_000);
    assert.equal(await store.firstMailAt(9 as WorkspaceId), undefined);
  });

  contract('a copy for Sent is durable with its mail, due in its time, and ended once', async (given) => {
    const { store, accept } = given;
    await accept(mail({ sentCopy: copy('late', 5_000) }));
    await accept(mail({ sentCopy: copy('soon', 2_000) }));
    await accept(mail({}));
    assert.equal(await store.nextSentCopyAt(ANN), 2_000);
    assert.deepEqual(await store.dueSentCopies(ANN, 1_999, 10), []);
    assert.deepEqual(await store.dueSentCopies('bob@mail.example.org:993', 9_999, 10), []);
    const [due, ...none] = await store.dueSentCopies(ANN, 2_000, 10);
    assert.deepEqual(none, []);
    assert.deepEqual(due && { ...due, raw: Uint8Array.from(due.raw) }, {
      id: 'soon',
      workspaceId: OURS,
      messageIdHeader: '<soon@example.org>',
      raw: RAW,
      acceptedAt: 1_000,
      attempts: 0,
    });
    await store.postponeSentCopy('soon', 9_000, 'the mailbox is full');
    assert.equal(await store.nextSentCopyAt(ANN), 5_000);
    assert.equal((await store.dueSentCopies(ANN, 9_000, 10)).at(-1)?.attempts, 1);
    await store.endSentCopy('soon', 'appended', 9_001);
    await store.endSentCopy('soon', 'failed', 9_002, 'a late answer');
    await store.endSentCopy('late', 'found', 9_003);
    assert.equal(await store.nextSentCopyAt(ANN), undefined);
    assert.deepEqual(await store.sentCopyCounts(), { waiting: 0, appended: 1, found: 1, failed: 0 });
  });

  contract('how far a folder was read is forgotten when nobody watches it any more', async ({ store }) => {
    const at = (movedAt: number) => ({ uidValidity: 1, lastUid: 5, movedAt });
    await store.moveCursor(OURS, ANN, 'INBOX', at(100));
    await store.moveCursor(OURS, ANN, 'Junk', at(100));
    await store.moveCursor(OURS, ANN, 'Archive', at(300));
    assert.equal(await store.forgetCursors([{ accountId: ANN, folder: 'INBOX' }], 200), 1);
    assert.equal(await store.cursor(ANN, 'Junk'), undefined);
    assert.equal((await store.cursor(ANN, 'INBOX'))?.lastUid, 5);
    assert.equal((await store.cursor(ANN, 'Archive'))?.lastUid, 5);
  });

  contract('what ended long ago is forgotten, what waits is not', async ({ store, accept }) => {
    for (const id of ['old', 'new', 'waiting']) await accept(mail({ sentCopy: copy(id, 1_000) }));
    await store.endSentCopy('old', 'appended', 2_000);
    await store.endSentCopy('new', 'appended', 4_000);
    assert.equal(await store.forgetSentCopies(2_000, 10), 0);
    assert.equal(await store.forgetSentCopies(3_000, 10), 1);
    assert.deepEqual(await store.sentCopyCounts(), { waiting: 1, appended: 1, found: 0, failed: 0 });
  });
}

function copy(id: string, dueAt: number): NonNullable<NewMail['sentCopy']> {
  return { id, accountId: ANN, messageIdHeader: `<${id}@example.org>`, raw: RAW, dueAt };
}

function mail(changes: Partial<NewMail>): NewMail {
  return {
    workspaceId: OURS,
    messageId: newMessageId(),
    from: 'ann@example.org',
    to: ['bob@example.net'],
    cc: [],
    subject: 'x',
    messageIdHeader: null,
    mode: 'full',
    source: 'submission',
    sizeBytes: RAW.length,
    createdAt: 1_000,
    sentAt: null,
    deliveries: [
      {
        id: newDeliveryId(),
        trackingNumber: newTrackingNumber(systemRandom),
        recipient: 'bob@example.net',
        pixelUrl: null,
        untouched: null,
      },
    ],
    links: [],
    ...changes,
  };
}
