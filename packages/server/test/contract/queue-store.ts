import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '../../src/kernel/errors.ts';
import {
  newHexId128,
  type DeliveryId,
  type MessageId,
  type TrackingNumber,
  type WorkspaceId,
} from '../../src/kernel/ids.ts';
import type { NewMail, TransactionPart } from '../../src/messages/messages.ts';
import type {
  ClaimedMail,
  EnvelopeOptions,
  Outcome,
  QueueStore,
  UntrackedMail,
} from '../../src/relay/relay.ts';

const OURS = 1 as WorkspaceId;
const RAW = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const OPTIONS: EnvelopeOptions = {
  wayOut: 'smarthost',
  copy: null,
  trackingNumber: null,
  from: 'Sam <sam@example.org>',
  subject: 'Grüße',
};

export interface OpenQueueStore {
  store: QueueStore;
  accept(mail: NewMail): Promise<void>;
  /** Does what `conclusion` made, in a transaction that the timeline's store begins. */
  join(part: TransactionPart): Promise<void>;
  contents(): Promise<number>;
  /** Of all events. */
  positions(): Promise<number[]>;
  captured(): Promise<{ recipient: string; raw: Uint8Array; workspace_id: number }[]>;
}

function mail(recipients: string[], createdAt = 1_000): NewMail & { queue: { id: string }[] } {
  const contentId = newHexId128();
  const deliveries = recipients.map((recipient) => ({
    id: newHexId128() as DeliveryId,
    trackingNumber: `WB-${newHexId128()}` as TrackingNumber,
    recipient,
    pixelUrl: null,
    untouched: null,
    state: 'queued' as const,
  }));
  return {
    workspaceId: OURS,
    messageId: newHexId128() as MessageId,
    from: 'sam@example.org',
    to: recipients,
    cc: [],
    subject: 'x',
    messageIdHeader: null,
    mode: 'full',
    source: 'submission',
    sizeBytes: RAW.length,
    createdAt,
    sentAt: null,
    deliveries,
    links: [],
    content: { id: contentId, raw: RAW },
    queue: deliveries.map(({ id, recipient }) => ({
      id: newHexId128(),
      deliveryId: id,
      contentId,
      envelopeFrom: 'sam@example.org',
      envelopeTo: recipient,
      envelopeOptions: JSON.stringify(OPTIONS),
      expiresAt: createdAt + 10_000,
    })),
  };
}

const untracked = (id: string, createdAt = 1_000): UntrackedMail => ({
  workspaceId: OURS,
  id,
  raw: RAW,
  envelopeFrom: 'waybill@example.org',
  recipients: [{ address: 'sam@example.org', options: OPTIONS }],
  createdAt,
  expiresAt: createdAt + 10_000,
});

const claim = (store: QueueStore, now: number, copies: number) => store.claim(now, { copies, except: [] });

const finish = (store: QueueStore, copy: ClaimedMail, outcome: Outcome, now: number) =>
  store.finish([{ id: copy.id, attempts: copy.attempts, outcome }], now);

