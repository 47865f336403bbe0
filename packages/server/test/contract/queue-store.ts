import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  newHexId128,
  type DeliveryId,
  type MessageId,
  type TrackingNumber,
  type WorkspaceId,
} from '../../src/kernel/ids.ts';
import type { NewMail } from '../../src/messages/messages.ts';
import type { EnvelopeOptions, QueueStore, UntrackedMail } from '../../src/relay/relay.ts';

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
  contents(): Promise<number>;
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
      assert.deepEqual(await store.claim(999, 10), []);
      const [first, ...none] = await store.claim(1_000, 1);
      assert.deepEqual(none, []);
      const [second] = await store.claim(1_000, 10);
      assert.deepEqual(await store.claim(1_000, 10), []);
      assert.deepEqual([first?.envelopeTo, second?.envelopeTo].sort(), [
        'ann@example.net',
        'bob@example.net',
      ]);
      assert.deepEqual(Uint8Array.from(first?.raw ?? []), RAW);
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
    const claims = await Promise.all(Array.from({ length: 6 }, () => store.claim(1_000, 3)));
    const ids = claims.flat().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length + (await store.claim(1_000, 100)).length, 12);
  });

  contract('what was on its way when the process died is ready again', async ({ store, accept }) => {
    await accept(mail(['ann@example.net']));
    await store.claim(1_000, 10);
    assert.equal(await store.nextDueAt(), undefined);
    assert.equal(await store.recover(), 1);
    assert.equal(await store.nextDueAt(), 1_000);
    const [again] = await store.claim(1_000, 10);
    assert.equal(again?.attempts, 2);
  });

  contract(
    'an outcome that was written down survives a restart and is not sent again',
    async ({ store, accept }) => {
      await accept(mail(['ann@example.net']));
      const [claimed] = await store.claim(1_000, 10);
      assert.ok(claimed);
      const outcome = {
        fact: {
          at: 5,
          type: 'relayed' as const,
          transport: 'sent' as const,
          reasons: [{ code: 'c', text: 't' }],
        },
      };
      await store.settle(claimed.id, outcome);
      assert.equal(await store.recover(), 0);
      assert.deepEqual(await store.claim(9_999, 10), []);
      assert.deepEqual(await store.settled(10), [
        { id: claimed.id, deliveryId: claimed.deliveryId, attempts: 1, outcome },
      ]);
      await store.finish(claimed, 6);
      await store.finish(claimed, 7);
      assert.deepEqual(await store.settled(10), []);
      assert.equal(await store.recover(), 0);
    },
  );

  contract('a copy to be tried again comes back at its time, with the reason', async ({ store, accept }) => {
    await accept(mail(['ann@example.net']));
    const [claimed] = await store.claim(1_000, 10);
    assert.ok(claimed);
    await store.settle(claimed.id, { retryAt: 5_000, error: 'busy' });
    await store.finish(claimed, 1_100);
    assert.equal(await store.nextDueAt(), 5_000);
    assert.deepEqual(await store.claim(4_999, 10), []);
    const [again] = await store.claim(5_000, 10);
    assert.deepEqual([again?.attempts, again?.lastError], [2, 'busy']);
    await store.finish(claimed, 5_001);
    assert.equal(await store.recover(), 1, 'telling an old attempt again does not touch the new one');
  });

  contract(
    'the content stays while one copy needs it, and goes with the last one',
    async ({ store, accept, contents }) => {
      await accept(mail(['ann@example.net', 'bob@example.net']));
      const [ann, bob] = await store.claim(1_000, 10);
      assert.ok(ann && bob);
      await store.settle(ann.id, {});
      await store.settle(bob.id, { retryAt: 2_000 });
      await store.finish(ann, 1_100);
      await store.finish(bob, 1_100);
      assert.equal(await contents(), 1);
      const [again] = await store.claim(2_000, 10);
      assert.ok(again);
      await store.settle(again.id, {});
      await store.finish(again, 2_100);
      assert.equal(await contents(), 0);
    },
  );

  contract(
    'copies that end at the same time do not leave their content behind',
    async ({ store, accept, contents }) => {
      await accept(mail(Array.from({ length: 8 }, (_, n) => `r${n}@example.net`)));
      const claimed = await store.claim(1_000, 10);
      await Promise.all(
        claimed.map(async (copy) => {
          await store.settle(copy.id, {});
          await store.finish(copy, 1_100);
        }),
      );
      assert.equal(await contents(), 0);
    },
  );

  contract('a captured copy is there with its outcome, once', async ({ store, accept, captured }) => {
    await accept(mail(['ann@example.net']));
    const [claimed] = await store.claim(1_000, 10);
    assert.ok(claimed);
    const copy = {
      raw: RAW,
      from: 'Sam <sam@example.org>',
      subject: 'Grüße',
      trackingNumber: null,
      at: 1_001,
    };
    await store.settle(claimed.id, {}, copy);
    await store.settle(claimed.id, {}, copy);
    const [row, ...none] = await captured();
    assert.deepEqual(none, []);
    assert.deepEqual([row?.recipient, row?.workspace_id], ['ann@example.net', OURS]);
    assert.deepEqual(Uint8Array.from(row?.raw ?? []), RAW);
  });

  contract('mail of our own is queued once for its id, whoever asks at the same time', async ({ store }) => {
    await Promise.all([1, 2, 3].map(() => store.enqueueUntracked(untracked('own'))));
    await store.enqueueUntracked(untracked('other', 500));
    const claimed = await store.claim(1_000, 10);
    assert.deepEqual(
      claimed.map(({ envelopeFrom, deliveryId }) => [envelopeFrom, deliveryId]),
      [
        ['waybill@example.org', null],
        ['waybill@example.org', null],
      ],
    );
    for (const copy of claimed) {
      await store.settle(copy.id, {});
      await store.finish(copy, 1_100);
    }
    await store.enqueueUntracked(untracked('own'));
    assert.deepEqual(await store.claim(9_999, 10), [], 'not even after it was sent');
  });
}
