import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryId } from '../../src/kernel/ids.ts';
import type { NewMail } from '../../src/messages/messages.ts';
import { purges } from '../../src/main/purges.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyQueuePurgeStore } from '../../src/storage/queue-purge-store.ts';
import { KyselyReportStore } from '../../src/storage/report-store.ts';
import { KyselySharedAddresses } from '../../src/storage/shared-address-store.ts';
import { encodeReturnToken, Keyring, pageUrl, pixelUrl, returnAddress } from '../../src/tracking/tracking.ts';
import { mail } from '../support/report-mail.ts';
import { copiesFor, trackedMail } from '../support/tracked-mail.ts';
import type { TimelineContract } from './timeline-bench.ts';
import {
  START,
  WORKSPACE,
  STRANGER,
  KEYRING,
  MESSAGE_ID,
  BEN,
  openReports,
  verdictOf,
  dsn,
} from './report-bench.ts';

/** A mail with a thousand return paths. */
async function acceptAnother(
  engine: Engine,
  pathsOf: (ids: DeliveryId[]) => NonNullable<NewMail['returnPaths']>,
): Promise<{ deliveries: number }> {
  const deliveries = copiesFor(Array.from({ length: 1_100 }, (_, n) => `r${n}@reader.example`));
  const returnPaths = pathsOf(deliveries.map(({ id }) => id));
  await new KyselyMessageStore(engine).accept(
    trackedMail({ workspaceId: WORKSPACE, createdAt: START, deliveries, to: [], returnPaths }),
  );
  return { deliveries: deliveries.length };
}

