import type { Mode, Reason, UntouchedLink } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import {
  newDeliveryId,
  type DeliveryId,
  newMessageId,
  type MessageId,
  newRowId,
  type RandomBytes,
  type WorkspaceId,
} from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { newTrackingNumber, type MailDelivery, type NewMail, type QueueEntry } from '../messages/messages.ts';
import { copyPlan, trialOptions, trackedBy, trackedLinks, type TrackingContext } from './copy-plan.ts';
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
import { linksLeft } from './links-left.ts';
import { mailDate } from './mail-date.ts';
import { readMailFacts, type MailFacts } from './mail-facts.ts';
import { Permissions, type Permission } from './permission.ts';
import type { AcceptStore, Objections, SendingLine, WorkspacePolicies } from './ports.ts';
import type { MailSigner } from './signing/signing.ts';
import type { PreparedMails } from './prepared-mails.ts';
import {
  returnPathOf,
  type ReturnPath,
  type ReceiptRequest,
  type ReturnPathSettings,
} from './return-path.ts';
import { sentCopy, type SentMailboxes } from './sent-copy.ts';
import { INTERNAL_ERROR, RECIPIENT_OBJECTED, TRACKING_ADDRESS_LOCAL, TRACKING_OFF } from './untouched.ts';
import { noWayOut, type WayOut } from './way-out.ts';

export interface IncomingMail {
  workspaceId: WorkspaceId;
  raw: Uint8Array;
  envelope: Envelope;
  source: 'submission' | 'filter' | 'api';
  /** What the caller asks for; a header of the mail itself counts more. */
  mode?: Mode;
  /** The same for receipts. */
  receipts?: ReceiptRequest;
  /** For a caller that may repeat itself: a second mail of the same id is a `conflict`. */
  messageId?: MessageId;
  /** From {@link MailIntake.ask}, a moment ago, for these recipients; asked for when it is not given. */
  permission?: Promise<Permission> | undefined;
}

type Analysis = Pick<
  InstrumentResult,
  'touched' | 'reason' | 'pixel' | 'pixelReason' | 'links' | 'untouchedLinks'
>;

export interface AcceptedMail {
  messageId: MessageId;
  deliveries: MailDelivery[];
  /** Why no copy that is tracked has a pixel; null when they have one. */
  noPixel: Reason | null;
  /** Links that no copy tracks, although the copies are tracked. */
  untouchedLinks: () => UntouchedLink[];
}

/** What one look at a mail tells for all its copies. */
interface Reading {
  messageId: MessageId;
  mode: Mode;
  facts: MailFacts;
  /** Without the fields that nobody else may see. */
  body: Uint8Array;
  analysis: Analysis | undefined;
  /** Why no copy is tracked; null when they may be. */
  untouched: Reason | null;
  /** @param id the delivery's */
  planFor: (id: DeliveryId) => CopyPlan | undefined;
}

/** One recipient's copy, decided. */
interface Copy extends MailDelivery {
  envelope: EnvelopeRecipient;
  plan: CopyPlan | null;
}

type QueuedNewMail = NewMail & Required<Pick<NewMail, 'content' | 'queue'>>;

/** Taken out on every way in: who else got the mail secretly, and what was meant for us. */
export function isRemovedField(name: string): boolean {
  return name === 'bcc' || name === 'resent-bcc' || name.startsWith('x-waybill');
}

/** The one way in for mail that Waybill is to send: by SMTP and by the API. */
export class MailIntake {
  readonly #store: AcceptStore;
  readonly #permissions: Permissions;
  readonly #context: TrackingContext;
  readonly #prepared: PreparedMails;
  readonly #signer: Pick<MailSigner, 'resigns'>;
  readonly #returnPaths: ReturnPathSettings;
  readonly #sentMailboxes: SentMailboxes | undefined;
  readonly #wayOut: WayOut;
  readonly #expiryMs: number;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #line: SendingLine;
  readonly #logger: Logger;

