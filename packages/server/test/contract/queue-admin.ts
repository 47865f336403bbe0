import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { forgetAged } from '../../src/kernel/slices.ts';
import { type NoticedCopies, type QueueAdminStore, type QueueStore } from '../../src/relay/relay.ts';
import type { KyselyQueuePurgeStore } from '../../src/storage/queue-purge-store.ts';

const OURS = 1 as WorkspaceId;
const THEIRS = 2 as WorkspaceId;
const RAW = Buffer.from(
  'From: Sam <sam@example.org>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n folded\r\n\r\nbody\r\n',
);

export interface OpenQueueAdmin {
  admin: QueueAdminStore & NoticedCopies;
  queue: QueueStore;
  purge: KyselyQueuePurgeStore;
  /** Ids of what is in the demo inbox. */
  captured(): Promise<string[]>;
}

async function enqueue(
  queue: QueueStore,
  id: string,
  { to = ['ann@example.net'], workspaceId = OURS, createdAt = 1_000 } = {},
): Promise<void> {
  await queue.enqueueUntracked({
    workspaceId,
    id,
    raw: RAW,
    envelopeFrom: 'sam@example.org',
    recipients: to.map((address) => ({
      address,
      options: {
        wayOut: 'smarthost',
        eightBit: true,
        dsn: { ret: 'HDRS', notify: ['FAILURE'] },
        copy: null,
        trackingNumber: null,
        from: 'Sam <sam@example.org>',
        subject: 'Grüße folded',
      },
    })),
    createdAt,
    expiresAt: createdAt + 10_000,
  });
}

/** Tries all that is due and ends it in the same way. */
async function attempt(queue: QueueStore, end: 'later' | 'failed' | 'sent', now = 5_000): Promise<void> {
  const reasons = [{ code: 'c', text: `It is ${end}.` }];
  const claimed = await queue.claim(now, { copies: 2_000, except: [] });
  const outcome =
    end === 'later'
      ? { retryAt: now + 60_000, error: 'The server is busy.' }
      : {
          fact:
            end === 'sent'
              ? { at: now, type: 'relayed' as const, transport: 'sent' as const, reasons }
              : { at: now, type: 'bounced' as const, transport: 'failed' as const, reasons },
        };
  const ended = claimed.map(({ id, attempts }) => ({ id, attempts, outcome }));
  await queue.settle(ended);
  await queue.finish(ended, now);
}