/** What a report of a mail system does to the timelines on every engine. */
export function testReports(name: string, { engine: open, skip }: TimelineContract): void {
  test(
    `${name}: a bounce to a return path bounces that delivery, with class and diagnostic`,
    { skip },
    async (t) => {
      const { engine, take, ben, cleo } = await openReports(t, open);
      const sentTo = returnAddress(KEYRING, 'b.sender.example', { workspaceId: WORKSPACE, subject: ben.id });
      // The report itself names an address that nobody knows: the return path decides.
      const raw = dsn('failed', '5.2.2', {
        recipient: 'ben@new.example',
        diagnostic: '552 5.2.2 Over quota',
      });
      const taken = await take(raw, { sentTo, workspaceId: undefined as never });
      assert.deepEqual(taken, {
        kind: 'dsn',
        matched: [{ deliveryId: ben.id, trackingNumber: ben.trackingNumber, by: 'verp', action: 'failed' }],
      });
      const now = await verdictOf(engine, ben.id);
      assert.equal(now.state, 'bounced');
      assert.deepEqual(now.codes, ['bounced', 'bounced-mailbox-full', 'diagnostic']);
      assert.deepEqual(now.types, ['accepted', 'relayed', 'bounced']);
      assert.equal((await verdictOf(engine, cleo.id)).state, 'sent');
    },
  );

  test(`${name}: the same report twice is one event, whatever ways it came`, { skip }, async (t) => {
    const { engine, take, ben } = await openReports(t, open);
    const raw = dsn('failed', '5.1.1');
    const first = await take(raw);
    assert.deepEqual(await take(raw), first);
    const passedOn = Buffer.concat([Buffer.from('Received: by x; Mon, 23 Nov 2026 12:00:00 +0000\r\n'), raw]);
    await take(passedOn, { key: 'imap:1:2' });
    assert.deepEqual((await verdictOf(engine, ben.id)).types, ['accepted', 'relayed', 'bounced']);
  });

  test(
    `${name}: envelope id, original Message-ID and signed addresses lead to the delivery`,
    { skip },
    async (t) => {
      const { engine, take, ben, messageId } = await openReports(t, open);
      const subject = ben.id;
      const claims = { workspaceId: WORKSPACE, subject };
      const url = { ...claims, linkIndex: 0, mode: 'full' as const };
      const ways: [Uint8Array, string | undefined][] = [
        [
          dsn('delayed', '4.4.1', { envelopeId: encodeReturnToken(KEYRING, claims), id: '<x@y>' }),
          'envelope-id',
        ],
        [dsn('delayed', '4.4.1', { id: MESSAGE_ID }), 'message-id'],
        [
          dsn('delayed', '4.4.1', {
            id: '<changed@way>',
            returned: `X-Waybill-Disclosure: ${pageUrl(KEYRING, 'https://t.example', claims)}`,
          }),
          'tracking',
        ],
        [
          dsn('delayed', '4.4.1', {
            id: '<changed@way>',
            body: `<img src=3D"${pixelUrl(KEYRING, 'https://t.example', url).replace(/.{60}/, '$&=\n')}">`,
          }),
          'tracking',
        ],
        [
          dsn('delayed', '4.4.1', {
            id: '<changed@way>',
            body: `<img src="${pixelUrl(KEYRING, 'https://t.example', { ...url, subject: messageId, mode: 'aggregate' })}">`,
          }),
          'tracking',
        ],
        [dsn('delayed', '4.4.1', { id: '<of-nobody@x>' }), undefined],
      ];
      for (const [raw, by] of ways) {
        const { matched } = await take(raw);
        assert.deepEqual(
          matched.map((match) => [match.deliveryId, match.by]),
          by === undefined ? [] : [[ben.id, by]],
        );
      }
      const now = await verdictOf(engine, ben.id);
      assert.equal(now.state, 'sent');
      assert.ok(now.types.includes('deferred'));
    },
  );

  test(`${name}: a report in one workspace’s mailbox says nothing of another’s mail`, { skip }, async (t) => {
    const { take, ben } = await openReports(t, open);
    const claims = { workspaceId: WORKSPACE, subject: ben.id };
    const sentTo = returnAddress(KEYRING, 'b.example', claims);
    const envelopeId = encodeReturnToken(KEYRING, claims);
    assert.deepEqual(
      (await take(dsn('failed', '5.1.1', { envelopeId }), { workspaceId: STRANGER, sentTo })).matched,
      [],
    );
    // What is not signed proves no workspace.
    assert.deepEqual((await take(dsn('failed', '5.1.1'), { workspaceId: undefined as never })).matched, []);
    const forged = returnAddress(new Keyring(new Map([[1, new Uint8Array(32)]])), 'b.example', claims);
    assert.deepEqual(
      (await take(dsn('failed', '5.1.1'), { workspaceId: undefined as never, sentTo: forged })).matched,
      [],
    );
  });

  test(`${name}: delivered, relayed and expanded are told apart`, { skip }, async (t) => {
    const { engine, take, ben } = await openReports(t, open);
    await take(dsn('relayed', '2.0.0'));
    assert.equal((await verdictOf(engine, ben.id)).state, 'sent');
    await take(dsn('delivered', '2.0.0'));
    const now = await verdictOf(engine, ben.id);
    assert.equal(now.state, 'delivered');
    assert.deepEqual(now.types, ['accepted', 'relayed', 'relayed', 'delivered']);
    await take(dsn('expanded', '2.0.0'));
    // One of the addresses behind the list fails: the copy itself did not come back.
    await take(dsn('failed', '5.1.1', { recipient: 'member@elsewhere.example', original: BEN }));
    const later = await verdictOf(engine, ben.id);
    assert.equal(later.state, 'delivered');
    assert.equal(later.types.at(-1), 'bounced');
  });

  test(
    `${name}: an address that is said to be a list is one, for this mail and for later ones`,
    { skip },
    async (t) => {
      const { engine, take, ben, cleo } = await openReports(t, open);
      assert.deepEqual((await verdictOf(engine, ben.id)).codes, ['sent', 'no-sign']);
      await take(dsn('expanded', '2.0.0'));
      assert.ok((await verdictOf(engine, ben.id)).codes.includes('shared-expanded'));
      assert.ok(!(await verdictOf(engine, cleo.id)).codes.some((code) => code.startsWith('shared')));
      // An answer that came through the list names it.
      const throughList = mail(
        [
          'From: Dan <dan@far.example>',
          `In-Reply-To: ${MESSAGE_ID}`,
          'Message-ID: <a@far.example>',
          'To: cleo@reader.example',
          'List-Id: All about parcels <cleo.reader.example>',
        ],
        'Thanks',
      );
      const claims = { workspaceId: WORKSPACE, subject: cleo.id };
      await take(throughList, { sentTo: returnAddress(KEYRING, 'b.sender.example', claims) });
      const now = await verdictOf(engine, cleo.id);
      assert.deepEqual([now.state, now.confidence <= 0.9], ['replied', true]);
      assert.ok(now.codes.includes('shared-list-fields'), now.codes.join());
      const known = await engine.db
        .selectFrom('shared_addresses')
        .select(['workspace_id', 'address', 'because'])
        .orderBy('address')
        .execute();
      assert.deepEqual(known, [
        { workspace_id: WORKSPACE, address: BEN, because: 'expanded' },
        { workspace_id: WORKSPACE, address: 'cleo@reader.example', because: 'list-fields' },
      ]);
    },
  );

  test(
    `${name}: what is known of shared addresses is of recipients only, refreshed, and forgotten`,
    { skip },
    async (t) => {
      const { engine } = await openReports(t, open);
      const shared = new KyselySharedAddresses(engine);
      await shared.note(
        WORKSPACE,
        ['Ben@reader.example', BEN, 'stranger@reader.example'],
        'list-fields',
        100,
      );
      await shared.note(STRANGER, [BEN], 'list-fields', 100);
      await shared.note(WORKSPACE, [BEN], 'list-fields', 300);
      await shared.note(WORKSPACE, [BEN], 'list-fields', 200);
      const rows = await engine.db.selectFrom('shared_addresses').selectAll().execute();
      assert.deepEqual(rows, [
        { workspace_id: WORKSPACE, address: BEN, because: 'list-fields', seen_at: 300 },
      ]);
      assert.equal(await shared.forget(300, 10), 0);
      assert.equal(await shared.forget(301, 10), 1);
    },
  );

  test(
    `${name}: a mail that names its own recipient as a list knows it from the beginning`,
    { skip },
    async (t) => {
      const { engine, ben, cleo } = await openReports(t, open, { lists: [BEN, 'elsewhere@lists.example'] });
      assert.ok((await verdictOf(engine, ben.id)).codes.includes('shared-list-fields'));
      assert.ok(!(await verdictOf(engine, cleo.id)).codes.some((code) => code.startsWith('shared')));
      const rows = await engine.db.selectFrom('shared_addresses').select('address').execute();
      assert.deepEqual(rows, [{ address: BEN }]);
    },
  );

  test(
    `${name}: reports and return paths are forgotten after their days, and timelines keep what they said`,
    { skip },
    async (t) => {
      const path = (deliveryId: DeliveryId) => ({
        deliveryId,
        envelopeFrom: 'ada@sender.example',
        envelopeId: null,
        notify: null,
      });
      const { engine, take, ben } = await openReports(t, open);
      const { deliveries } = await acceptAnother(engine, (ids) => ids.map(path));
      const raw = dsn('failed', '5.1.1');
      await take(raw);
      const reports = new KyselyReportStore(engine);
      const days = { reportRetentionDays: 30, queueRetentionDays: 30, demoRetentionDays: 30 };
      const queue = new KyselyQueuePurgeStore(engine);
      const shared = new KyselySharedAddresses(engine);
      const runAt = async (now: number): Promise<number> => {
        const jobs = purges(days, { queue, reports, shared }, () => now);
        return ((await jobs['returnPaths']?.()) ?? 0) + ((await jobs['reports']?.()) ?? 0);
      };
      const days30 = 30 * 86_400_000;
      assert.equal(await runAt(START + days30), 0);
      assert.equal(await runAt(START + days30 + 1), deliveries);
      assert.equal(await reports.returnPath(WORKSPACE, ben.id), undefined);
      assert.equal(await runAt(START + 60_001 + days30), 1);
      assert.deepEqual(await engine.db.selectFrom('reports').selectAll().execute(), []);
      assert.equal((await verdictOf(engine, ben.id)).state, 'bounced');
      // It came once more, very late: its event is there already.
      await take(raw);
      assert.deepEqual((await verdictOf(engine, ben.id)).types, ['accepted', 'relayed', 'bounced']);
    },
  );

  test(`${name}: a bounce overtakes the mail server’s own answer`, { skip }, async (t) => {
    const { engine, timeline, take, ben } = await openReports(t, open);
    await take(dsn('failed', '5.1.1'));
    await timeline.recordTransport({
      deliveryId: ben.id,
      at: START + 90_000,
      type: 'relayed',
      transport: 'sent',
      reasons: [],
      source: `relay:${ben.id}:2`,
    });
    await take(dsn('delayed', '4.4.1', { diagnostic: 'late' }));
    assert.equal((await verdictOf(engine, ben.id)).state, 'bounced');
  });
}