/** What every QueueStore does. @param options.open a fresh, empty store */
export function testQueueStore(
  engine: string,
  options: { open: () => Promise<OpenQueueStore>; skip?: string | false },
): void {
  const { open, skip = false } = options;
  const contract = (behaviour: string, run: (opened: OpenQueueStore) => Promise<void>): void =>
    void test(`${engine}: ${behaviour}`, { skip }, async () => run(await open()));

  contract(
    'a due copy is claimed once, with its bytes and all that belongs to it',
    async ({ store, accept }) => {
      const accepted = mail(['ann@example.net', 'bob@example.net']);
      await accept(accepted);
      assert.deepEqual(await claim(store, 999, 10), []);
      const [first, ...none] = await claim(store, 1_000, 1);
      assert.deepEqual(none, []);
      const [second] = await claim(store, 1_000, 10);
      assert.deepEqual(await claim(store, 1_000, 10), []);
      assert.deepEqual([first?.envelopeTo, second?.envelopeTo].sort(), [
        'ann@example.net',
        'bob@example.net',
      ]);
      assert.ok(first);
      assert.deepEqual(Uint8Array.from((await store.content(first.contentId)) ?? []), RAW);
      assert.equal(first.sizeBytes, RAW.length);
      assert.deepEqual(first?.options, OPTIONS);
      assert.deepEqual(
        [first?.workspaceId, first?.attempts, first?.lastError, first?.expiresAt, first?.envelopeFrom],
        [OURS, 1, null, 11_000, 'sam@example.org'],
      );
      assert.ok(accepted.deliveries.some(({ id }) => id === first?.deliveryId));
    },
  );

  contract('claims at the same time never give the same copy twice', async ({ store, accept }) => {
    await accept(mail(Array.from({ length: 12 }, (_, n) => `r${n}@example.net`)));
    const claims = await Promise.all(Array.from({ length: 6 }, () => claim(store, 1_000, 3)));
    const ids = claims.flat().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length + (await claim(store, 1_000, 100)).length, 12);
  });

  contract(
    'destinations that have enough to do are passed over, the others wait no longer for them',
    async ({ store, accept }) => {
      await accept(mail(['ann@slow.example', 'bob@SLOW.example', 'cat@example.net', 'dan@slow.example']));
      const except = ['slow.example'];
      assert.equal(await store.nextDueAt(except), 1_000);
      const others = await store.claim(1_000, { copies: 10, except });
      assert.deepEqual(
        others.map(({ envelopeTo }) => envelopeTo),
        ['cat@example.net'],
      );
      assert.equal(await store.nextDueAt(except), undefined);
      assert.equal(await store.nextDueAt([]), 1_000);
      assert.equal((await claim(store, 1_000, 10)).length, 3);
    },
  );

  contract('a copy that is sent at once is on its way when it becomes durable', async ({ store, accept }) => {
    const accepted = mail(['ann@example.net']);
    await accept({ ...accepted, queue: accepted.queue.map((entry) => ({ ...entry, claimed: true })) });
    assert.deepEqual(await claim(store, 9_999, 10), []);
    assert.equal(await store.recover([]), 1);
    assert.equal((await claim(store, 9_999, 10))[0]?.attempts, 2);
  });

  contract('several mails at once are all there, a second one of the same id is not', async (opened) => {
    const mails = Array.from({ length: 20 }, (_, n) => mail([`r${n}@example.net`]));
    const [first] = mails;
    assert.ok(first);
    const again = { ...mail(['other@example.net']), messageId: first.messageId };
    const results = await Promise.allSettled([...mails, again].map((each) => opened.accept(each)));
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    assert.deepEqual(
      refused.map((error) => (error as AppError).code),
      ['conflict'],
    );
    assert.equal((await claim(opened.store, 1_000, 100)).length, 20);
    assert.equal(await opened.contents(), 20);
    const positions = await opened.positions();
    assert.equal(positions.length, 20);
    assert.equal(new Set(positions).size, 20);
  });

  contract('what was on its way when the process died is ready again', async ({ store, accept }) => {
    await accept(mail(['ann@example.net']));
    await claim(store, 1_000, 10);
    assert.equal(await store.nextDueAt([]), undefined);
    assert.equal(await store.recover([]), 1);
    assert.equal(await store.nextDueAt([]), 1_000);
    const [again] = await claim(store, 1_000, 10);
    assert.equal(again?.attempts, 2);
  });

  contract(
    'what is known to have been sent when the process died is told, and not sent again',
    async ({ store, accept }) => {
      const outcome = {
        fact: {
          at: 5,
          type: 'relayed' as const,
          transport: 'sent' as const,
          reasons: [{ code: 'c', text: 't' }],
        },
      };
      await accept(mail(['ann@example.net', 'bob@example.net', 'cat@example.net']));
      const [sent, earlier, other] = await claim(store, 1_000, 10);
      assert.ok(sent && earlier && other);
      const known = [
        { id: sent.id, attempts: 1, outcome },
        { id: earlier.id, attempts: 0, outcome },
        { id: 'gone', attempts: 1, outcome },
      ];
      assert.equal(await store.recover(known), 2);
      assert.deepEqual(await store.settled(10), [
        { id: sent.id, deliveryId: sent.deliveryId, attempts: 1, outcome },
      ]);
      assert.deepEqual(
        (await claim(store, 1_000, 10)).map(({ id }) => id).sort(),
        [earlier.id, other.id].sort(),
      );
      assert.equal(
        (await store.settled(10)).length,
        1,
        'what is on its way again is not touched by an old note',
      );
    },
  );

  contract('a claimed copy that was not tried is as it was before', async ({ store, accept }) => {
    await accept(mail(['ann@example.net']));
    const [claimed] = await claim(store, 1_000, 10);
    assert.ok(claimed);
    await store.release([claimed.id]);
    await store.release([claimed.id]);
    assert.equal((await claim(store, 1_000, 10))[0]?.attempts, 1);
  });

  contract(
    'an outcome that was written down survives a restart and is not sent again',
    async ({ store, accept }) => {
      await accept(mail(['ann@example.net']));
      const [claimed] = await claim(store, 1_000, 10);
      assert.ok(claimed);
      const outcome = {
        fact: {
          at: 5,
          type: 'relayed' as const,
          transport: 'sent' as const,
          reasons: [{ code: 'c', text: 't' }],
        },
      };
      await store.settle([{ id: claimed.id, outcome }]);
      assert.equal(await store.recover([]), 0);
      assert.deepEqual(await claim(store, 9_999, 10), []);
      assert.deepEqual(await store.settled(10), [
        { id: claimed.id, deliveryId: claimed.deliveryId, attempts: 1, outcome },
      ]);
      await finish(store, claimed, outcome, 6);
      await finish(store, claimed, outcome, 7);
      assert.deepEqual(await store.settled(10), []);
      assert.equal(await store.recover([]), 0);
    },
  );

  contract('a copy to be tried again comes back at its time, with the reason', async ({ store, accept }) => {
    await accept(mail(['ann@example.net']));
    const [claimed] = await claim(store, 1_000, 10);
    assert.ok(claimed);
    await store.settle([{ id: claimed.id, outcome: { retryAt: 5_000, error: 'busy' } }]);
    await finish(store, claimed, { retryAt: 5_000, error: 'busy' }, 1_100);
    assert.equal(await store.nextDueAt([]), 5_000);
    assert.deepEqual(await claim(store, 4_999, 10), []);
    const [again] = await claim(store, 5_000, 10);
    assert.deepEqual([again?.attempts, again?.lastError], [2, 'busy']);
    await finish(store, claimed, { retryAt: 5_000, error: 'busy' }, 5_001);
    assert.equal(await store.recover([]), 1, 'telling an old attempt again does not touch the new one');
  });

  contract("a copy's own failures are counted apart from its attempts", async ({ store, accept }) => {
    await accept(mail(['ann@example.net']));
    const [first] = await claim(store, 1_000, 10);
    assert.deepEqual([first?.attempts, first?.deferrals], [1, 0]);
    assert.ok(first);
    const outcome = { retryAt: 2_000, deferrals: 1, error: 'busy' };
    await store.settle([{ id: first.id, outcome }]);
    await finish(store, first, outcome, 1_100);
    const [second] = await claim(store, 2_000, 10);
    assert.deepEqual([second?.attempts, second?.deferrals], [2, 1]);
  });

  contract('what expired is found whenever it was to be tried next', async ({ store, accept }) => {
    await accept(mail(['ann@example.net', 'bob@example.net'], 1_000));
    await accept(mail(['late@example.net'], 2_000));
    const [ann] = await claim(store, 1_000, 1);
    assert.ok(ann);
    await store.settle([{ id: ann.id, outcome: { retryAt: 20_000 } }]);
    await finish(store, ann, { retryAt: 20_000 }, 1_100);
    assert.deepEqual(await store.claimExpired(10_999, 10), []);
    assert.equal((await store.claimExpired(11_000, 1)).length, 1);
    const [other, ...none] = await store.claimExpired(11_000, 10);
    assert.deepEqual(none, []);
    assert.ok(other);
    assert.equal((await claim(store, 99_999, 10))[0]?.envelopeTo, 'late@example.net', 'claimed is claimed');
  });

  contract(
    'the content stays while one copy needs it, and goes with the last one',
    async ({ store, accept, contents }) => {
      await accept(mail(['ann@example.net', 'bob@example.net']));
      const [ann, bob] = await claim(store, 1_000, 10);
      assert.ok(ann && bob);
      await store.settle([{ id: ann.id, outcome: {} }]);
      await store.settle([{ id: bob.id, outcome: { retryAt: 2_000 } }]);
      await finish(store, ann, {}, 1_100);
      await finish(store, bob, { retryAt: 2_000 }, 1_100);
      assert.equal(await contents(), 1);
      const [again] = await claim(store, 2_000, 10);
      assert.ok(again);
      await store.settle([{ id: again.id, outcome: {} }]);
      await finish(store, again, {}, 2_100);
      assert.equal(await contents(), 0);
    },
  );

  contract(
    'copies that end at the same time do not leave their content behind',
    async ({ store, accept, contents }) => {
      await accept(mail(Array.from({ length: 8 }, (_, n) => `r${n}@example.net`)));
      const claimed = await claim(store, 1_000, 10);
      await Promise.all(
        claimed.map(async (copy) => {
          await store.settle([{ id: copy.id, outcome: {} }]);
          await finish(store, copy, {}, 1_100);
        }),
      );
      assert.equal(await contents(), 0);
    },
  );

  contract(
    'an outcome that is told in the same transaction needs no step of its own',
    async ({ store, accept, join, contents }) => {
      await accept(mail(['ann@example.net', 'bob@example.net']));
      const [ann, bob] = await claim(store, 1_000, 10);
      assert.ok(ann && bob);
      const again: Outcome = { retryAt: 5_000, error: 'later', deferrals: 3 };
      await join(store.conclusion([{ ...ann, outcome: {} }], 2_000));
      await join(store.conclusion([{ ...bob, outcome: again }], 2_000));
      assert.equal(await store.recover([]), 0);
      assert.deepEqual(await store.settled(10), []);
      assert.equal(await contents(), 1);
      const [retried, ...none] = await claim(store, 5_000, 10);
      assert.deepEqual(none, []);
      assert.equal(retried?.id, bob.id);
      assert.equal(retried.lastError, 'later');
      // The attempt of before is over, and what is told of it too late changes nothing.
      await join(store.conclusion([{ ...bob, outcome: {} }], 6_000));
      assert.equal(await contents(), 1);
      await join(store.conclusion([{ ...retried, outcome: {} }], 6_000));
      assert.equal(await contents(), 0);
    },
  );

  contract('a captured copy is there with its outcome, once', async ({ store, accept, captured }) => {
    await accept(mail(['ann@example.net']));
    const [claimed] = await claim(store, 1_000, 10);
    assert.ok(claimed);
    const copy = {
      raw: RAW,
      from: 'Sam <sam@example.org>',
      subject: 'Grüße',
      trackingNumber: null,
      at: 1_001,
    };
    await store.settle([{ id: claimed.id, outcome: {}, captured: copy }]);
    await store.settle([{ id: claimed.id, outcome: {}, captured: copy }]);
    const [row, ...none] = await captured();
    assert.deepEqual(none, []);
    assert.deepEqual([row?.recipient, row?.workspace_id], ['ann@example.net', OURS]);
    assert.deepEqual(Uint8Array.from(row?.raw ?? []), RAW);
  });

  contract('mail of our own is queued once for its id, whoever asks at the same time', async ({ store }) => {
    await Promise.all([1, 2, 3].map(() => store.enqueueUntracked(untracked('own'))));
    await store.enqueueUntracked(untracked('other', 500));
    const claimed = await claim(store, 1_000, 10);
    assert.deepEqual(
      claimed.map(({ envelopeFrom, deliveryId }) => [envelopeFrom, deliveryId]),
      [
        ['waybill@example.org', null],
        ['waybill@example.org', null],
      ],
    );
    for (const copy of claimed) {
      await store.settle([{ id: copy.id, outcome: {} }]);
      await finish(store, copy, {}, 1_100);
    }
    await store.enqueueUntracked(untracked('own'));
    assert.deepEqual(await claim(store, 9_999, 10), [], 'not even after it was sent');
  });
}