  constructor(deps: {
    store: AcceptStore;
    policies: WorkspacePolicies;
    objections: Objections;
    context: TrackingContext;
    prepared: PreparedMails;
    signer: Pick<MailSigner, 'resigns'>;
    returnPaths: ReturnPathSettings;
    /** Undefined: nobody gets a copy of what they send. */
    sentMailboxes?: SentMailboxes | undefined;
    wayOut: WayOut;
    /** How long a mail is tried. */
    expiryMs: number;
    clock: Clock;
    random: RandomBytes;
    line: SendingLine;
    logger: Logger;
  }) {
    this.#store = deps.store;
    this.#permissions = new Permissions(deps);
    this.#context = deps.context;
    this.#prepared = deps.prepared;
    this.#signer = deps.signer;
    this.#returnPaths = deps.returnPaths;
    this.#sentMailboxes = deps.sentMailboxes;
    this.#wayOut = deps.wayOut;
    this.#expiryMs = deps.expiryMs;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#line = deps.line;
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
    const { workspaceId } = mail;
    const addresses = recipients.map(({ address }) => address);
    const { workspace, objected } = await (mail.permission ?? this.ask(workspaceId, addresses));
    if (workspace === undefined) throw new AppError('forbidden', 'This workspace cannot send mail.');
    const reading = await this.#read(mail, workspace);
    const copies = this.#decideCopies(recipients, objected, reading);
    const newMail = await this.#newMail(mail, reading, copies);
    await this.#commit(newMail);
    if (newMail.sentCopy !== undefined) this.#sentMailboxes?.wake();
    const { messageId, untouched, analysis } = reading;
    return {
      messageId,
      deliveries: copies.map(toDelivery),
      noPixel: untouched === null ? (analysis?.pixelReason ?? null) : null,
      untouchedLinks: () => (untouched === null ? (analysis?.untouchedLinks ?? []) : []),
    };
  }

