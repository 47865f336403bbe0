import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Delivery } from '@waybill/sdk';
import { newMessageId, type DeliveryId, type WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { Timeline, type NewMail } from '../../src/messages/messages.ts';
import { purges } from '../../src/main/purges.ts';
import { ReportIntake, type IncomingReport } from '../../src/reports/reports.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyQueuePurgeStore } from '../../src/storage/queue-purge-store.ts';
import { KyselyReportStore } from '../../src/storage/report-store.ts';
import { KyselySharedAddresses } from '../../src/storage/shared-address-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { encodeReturnToken, Keyring, pageUrl, pixelUrl, returnAddress } from '../../src/tracking/tracking.ts';
import { homeLookup, insertFirstOpenRule } from '../support/home-reader.ts';
import { mail, multipart } from '../support/report-mail.ts';
import { copiesFor, loggedHit, trackedMail } from '../support/tracked-mail.ts';
import type { TimelineContract } from './timeline.ts';

const START = Date.UTC(2026, 10, 23, 12);
const WORKSPACE = 7 as WorkspaceId;
const STRANGER = 8 as WorkspaceId;
const KEYRING = new Keyring(new Map([[1, new Uint8Array(32).fill(5)]]));
const MESSAGE_ID = '<parcel-1@sender.example>';
const BEN = 'ben@reader.example';

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

/** What a report does to the timelines on every engine. */
export function testReports(name: string, { engine: open, skip }: TimelineContract): void {
  async function setUp(t: TestContext, changes: Partial<NewMail> = {}) {
    const engine = await open();
    t.after(() => engine.db.destroy());
    const clock = () => START + 3_600_000;
    const store = new KyselyTimelineStore(engine, clock);
    const timeline = new Timeline({ store, lookup: homeLookup, clock });
    const messageId = newMessageId();
    const deliveries = copiesFor([BEN, 'cleo@reader.example']);
    await new KyselyMessageStore(engine).accept(
      trackedMail({
        messageId,
        workspaceId: WORKSPACE,
        createdAt: START,
        from: 'Ada <ada@sender.example>',
        subject: 'The parcel',
        messageIdHeader: MESSAGE_ID,
        deliveries,
        ...changes,
      }),
    );
    for (const { id } of deliveries) {
      await timeline.recordTransport({
        deliveryId: id,
        at: START,
        type: 'relayed',
        transport: 'sent',
        reasons: [],
        source: `relay:${id}:1`,
      });
    }
    const reports = new KyselyReportStore(engine);
    const shared = new KyselySharedAddresses(engine);
    const intake = new ReportIntake({
      store: reports,
      timeline,
      shared,
      keyring: KEYRING,
      logger: silentLogger,
    });
    const [ben, cleo] = deliveries;
    if (ben === undefined || cleo === undefined) throw new Error('two deliveries');
    const take = (raw: Uint8Array, more: Partial<IncomingReport> = {}) =>
      intake.take({ raw, receivedAt: START + 60_000, via: 'mailbox', workspaceId: WORKSPACE, ...more });
    return { engine, timeline, take, ben, cleo, messageId };
  }

  async function verdict(engine: Engine, id: string) {
    const row = await engine.db
      .selectFrom('deliveries')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const events = await engine.db
      .selectFrom('events')
      .selectAll()
      .where('delivery_id', '=', id)
      .orderBy('position')
      .execute();
    return {
      state: row.verdict_state as Delivery['verdict']['state'],
      confidence: row.verdict_confidence,
      transport: row.transport,
      codes: (JSON.parse(row.verdict_reasons) as { code: string }[]).map(({ code }) => code),
      types: events.map(({ type }) => type),
      events,
    };
  }

  test(
    `${name}: a bounce to a return path bounces that delivery, with class and diagnostic`,
    { skip },
    async (t) => {
      const { engine, take, ben, cleo } = await setUp(t);
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
      const now = await verdict(engine, ben.id);
      assert.equal(now.state, 'bounced');
      assert.deepEqual(now.codes, ['bounced', 'bounced-mailbox-full', 'diagnostic']);
      assert.deepEqual(now.types, ['accepted', 'relayed', 'bounced']);
      assert.equal((await verdict(engine, cleo.id)).state, 'sent');
    },
  );

  test(`${name}: the same report twice is one event, whatever ways it came`, { skip }, async (t) => {
    const { engine, take, ben } = await setUp(t);
    const raw = dsn('failed', '5.1.1');
    const first = await take(raw);
    assert.deepEqual(await take(raw), first);
    const passedOn = Buffer.concat([Buffer.from('Received: by x; Mon, 23 Nov 2026 12:00:00 +0000\r\n'), raw]);
    await take(passedOn, { key: 'imap:1:2' });
    assert.deepEqual((await verdict(engine, ben.id)).types, ['accepted', 'relayed', 'bounced']);
  });

  test(
    `${name}: envelope id, original Message-ID and signed addresses lead to the delivery`,
    { skip },
    async (t) => {
      const { engine, take, ben, messageId } = await setUp(t);
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
      const now = await verdict(engine, ben.id);
      assert.equal(now.state, 'sent');
      assert.ok(now.types.includes('deferred'));
    },
  );

  test(`${name}: a report in one workspace’s mailbox says nothing of another’s mail`, { skip }, async (t) => {
    const { take, ben } = await setUp(t);
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
    const { engine, take, ben } = await setUp(t);
    await take(dsn('relayed', '2.0.0'));
    assert.equal((await verdict(engine, ben.id)).state, 'sent');
    await take(dsn('delivered', '2.0.0'));
    const now = await verdict(engine, ben.id);
    assert.equal(now.state, 'delivered');
    assert.deepEqual(now.types, ['accepted', 'relayed', 'relayed', 'delivered']);
    await take(dsn('expanded', '2.0.0'));
    // One of the addresses behind the list fails: the copy itself did not come back.
    await take(dsn('failed', '5.1.1', { recipient: 'member@elsewhere.example', original: BEN }));
    const later = await verdict(engine, ben.id);
    assert.equal(later.state, 'delivered');
    assert.equal(later.types.at(-1), 'bounced');
  });

  test(
    `${name}: an address that is said to be a list is one, for this mail and for later ones`,
    { skip },
    async (t) => {
      const { engine, take, ben, cleo } = await setUp(t);
      assert.deepEqual((await verdict(engine, ben.id)).codes, ['sent', 'no-sign']);
      await take(dsn('expanded', '2.0.0'));
      assert.ok((await verdict(engine, ben.id)).codes.includes('shared-expanded'));
      assert.ok(!(await verdict(engine, cleo.id)).codes.some((code) => code.startsWith('shared')));
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
      const now = await verdict(engine, cleo.id);
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
      const { engine } = await setUp(t);
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
      const { engine, ben, cleo } = await setUp(t, { lists: [BEN, 'elsewhere@lists.example'] });
      assert.ok((await verdict(engine, ben.id)).codes.includes('shared-list-fields'));
      assert.ok(!(await verdict(engine, cleo.id)).codes.some((code) => code.startsWith('shared')));
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
      const { engine, take, ben } = await setUp(t);
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
      assert.equal((await verdict(engine, ben.id)).state, 'bounced');
      // It came once more, very late: its event is there already.
      await take(raw);
      assert.deepEqual((await verdict(engine, ben.id)).types, ['accepted', 'relayed', 'bounced']);
    },
  );

  test(
    `${name}: a receipt and an opening are one truth, and a receipt by itself is weak`,
    { skip },
    async (t) => {
      const { engine, timeline, take, ben, cleo } = await setUp(t);
      await insertFirstOpenRule(engine, WORKSPACE, START);
      await take(mdn('automatic-action/MDN-sent-automatically; displayed'));
      const weak = await verdict(engine, ben.id);
      assert.deepEqual([weak.state, weak.codes], ['probably-read', ['receipt', 'receipt-automatic']]);
      assert.ok(weak.confidence < 0.6);
      await take(mdn('manual-action/MDN-sent-manually; displayed'));
      const sure = await verdict(engine, ben.id);
      assert.deepEqual([sure.state, sure.confidence], ['probably-read', 0.85]);
      await timeline.recordHits([
        loggedHit({ seq: 1, at: START + 1_800_000, workspaceId: WORKSPACE, subject: ben.id }),
      ]);
      const both = await verdict(engine, ben.id);
      assert.equal(both.state, 'read');
      assert.ok(both.confidence > sure.confidence);
      assert.ok(both.codes.includes('receipt-too'));
      await take(mdn('manual-action/MDN-sent-manually; deleted', 'cleo@reader.example'));
      await take(mdn('manual-action/MDN-sent-manually; denied', 'cleo@reader.example'));
      assert.equal((await verdict(engine, cleo.id)).state, 'sent');
      // The sender hears of the first sign once.
      const outbox = await engine.db.selectFrom('outbox').selectAll().execute();
      assert.equal(outbox.length, 1);
    },
  );

  test(`${name}: a person’s answer, a program’s answer and a complaint`, { skip }, async (t) => {
    const { engine, take, ben, cleo } = await setUp(t);
    await take(answer(BEN, ['Auto-Submitted: auto-replied', `In-Reply-To: ${MESSAGE_ID}`]));
    const auto = await verdict(engine, ben.id);
    assert.deepEqual([auto.state, auto.types.at(-1)], ['sent', 'auto-replied']);
    // A later mail of the thread is answered; ours is known by the references.
    await take(answer(BEN, ['In-Reply-To: <later@x>', `References: ${MESSAGE_ID} <later@x>`]));
    const replied = await verdict(engine, ben.id);
    assert.deepEqual([replied.state, replied.types.at(-1)], ['replied', 'replied']);
    // The author writes on in the thread; that is nobody's answer.
    await take(answer('ada@sender.example', [`In-Reply-To: ${MESSAGE_ID}`]));
    await take(answer('somebody@else.example', [`In-Reply-To: ${MESSAGE_ID}`]));
    assert.equal((await verdict(engine, cleo.id)).state, 'sent');
    await take(complaint('cleo@reader.example'));
    const complained = await verdict(engine, cleo.id);
    assert.deepEqual([complained.state, complained.types.at(-1)], ['probably-read', 'complained']);
  });

  test(
    `${name}: ids are the same however they are written; one without a domain needs the recipient, too`,
    { skip },
    async (t) => {
      const { engine, take, ben } = await setUp(t);
      const bare = MESSAGE_ID.slice(1, -1);
      const found = async (raw: Buffer) => (await take(raw)).matched.length;
      assert.equal(await found(answer(BEN, ['Auto-Submitted: auto-replied', `In-Reply-To: ${bare}`])), 1);
      assert.equal(await found(answer(BEN, ['In-Reply-To: <later@x>', `References: ${bare} later@x`])), 1);
      await engine.db.updateTable('messages').set({ message_id_header: '<0022>' }).execute();
      assert.equal(await found(answer('somebody@else.example', ['In-Reply-To: <0022>'])), 0);
      assert.equal(await found(answer(BEN, ['In-Reply-To: 0022'])), 1);
      assert.equal(await found(answer(BEN, ['In-Reply-To: your mail'])), 0);
      assert.equal((await verdict(engine, ben.id)).state, 'replied');
      assert.equal(await found(dsn('failed', '5.1.1', { id: '0022' })), 1);
    },
  );

  test(
    `${name}: an opening before the answer was known is judged again in its light`,
    { skip },
    async (t) => {
      const { engine, timeline, take, ben } = await setUp(t);
      await timeline.recordHits([
        loggedHit({ seq: 1, at: START + 1_800_000, workspaceId: WORKSPACE, subject: ben.id }),
      ]);
      assert.equal((await verdict(engine, ben.id)).state, 'read');
      await take(answer(BEN, [`In-Reply-To: ${MESSAGE_ID}`]));
      const now = await verdict(engine, ben.id);
      assert.equal(now.state, 'replied');
      const opened = now.events.find(({ type }) => type === 'opened');
      assert.match(opened?.reasons ?? '', /maybe-quoted-copy/);
      assert.ok((opened?.confidence ?? 1) <= 0.6);
    },
  );

  test(
    `${name}: an answer from another address counts less, one from the author’s house not`,
    { skip },
    async (t) => {
      const { engine, take, ben } = await setUp(t);
      const sentTo = returnAddress(KEYRING, 'b.sender.example', { workspaceId: WORKSPACE, subject: ben.id });
      await take(answer('bob@sender.example', [`In-Reply-To: ${MESSAGE_ID}`]), { sentTo });
      assert.equal((await verdict(engine, ben.id)).state, 'sent');
      await take(answer('ben@home.example', [`In-Reply-To: ${MESSAGE_ID}`]), { sentTo });
      const now = await verdict(engine, ben.id);
      assert.deepEqual([now.state, now.confidence], ['replied', 0.75]);
      assert.ok(now.codes.includes('reply-from-elsewhere'));
    },
  );

  test(
    `${name}: privacy modes and objections keep their promises for receipts and answers`,
    { skip },
    async (t) => {
      const day = await setUp(t, { mode: 'day' });
      await day.take(mdn('manual-action/MDN-sent-manually; displayed'));
      await day.take(answer(BEN, ['Auto-Submitted: auto-replied', `In-Reply-To: ${MESSAGE_ID}`]));
      const event = (await verdict(day.engine, day.ben.id)).events.at(-1);
      assert.equal(event?.type, 'receipt');
      assert.deepEqual([event?.at, event?.actor, event?.reasons], [START - (START % 86_400_000), null, '[]']);
      await day.take(mdn('manual-action/MDN-sent-manually; displayed', BEN, 'again'), {
        receivedAt: START + 3 * 86_400_000,
      });
      const moved = (await verdict(day.engine, day.ben.id)).events.filter(({ type }) => type === 'receipt');
      assert.deepEqual(
        moved.map(({ at }) => at),
        [START - (START % 86_400_000) + 3 * 86_400_000],
      );
      const kept = await day.engine.db.selectFrom('reports').selectAll().execute();
      assert.ok(kept.every(({ matched, parsed }) => matched === '[]' && !parsed.includes('reader')));

      for (const mode of ['aggregate', 'off'] as const) {
        const { engine, take, ben } = await setUp(t, { mode });
        await take(mdn('manual-action/MDN-sent-manually; displayed'));
        await take(answer(BEN, [`In-Reply-To: ${MESSAGE_ID}`]));
        assert.deepEqual((await verdict(engine, ben.id)).types, ['accepted', 'relayed']);
        await take(dsn('failed', '5.1.1'));
        assert.equal((await verdict(engine, ben.id)).state, 'bounced');
      }

      const { engine, timeline, take, ben } = await setUp(t);
      await timeline.recordTransport({
        deliveryId: ben.id,
        at: START + 1,
        type: 'objected',
        reasons: [],
        source: 'privacy:1',
      });
      await take(mdn('manual-action/MDN-sent-manually; displayed'));
      assert.deepEqual((await verdict(engine, ben.id)).types, ['accepted', 'relayed', 'objected']);
    },
  );

  test(`${name}: a bounce overtakes the mail server’s own answer`, { skip }, async (t) => {
    const { engine, timeline, take, ben } = await setUp(t);
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
    assert.equal((await verdict(engine, ben.id)).state, 'bounced');
  });
}

let numbers = 0;
const head = (subject: string): string[] => [
  'From: Mail System <mailer-daemon@reader.example>',
  'To: ada@sender.example',
  `Subject: ${subject}`,
  `Message-ID: <report-${(numbers += 1)}@reader.example>`,
  'Date: Mon, 23 Nov 2026 12:01:00 +0000',
];

interface DsnOptions {
  recipient?: string;
  original?: string;
  diagnostic?: string;
  envelopeId?: string;
  id?: string;
  returned?: string;
  body?: string;
}

function dsn(action: string, status: string, options: DsnOptions = {}): Buffer {
  const {
    recipient = BEN,
    original,
    diagnostic,
    envelopeId,
    id = MESSAGE_ID,
    returned,
    body = 'Hello',
  } = options;
  const fields = [
    ...(envelopeId === undefined ? [] : [`Original-Envelope-Id: ${envelopeId}`]),
    'Reporting-MTA: dns; mx.reader.example',
    '',
    ...(original === undefined ? [] : [`Original-Recipient: rfc822;${original}`]),
    `Final-Recipient: rfc822; ${recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    ...(diagnostic === undefined ? [] : [`Diagnostic-Code: smtp; ${diagnostic}`]),
  ];
  const returnedMail = [
    ...(returned === undefined ? [] : [returned]),
    'From: Ada <ada@sender.example>',
    `Message-ID: ${id}`,
    'Content-Type: text/html',
    '',
    body,
  ];
  return multipart(head('Delivery report'), [
    { type: 'text/plain', text: 'About your mail.' },
    { type: 'message/delivery-status', text: fields.join('\n') },
    { type: 'message/rfc822', text: returnedMail.join('\n') },
  ]);
}

function mdn(disposition: string, recipient = BEN, subject = 'Read'): Buffer {
  const fields = `Final-Recipient: rfc822; ${recipient}\nOriginal-Message-ID: ${MESSAGE_ID}\nDisposition: ${disposition}`;
  return multipart(
    head(`${subject}: The parcel`),
    [
      { type: 'text/plain', text: 'About your mail.' },
      { type: 'message/disposition-notification', text: fields },
    ],
    'multipart/report; report-type=disposition-notification',
  );
}

function complaint(recipient: string): Buffer {
  return multipart(
    head('Complaint'),
    [
      { type: 'text/plain', text: 'A user does not want this.' },
      {
        type: 'message/feedback-report',
        text: `Feedback-Type: abuse\nUser-Agent: Loop/1.0\nVersion: 1\nOriginal-Rcpt-To: ${recipient}`,
      },
      { type: 'message/rfc822', text: `Message-ID: ${MESSAGE_ID}\nSubject: The parcel\n\nHello` },
    ],
    'multipart/report; report-type=feedback-report',
  );
}

function answer(from: string, fields: readonly string[]): Buffer {
  return mail(
    [
      `From: ${from}`,
      'To: ada@sender.example',
      'Subject: Re: The parcel',
      `Message-ID: <answer-${(numbers += 1)}@reader.example>`,
      ...fields,
    ],
    'Thank you.\n',
  );
}