/** What every QueueAdminStore does. @param options.open a fresh, empty store */
export function testQueueAdmin(
  engine: string,
  options: { open: () => Promise<OpenQueueAdmin>; skip?: string | false },
): void {
  const { open, skip = false } = options;
  const contract = (behaviour: string, run: (opened: OpenQueueAdmin) => Promise<void>): void =>
    void test(`${engine}: ${behaviour}`, { skip }, async () => run(await open()));
  const ids = async (admin: QueueAdminStore, query: Partial<Parameters<QueueAdminStore['list']>[1]> = {}) =>
    (await admin.list(OURS, { limit: 50, ...query })).items.map(({ id }) => id);

  contract(
    'what waits and what failed is listed, newest first; what is sent is not',
    async ({ admin, queue }) => {
      await enqueue(queue, 'sent', { createdAt: 1_000 });
      await attempt(queue, 'sent');
      await enqueue(queue, 'failed', { createdAt: 2_000 });
      await attempt(queue, 'failed');
      await enqueue(queue, 'late', { createdAt: 3_000 });
      await attempt(queue, 'later');
      await enqueue(queue, 'new', { createdAt: 4_000, to: ['Bob@Other.example', 'eve@other.example'] });
      assert.deepEqual(await ids(admin), ['new:1', 'new:0', 'late:0', 'failed:0']);
      assert.deepEqual(await ids(admin, { state: 'failed' }), ['failed:0']);
      assert.deepEqual(await ids(admin, { state: 'waiting', to: 'bob@' }), ['new:0']);
      const first = await admin.list(OURS, { limit: 3 });
      assert.ok(first.next);
      assert.deepEqual(await ids(admin, { after: first.next }), ['failed:0']);
      const [late] = (await admin.list(OURS, { limit: 1, to: 'ann@' })).items;
      assert.deepEqual(late, {
        id: 'late:0',
        state: 'waiting',
        sender: 'sam@example.org',
        recipient: 'ann@example.net',
        destination: 'example.net',
        from: 'Sam <sam@example.org>',
        subject: 'Grüße folded',
        trackingNumber: null,
        messageId: null,
        sizeBytes: RAW.length,
        attempts: 1,
        acceptedAt: '1970-01-01T00:00:03.000Z',
        nextAttemptAt: '1970-01-01T00:01:05.000Z',
        expiresAt: '1970-01-01T00:00:13.000Z',
        finishedAt: null,
        lastError: 'The server is busy.',
      });
    },
  );

  contract(
    'a summary counts by state, and what waits by destination and by reason',
    async ({ admin, queue }) => {
      await enqueue(queue, 'failed');
      await attempt(queue, 'failed');
      await enqueue(queue, 'late', {
        createdAt: 2_000,
        to: ['a@one.example', 'b@one.example', 'c@two.example'],
      });
      await attempt(queue, 'later');
      await enqueue(queue, 'new', { createdAt: 3_000, to: ['d@two.example', 'e@two.example'] });
      await enqueue(queue, 'theirs', { workspaceId: THEIRS });
      assert.deepEqual(await admin.summary(OURS), {
        waiting: 5,
        sending: 0,
        settled: 0,
        failed: 1,
        byDestination: [
          { destination: 'two.example', waiting: 3, oldest: '1970-01-01T00:00:02.000Z' },
          { destination: 'one.example', waiting: 2, oldest: '1970-01-01T00:00:02.000Z' },
        ],
        byReason: [{ reason: 'The server is busy.', waiting: 3 }],
      });
    },
  );

  contract('a copy is shown with its envelope and its header', async ({ admin, queue }) => {
    await enqueue(queue, 'x');
    const copy = await admin.read(OURS, 'x:0');
    assert.deepEqual(
      [copy?.eightBit, copy?.smtpUtf8, copy?.dsn, copy?.header],
      [
        true,
        false,
        { ret: 'HDRS', notify: ['FAILURE'] },
        [
          { name: 'From', value: 'Sam <sam@example.org>' },
          { name: 'Subject', value: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?= folded' },
        ],
      ],
    );
    await attempt(queue, 'failed');
    assert.deepEqual((await admin.read(OURS, 'x:0'))?.header, [], 'the content goes when nobody needs it');
    assert.equal(await admin.read(OURS, 'y:0'), undefined);
  });

  contract('a copy tried again is due at once, alone or with all that match', async ({ admin, queue }) => {
    await enqueue(queue, 'x', { to: ['a@one.example', 'b@two.example', 'c@two.example'] });
    await attempt(queue, 'later');
    assert.equal(await admin.retry(OURS, { id: 'x:0' }, 6_000), 1);
    const due = async (now: number) =>
      (await queue.claim(now, { copies: 9, except: [] })).map(({ envelopeTo }) => envelopeTo);
    assert.deepEqual(await due(6_000), ['a@one.example']);
    assert.equal(await admin.retry(OURS, { id: 'x:0' }, 6_000), 0, 'it is on its way');
    assert.equal(await admin.retry(OURS, { to: 'TWO.example' }, 7_000), 2);
    assert.deepEqual(await due(7_000), ['b@two.example', 'c@two.example']);
    assert.equal(await admin.retry(OURS, {}, 8_000), 0);
  });

  contract('a dropped copy is never sent, and its outcome waits to be told', async ({ admin, queue }) => {
    await enqueue(queue, 'x', { to: ['a@one.example', 'b@one.example'] });
    await attempt(queue, 'later');
    assert.equal(await admin.drop(OURS, 'x:0', { at: 6_000, notify: true }), true);
    assert.equal(await admin.drop(OURS, 'x:0', { at: 6_000, notify: true }), false);
    assert.equal((await queue.claim(9e9, { copies: 9, except: [] })).length, 1);
    const [settled, ...none] = await queue.settled(9);
    assert.deepEqual(none, []);
    assert.deepEqual([settled?.id, settled?.attempts], ['x:0', 2]);
    assert.equal(settled?.outcome.fact?.reasons[0]?.code, 'dropped');
    assert.equal(settled?.outcome.notice?.action, 'failed');
    await queue.finish([settled], 6_001);
    assert.deepEqual(
      (await admin.read(OURS, 'x:0'))?.lastError,
      'The operator took the mail out of the queue.',
    );
  });

  contract('nothing is seen or done from another workspace', async ({ admin, queue }) => {
    await enqueue(queue, 'x', { workspaceId: THEIRS });
    assert.deepEqual(await ids(admin), []);
    assert.equal(await admin.read(OURS, 'x:0'), undefined);
    assert.equal(await admin.retry(OURS, { id: 'x:0' }, 1), 0);
    assert.equal(await admin.retry(OURS, {}, 1), 0);
    assert.equal(await admin.drop(OURS, 'x:0', { at: 1, notify: false }), false);
    assert.equal((await admin.summary(OURS)).waiting, 0);
  });

  contract(
    'what is done is forgotten after its days, what is not done never',
    async ({ admin, queue, purge, captured }) => {
      const day = 86_400_000;
      const runAt = async (now: number): Promise<number> => {
        const done = { days: 7, deleteOlder: purge.deleteDone.bind(purge) };
        const captures = { days: 30, deleteOlder: purge.deleteCaptured.bind(purge) };
        return (await forgetAged(done, () => now)) + (await forgetAged(captures, () => now));
      };
      const many = Array.from({ length: 1_200 }, (_, index) => `a${index}@example.net`);
      await enqueue(queue, 'failed', { to: many });
      await attempt(queue, 'failed');
      await enqueue(queue, 'captured');
      const [copy] = await queue.claim(5_000, { copies: 1, except: [] });
      assert.ok(copy);
      const mail = { raw: RAW, from: 'a', subject: 'b', trackingNumber: null, at: 5_000 };
      await queue.settle([{ id: copy.id, outcome: {}, captured: mail }]);
      await queue.finish([{ id: copy.id, attempts: copy.attempts, outcome: {} }], 5_000);
      await enqueue(queue, 'late', { createdAt: 1_000 });
      await attempt(queue, 'later');
      assert.equal(await runAt(5_000 + 7 * day), 0);
      assert.equal(await runAt(5_001 + 7 * day), 1_201);
      assert.deepEqual(await ids(admin), ['late:0']);
      assert.ok(await queue.content('late'));
      assert.deepEqual(await captured(), ['captured:0']);
      assert.equal(await runAt(5_001 + 30 * day), 1);
      assert.deepEqual(await captured(), []);
      assert.deepEqual(await ids(admin), ['late:0']);
    },
  );

  contract('a settled copy is there for a notice to its sender, with its bytes', async ({ admin, queue }) => {
    await enqueue(queue, 'x');
    const copy = await admin.noticedCopy('x:0');
    assert.deepEqual(Buffer.from(copy?.raw ?? []), RAW);
    assert.deepEqual(
      [copy?.envelopeFrom, copy?.envelopeTo, copy?.createdAt],
      ['sam@example.org', 'ann@example.net', 1_000],
    );
    assert.equal(await admin.noticedCopy('y:0'), undefined);
  });
}