  /** Whether and how a mail may be tracked: to ask while it is still coming in. */
  ask(workspaceId: WorkspaceId, recipients: readonly string[]): Promise<Permission> {
    return this.#permissions.for(
      workspaceId,
      recipients.map((address) => address.toLowerCase()),
    );
  }

  /** Copies for which there is room are on their way as soon as they are durable; the others wait in the store. */
  async #commit(mail: QueuedNewMail): Promise<void> {
    const queue = mail.queue.map((entry) => ({ ...entry, claimed: this.#line.reserve(entry.envelopeTo) }));
    const claimed = queue.filter((entry) => entry.claimed);
    try {
      await this.#store.accept({ ...mail, queue });
    } catch (error) {
      for (const { envelopeTo } of claimed) this.#line.unreserve(envelopeTo);
      throw error;
    }
    const { raw } = mail.content;
    this.#line.enter(
      claimed.map(({ envelopeOptions, ...entry }) => ({
        ...entry,
        workspaceId: mail.workspaceId,
        sizeBytes: raw.length,
        options: JSON.parse(envelopeOptions) as EnvelopeOptions,
        attempts: 1,
        deferrals: 0,
        lastError: null,
      })),
      raw,
    );
    if (claimed.length < queue.length) this.#line.wake();
  }

  async #read(mail: IncomingMail, workspace: NonNullable<Permission['workspace']>): Promise<Reading> {
    const { workspaceId, envelope } = mail;
    const facts = readMailFacts(mail.raw);
    const body = withoutFields(mail.raw, isRemovedField);
    const messageId = mail.messageId ?? newMessageId(this.#random);
    const mode = facts.mode ?? mail.mode ?? workspace.mode;
    const planFor = (id: string): CopyPlan | undefined => {
      // Without a sender it is a bounce or a receipt (RFC 5321 §4.5.5).
      if (mode === 'off' || envelope.from === '' || this.#wayOut === 'smarthost-untouched') return undefined;
      const subject = mode === 'aggregate' ? messageId : id;
      return copyPlan(this.#context, workspaceId, { subject, mode, disclosure: workspace.disclosure });
    };
    const analysis = await this.#analyse(workspaceId, body, planFor(messageId));
    const untouched = whyUntouched(envelope, mode, analysis);
    return { messageId, mode, facts, body, analysis, untouched, planFor };
  }

  async #analyse(
    workspaceId: WorkspaceId,
    body: Uint8Array,
    plan: CopyPlan | undefined,
  ): Promise<Analysis | undefined> {
    if (plan === undefined) return undefined;
    try {
      const resigns = this.#signer.resigns(body);
      const prepared = await this.#prepared.of(body, resigns);
      return instrument(prepared, trialOptions(this.#context, workspaceId, plan, resigns));
    } catch (err) {
      // A mail that our own code cannot handle is still somebody's mail: it goes out as it is.
      this.#logger.error({ err }, 'a mail could not be looked at, it passes untouched');
      return {
        touched: false,
        reason: INTERNAL_ERROR,
        pixel: null,
        pixelReason: null,
        links: [],
        untouchedLinks: [],
      };
    }
  }

  #decideCopies(
    recipients: readonly EnvelopeRecipient[],
    objected: ReadonlySet<string>,
    reading: Reading,
  ): Copy[] {
    return recipients.map((recipient) => {
      const { address } = recipient;
      const id = newDeliveryId(this.#random);
      const untouched =
        reading.untouched ?? (objected.has(address.toLowerCase()) ? RECIPIENT_OBJECTED : null);
      const plan = untouched === null ? (reading.planFor(id) ?? null) : null;
      const hasPixel = plan !== null && reading.analysis?.pixel !== null;
      return {
        id,
        trackingNumber: newTrackingNumber(this.#random),
        recipient: address,
        pixelUrl: hasPixel ? plan.pixelUrl : null,
        untouched,
        envelope: recipient,
        plan,
      };
    });
  }

  async #newMail(mail: IncomingMail, reading: Reading, copies: readonly Copy[]): Promise<QueuedNewMail> {
    const { facts } = reading;
    const analysis = reading.untouched === null ? reading.analysis : undefined;
    const left = linksLeft(analysis?.untouchedLinks ?? []);
    const { raw, messageIdHeader, added } = this.#complete(mail, reading);
    const now = this.#clock();
    const copyOfAuthor = await this.#sentCopy(mail, { facts, messageIdHeader, added, now });
    const contentId = newRowId();
    const ways = copies.map((copy) => ({ copy, path: this.#returnPath(mail, reading, copy) }));
    return {
      workspaceId: mail.workspaceId,
      messageId: reading.messageId,
      from: facts.from === '' ? mail.envelope.from : facts.from,
      to: facts.to,
      cc: facts.cc,
      subject: facts.subject,
      messageIdHeader,
      mode: reading.mode,
      source: mail.source,
      sizeBytes: mail.raw.length,
      createdAt: now,
      sentAt: null,
      deliveries: copies.map(toDelivery),
      links: analysis === undefined ? [] : trackedLinks(analysis),
      ...(left === undefined ? {} : { linksLeft: left }),
      content: { id: contentId, raw },
      ...(copyOfAuthor === undefined ? {} : { sentCopy: copyOfAuthor }),
      queue: ways.map(({ copy, path }): QueueEntry => ({
        id: newRowId(),
        deliveryId: copy.id,
        contentId,
        envelopeFrom: path.from,
        envelopeTo: copy.recipient,
        envelopeOptions: JSON.stringify(this.#options(mail.envelope, copy, facts, path)),
        expiresAt: now + this.#expiryMs,
      })),
      returnPaths: ways.flatMap(({ path }) => path.entry ?? []),
      ...(facts.lists.length === 0 ? {} : { lists: facts.lists }),
    };
  }

  #returnPath(
    { workspaceId, envelope, receipts }: IncomingMail,
    { mode, facts }: Reading,
    { id, envelope: recipient, plan, untouched }: Copy,
  ): ReturnPath {
    return returnPathOf(
      {
        workspaceId,
        deliveryId: id,
        envelope,
        recipient,
        // What has no HTML is left alone for want of a place, not because a change would break it.
        mayChange: plan !== null || untouched?.code === 'plain-text-only',
        mode,
        author: addressOfMailbox(facts.from),
        receipts: facts.receipts ?? receipts,
        asksForReceipt: facts.asksForReceipt,
      },
      { keyring: this.#context.keyring, settings: this.#returnPaths },
    );
  }

  /**
   * A mail program may leave Message-ID and Date to the submission server (RFC 6409 §8); without them a tracked mail
   * could not be found again in replies. What passes untouched stays byte for byte as it is.
   */
  #complete(
    mail: IncomingMail,
    { body, facts, analysis }: Reading,
  ): { raw: Uint8Array; messageIdHeader: string | null; added: string[] } {
    if (analysis?.touched !== true || mail.source === 'filter') {
      return { raw: body, messageIdHeader: facts.messageId, added: [] };
    }
    // One that is there and of no use stays alone: mail with two is refused by some.
    const messageIdHeader = facts.hasMessageId
      ? facts.messageId
      : newMessageIdHeader(mail.envelope.from, this.#random);
    const fields = [
      ...(facts.hasMessageId ? [] : [`Message-ID: ${messageIdHeader}`]),
      ...(facts.hasDate ? [] : [`Date: ${mailDate(this.#clock())}`]),
    ];
    return { raw: withFieldsFirst(body, fields), messageIdHeader, added: fields };
  }

  #sentCopy(
    { workspaceId, source, raw, envelope }: IncomingMail,
    sent: { facts: MailFacts; messageIdHeader: string | null; added: readonly string[]; now: number },
  ): Promise<NewMail['sentCopy']> {
    // What is only captured was not sent.
    if (this.#wayOut === 'capture') return Promise.resolve(undefined);
    const from = addressOfMailbox(sent.facts.from);
    return sentCopy(this.#sentMailboxes, {
      workspaceId,
      from,
      source,
      raw,
      added: sent.added,
      recipients: envelope.recipients.map(({ address }) => address),
      named: [...sent.facts.to, ...sent.facts.cc],
      messageIdHeader: sent.messageIdHeader,
      newMessageIdHeader: () => newMessageIdHeader(from, this.#random),
      acceptedAt: sent.now,
      isTracked: trackedBy(this.#context.keyring),
    });
  }

  #options(envelope: Envelope, copy: Copy, facts: MailFacts, path: ReturnPath): EnvelopeOptions {
    return {
      wayOut: this.#wayOut === 'capture' ? 'capture' : 'smarthost',
      ...(envelope.eightBit === true ? { eightBit: true } : {}),
      ...(envelope.smtpUtf8 === true ? { smtpUtf8: true } : {}),
      ...(Object.keys(path.dsn).length === 0 ? {} : { dsn: path.dsn }),
      asked: { ...envelope.dsn, ...copy.envelope.dsn },
      ...(path.from === envelope.from ? {} : { sender: envelope.from }),
      ...(path.receiptTo === undefined ? {} : { receiptTo: path.receiptTo }),
      copy: copy.plan,
      trackingNumber: copy.trackingNumber,
      from: facts.from === '' ? envelope.from : facts.from,
      subject: facts.subject,
    };
  }
}

function whyUntouched(envelope: Envelope, mode: Mode, analysis: Analysis | undefined): Reason | null {
  if (envelope.from === '') return reason('null-sender');
  if (mode === 'off') return TRACKING_OFF;
  if (analysis === undefined) return TRACKING_ADDRESS_LOCAL;
  return analysis.touched ? null : analysis.reason;
}

function toDelivery({ id, trackingNumber, recipient, pixelUrl, untouched }: Copy): MailDelivery {
  return { id, trackingNumber, recipient, pixelUrl, untouched };
}

export function badLineEnds(): AppError {
  return new AppError(
    'invalid-input',
    'The mail has a bare CR, a bare LF or a NUL byte. Lines must end with CRLF.',
  );
}

/** Of `Ann <a@b.c>`; empty when there is none. */
function addressOfMailbox(mailbox: string): string {
  return /<([^<>]+@[^<>]+)>$/.exec(mailbox)?.[1] ?? (mailbox.includes('@') ? mailbox : '');
}

/** @param from the sender's address, whose domain the id gets */
export function newMessageIdHeader(from: string, random: RandomBytes): string {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? 'waybill.invalid';
  return `<${Buffer.from(random(16)).toString('hex')}@${domain}>`;
}
