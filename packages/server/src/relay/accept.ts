import { randomUUID } from 'node:crypto';
import type { Mode, Reason } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import {
  newDeliveryId,
  newMessageId,
  type MessageId,
  type RandomBytes,
  type WorkspaceId,
} from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { newTrackingNumber, type MailDelivery, type QueueEntry } from '../messages/messages.ts';
import { pixelUrl, type TokenMode } from '../tracking/tracking.ts';
import {
  distinctRecipients,
  type CopyPlan,
  type Envelope,
  type EnvelopeOptions,
  type EnvelopeRecipient,
} from './envelope.ts';
import { withFieldsFirst, withoutFields } from './header-block.ts';
import { instrument, type InstrumentResult } from './instrument/instrument.ts';
import { reason } from './instrument/reasons.ts';
import { lineEndTrouble } from './line-ends.ts';
import { mailDate } from './mail-date.ts';
import { readMailFacts, type MailFacts } from './mail-facts.ts';
import { instrumentOptions, type TrackingContext } from './pipeline.ts';
import type { AcceptStore, Objections, WorkspacePolicies } from './ports.ts';
import { noWayOut, TRACKING_ADDRESS_LOCAL, type WayOut } from './way-out.ts';

export interface IncomingMail {
  workspaceId: WorkspaceId;
  raw: Uint8Array;
  envelope: Envelope;
  source: 'submission' | 'filter' | 'api';
  /** What the caller asks for; a header of the mail itself counts more. */
  mode?: Mode;
  /** For a caller that may repeat itself: a second mail of the same id is a `conflict`. */
  messageId?: MessageId;
}

type Analysis = Pick<InstrumentResult, 'touched' | 'reason' | 'pixel' | 'links'>;

export interface AcceptedMail {
  messageId: MessageId;
  deliveries: MailDelivery[];
}

const TRACKING_OFF: Reason = {
  code: 'tracking-off',
  text: 'Tracking is off for this mail, so it went out unchanged.',
};
const FAILED: Reason = {
  code: 'internal-error',
  text: 'Waybill could not handle this mail, so it went out unchanged.',
};
const OBJECTED: Reason = {
  code: 'recipient-objected',
  text: 'The recipient objected to tracking, so this copy went out unchanged.',
};

/** Taken out on every way in: who else got the mail secretly, and what was meant for us. */
export function isRemovedField(name: string): boolean {
  return name === 'bcc' || name === 'resent-bcc' || name.startsWith('x-waybill');
}

/** The one way in for mail that Waybill is to send: by SMTP and by the API. */
export class MailIntake {
  readonly #store: AcceptStore;
  readonly #policies: WorkspacePolicies;
  readonly #objections: Objections;
  readonly #context: TrackingContext;
  readonly #wayOut: WayOut;
  readonly #expiryMs: number;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #onQueued: () => void;
  readonly #logger: Logger;

  constructor(deps: {
    store: AcceptStore;
    policies: WorkspacePolicies;
    objections: Objections;
    context: TrackingContext;
    wayOut: WayOut;
    /** How long a mail is tried. */
    expiryMs: number;
    clock: Clock;
    random: RandomBytes;
    /** Called when there is something in the queue. */
    onQueued: () => void;
    logger: Logger;
  }) {
    this.#store = deps.store;
    this.#policies = deps.policies;
    this.#objections = deps.objections;
    this.#context = deps.context;
    this.#wayOut = deps.wayOut;
    this.#expiryMs = deps.expiryMs;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#onQueued = deps.onQueued;
    this.#logger = deps.logger;
  }

