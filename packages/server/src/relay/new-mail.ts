import type { Clock } from '../kernel/clock.ts';
import { newDeliveryId, newRowId, type RandomBytes } from '../kernel/ids.ts';
import { newTrackingNumber, type MailDelivery, type NewMail, type QueueEntry } from '../messages/messages.ts';
import { trackedBy, trackedLinks, type TrackingContext } from './copy-plan.ts';
import type { CopyPlan, Envelope, EnvelopeOptions, EnvelopeRecipient } from './envelope.ts';
import { withFieldsFirst } from './header-block.ts';
import type { IncomingMail } from './incoming-mail.ts';
import { linksLeft } from './links-left.ts';
import { mailDate } from './mail-date.ts';
import type { MailFacts } from './mail-facts.ts';
import type { Reading } from './mail-reading.ts';
import { newMessageIdHeader } from './new-message-id.ts';
import { returnPathOf, type ReturnPath, type ReturnPathSettings } from './return-path.ts';
import { sentCopy, type SentMailboxes } from './sent-copy.ts';
import { RECIPIENT_OBJECTED } from './untouched.ts';
import type { WayOut } from './way-out.ts';

/** One recipient's copy, decided. */
export interface Copy extends MailDelivery {
  envelope: EnvelopeRecipient;
  plan: CopyPlan | null;
}

export type QueuedNewMail = NewMail & Required<Pick<NewMail, 'content' | 'queue'>>;

export interface NewMailsDeps {
  context: TrackingContext;
  returnPaths: ReturnPathSettings;
  /** Undefined: nobody gets a copy of what they send. */
  sentMailboxes?: SentMailboxes | undefined;
  wayOut: WayOut;
  /** How long a mail is tried. */
  expiryMs: number;
  clock: Clock;
  random: RandomBytes;
}

/** Decides each recipient's copy of a mail that was read, and makes what the store keeps of them all. */
export class NewMails {
  readonly #context: TrackingContext;
  readonly #returnPaths: ReturnPathSettings;
  readonly #sentMailboxes: SentMailboxes | undefined;
  readonly #wayOut: WayOut;
  readonly #expiryMs: number;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(deps: NewMailsDeps) {
    this.#context = deps.context;
    this.#returnPaths = deps.returnPaths;
    this.#sentMailboxes = deps.sentMailboxes;
    this.#wayOut = deps.wayOut;
    this.#expiryMs = deps.expiryMs;
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  decideCopies(
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

  async newMail(mail: IncomingMail, reading: Reading, copies: readonly Copy[]): Promise<QueuedNewMail> {
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

export function toDelivery({ id, trackingNumber, recipient, pixelUrl, untouched }: Copy): MailDelivery {
  return { id, trackingNumber, recipient, pixelUrl, untouched };
}

/** Of `Ann <a@b.c>`; empty when there is none. */
function addressOfMailbox(mailbox: string): string {
  return /<([^<>]+@[^<>]+)>$/.exec(mailbox)?.[1] ?? (mailbox.includes('@') ? mailbox : '');
}
