import type { TestContext } from 'node:test';
import type { Delivery } from '@waybill/sdk';
import { newMessageId, type WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { Timeline, type NewMail } from '../../src/messages/messages.ts';
import { ReportIntake, type IncomingReport } from '../../src/reports/reports.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyReportStore } from '../../src/storage/report-store.ts';
import { KyselySharedAddresses } from '../../src/storage/shared-address-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { Keyring } from '../../src/tracking/tracking.ts';
import { homeLookup } from '../support/home-reader.ts';
import { mail, multipart } from '../support/report-mail.ts';
import { copiesFor, trackedMail } from '../support/tracked-mail.ts';
import type { TimelineContract } from './timeline-bench.ts';

export const START = Date.UTC(2026, 10, 23, 12);
export const WORKSPACE = 7 as WorkspaceId;
export const STRANGER = 8 as WorkspaceId;
export const KEYRING = new Keyring(new Map([[1, new Uint8Array(32).fill(5)]]));
export const MESSAGE_ID = '<parcel-1@sender.example>';
export const BEN = 'ben@reader.example';

/** A mail to Ben and Cleo that is out, and what takes reports about it. */
export async function openReports(
  t: TestContext,
  open: TimelineContract['engine'],
  changes: Partial<NewMail> = {},
) {
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

export async function verdictOf(engine: Engine, id: string) {
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

export function dsn(action: string, status: string, options: DsnOptions = {}): Buffer {
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

export function mdn(disposition: string, recipient = BEN, subject = 'Read'): Buffer {
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

export function complaint(recipient: string): Buffer {
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

export function answer(from: string, fields: readonly string[]): Buffer {
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