  /**
   * Resolves when the mail and all its copies are durable.
   * @throws AppError `misconfigured` without a way out, `invalid-input` for line ends that cannot be passed on or
   *   when there is no recipient, `forbidden` for a workspace that is not there, `conflict`
   */
  async accept(mail: IncomingMail): Promise<AcceptedMail> {
    if (this.#wayOut === 'refuse') throw noWayOut();
    if (lineEndTrouble(mail.raw) !== undefined) throw badLineEnds();
    const recipients = distinctRecipients(mail.envelope.recipients);
    if (recipients.length === 0) throw new AppError('invalid-input', 'The mail has no recipient.');
    const workspace = await this.#policies.workspace(mail.workspaceId);
    if (workspace === undefined) throw new AppError('forbidden', 'This workspace cannot send mail.');

    const facts = await readMailFacts(mail.raw);
    const body = withoutFields(mail.raw, isRemovedField);
    const messageId = mail.messageId ?? newMessageId(this.#random);
    const mode = facts.mode ?? mail.mode ?? workspace.mode;
    const planFor = (subject: string): CopyPlan | undefined => {
      // Without a sender it is a bounce or a receipt (RFC 5321 §4.5.5).
      if (mode === 'off' || mail.envelope.from === '') return undefined;
      if (this.#wayOut === 'smarthost-untouched') return undefined;
      const inToken = mode === 'aggregate' ? messageId : subject;
      return copyPlan(this.#context, mail.workspaceId, inToken, mode, workspace.disclosure);
    };
    const analysis = this.#analyse(mail, body, planFor(messageId));
    const untouched = this.#whyUntouched(mail, mode, analysis);
    const objected = await this.#objections.isObjected(
      mail.workspaceId,
      recipients.map(({ address }) => address.toLowerCase()),
    );
    const deliveries = recipients.map(({ address }) => {
      const id = newDeliveryId(this.#random);
      const why = untouched ?? (objected.has(address.toLowerCase()) ? OBJECTED : null);
      const plan = why === null ? (planFor(id) ?? null) : null;
      return { id, address, plan, why, trackingNumber: newTrackingNumber(this.#random) };
    });

    const { raw, messageIdHeader } = this.#complete(mail, body, facts, analysis);
    const now = this.#clock();
    const contentId = randomUUID();
    const accepted = deliveries.map(({ id, address, plan, why, trackingNumber }): MailDelivery => ({
      id,
      trackingNumber,
      recipient: address,
      pixelUrl: plan?.pixelUrl ?? null,
      untouched: why,
    }));
    await this.#store.accept({
      workspaceId: mail.workspaceId,
      messageId,
      from: facts.from === '' ? mail.envelope.from : facts.from,
      to: facts.to,
      cc: facts.cc,
      subject: facts.subject,
      messageIdHeader,
      mode,
      source: mail.source,
      sizeBytes: mail.raw.length,
      createdAt: now,
      sentAt: null,
      deliveries: accepted,
      links: untouched === null ? trackedLinks(analysis) : [],
      content: { id: contentId, raw },
      queue: deliveries.map(({ id, plan, trackingNumber }, index): QueueEntry => ({
        id: randomUUID(),
        deliveryId: id,
        contentId,
        envelopeFrom: mail.envelope.from,
        envelopeTo: recipients[index]?.address ?? '',
        envelopeOptions: JSON.stringify(
          this.#options(mail.envelope, recipients[index], { plan, trackingNumber, facts }),
        ),
        expiresAt: now + this.#expiryMs,
      })),
    });
    this.#onQueued();
    return { messageId, deliveries: accepted };
  }

  /** One look at the mail tells for all copies whether it may be touched and which links it has. */
  #analyse(mail: IncomingMail, body: Uint8Array, plan: CopyPlan | undefined): Analysis | undefined {
    if (plan === undefined) return undefined;
    try {
      return instrument(body, instrumentOptions(this.#context, mail.workspaceId, plan));
    } catch (err) {
      // A mail that our own code cannot handle is still somebody's mail: it goes out as it is.
      this.#logger.error({ err }, 'a mail could not be looked at, it passes untouched');
      return { touched: false, reason: FAILED, pixel: null, links: [] };
    }
  }

  #whyUntouched(mail: IncomingMail, mode: Mode, analysis: Analysis | undefined): Reason | null {
    if (mail.envelope.from === '') return reason('null-sender');
    if (mode === 'off') return TRACKING_OFF;
    if (analysis === undefined) return TRACKING_ADDRESS_LOCAL;
    return analysis.touched ? null : analysis.reason;
  }

  /**
   * A mail program may leave Message-ID and Date to the submission server (RFC 6409 §8); without them a tracked mail
   * could not be found again in replies. What passes untouched stays byte for byte as it is.
   */
  #complete(
    mail: IncomingMail,
    body: Uint8Array,
    facts: MailFacts,
    analysis: Analysis | undefined,
  ): { raw: Uint8Array; messageIdHeader: string | null } {
    if (analysis?.touched !== true || mail.source === 'filter') {
      return { raw: body, messageIdHeader: facts.messageId };
    }
    const messageIdHeader = facts.messageId ?? newMessageIdHeader(mail.envelope.from, this.#random);
    const fields = [
      ...(facts.messageId === null ? [`Message-ID: ${messageIdHeader}`] : []),
      ...(facts.hasDate ? [] : [`Date: ${mailDate(this.#clock())}`]),
    ];
    return { raw: withFieldsFirst(body, fields), messageIdHeader };
  }

  #options(
    envelope: Envelope,
    recipient: EnvelopeRecipient | undefined,
    copy: { plan: CopyPlan | null; trackingNumber: string; facts: MailFacts },
  ): EnvelopeOptions {
    const dsn = { ...envelope.dsn, ...recipient?.dsn };
    return {
      wayOut: this.#wayOut === 'capture' ? 'capture' : 'smarthost',
      ...(envelope.eightBit === true ? { eightBit: true } : {}),
      ...(envelope.smtpUtf8 === true ? { smtpUtf8: true } : {}),
      ...(Object.keys(dsn).length === 0 ? {} : { dsn }),
      copy: copy.plan,
      trackingNumber: copy.trackingNumber,
      from: copy.facts.from === '' ? envelope.from : copy.facts.from,
      subject: copy.facts.subject,
    };
  }
}

export function copyPlan(
  context: TrackingContext,
  workspaceId: WorkspaceId,
  subject: string,
  mode: TokenMode,
  disclosure: CopyPlan['disclosure'],
): CopyPlan {
  const claims = { workspaceId, subject, linkIndex: 0, mode };
  return { pixelUrl: pixelUrl(context.keyring, context.publicUrl, claims), mode, subject, disclosure };
}

/** A link that stays as it is has nothing to record. */
export function trackedLinks(
  analysis: Pick<InstrumentResult, 'links'> | undefined,
): { index: number; url: string }[] {
  const urls = new Map<number, string>();
  for (const { from, to, index } of analysis?.links ?? []) if (from !== to) urls.set(index, from);
  return [...urls].map(([index, url]) => ({ index, url }));
}

export function badLineEnds(): AppError {
  return new AppError(
    'invalid-input',
    'The mail has a bare CR, a bare LF or a NUL byte. Lines must end with CRLF.',
  );
}

/** @param from the sender's address, whose domain the id gets */
export function newMessageIdHeader(from: string, random: RandomBytes): string {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? 'waybill.invalid';
  return `<${Buffer.from(random(16)).toString('hex')}@${domain}>`;
}
