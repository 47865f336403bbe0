import type {
  CreatedMessage,
  CreateMessage,
  Delivery,
  Disclosure,
  Mode,
  Preview,
  Reason,
  UntouchedLink,
} from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { newMessageId, type MessageId, type RandomBytes, type WorkspaceId } from '../kernel/ids.ts';
import { AppError } from '../kernel/errors.ts';
import { type MailDelivery, type MessageStore } from '../messages/messages.ts';
import type { MailIntake } from './accept.ts';
import { bareAddress, composeMail } from './compose.ts';
import { copyPlan, instrumentOptions, trackedBy, trackedLinks, type TrackingContext } from './copy-plan.ts';
import { distinctRecipients } from './envelope.ts';
import { inTurns } from './in-turns.ts';
import { instrument, prepareHtml, stripTracking, type PreparedHtml } from './instrument/instrument.ts';
import { newMessageIdHeader } from './new-message-id.ts';
import { readMail } from './prepared-mails.ts';
import type { Objections, WorkspacePolicies } from './ports.ts';
import { linksLeft as keptLinksLeft } from './links-left.ts';
import { makeSnippet, type Snippet } from './snippet.ts';
import { RECIPIENT_OBJECTED, TRACKING_OFF } from './untouched.ts';

/** Mails given over HTTP: sent like any other, or instrumented for a sender who sends them by other means. */
export class ApiMessages {
  readonly #intake: MailIntake;
  readonly #store: Pick<MessageStore, 'accept' | 'handedOver' | 'markSent'>;
  readonly #policies: WorkspacePolicies;
  readonly #objections: Objections;
  readonly #context: TrackingContext;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(deps: {
    intake: MailIntake;
    store: Pick<MessageStore, 'accept' | 'handedOver' | 'markSent'>;
    policies: WorkspacePolicies;
    objections: Objections;
    context: TrackingContext;
    clock: Clock;
    random: RandomBytes;
  }) {
    this.#intake = deps.intake;
    this.#store = deps.store;
    this.#policies = deps.policies;
    this.#objections = deps.objections;
    this.#context = deps.context;
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  /**
   * @param id the message's id; a second message of the same id is a `conflict`
   * @throws AppError `invalid-input` naming each wrong field, and what {@link MailIntake.accept} throws
   */
  create(workspaceId: WorkspaceId, message: CreateMessage, id?: MessageId): Promise<CreatedMessage> {
    const messageId = id ?? newMessageId(this.#random);
    return message.send
      ? this.#send(workspaceId, message, messageId)
      : this.#handOver(workspaceId, message, messageId);
  }

  /**
   * What `create` answered to the same request, of which only the mail itself was kept.
   * @returns undefined when the workspace has no such message, or one that Waybill sends
   */
  async createdBefore(
    workspaceId: WorkspaceId,
    message: CreateMessage,
    messageId: MessageId,
  ): Promise<CreatedMessage | undefined> {
    const found = await this.#store.handedOver(workspaceId, messageId);
    if (found === undefined) return undefined;
    const { disclosure } = await this.#policy(workspaceId, message);
    const snippet = makeSnippet(
      { context: this.#context, random: this.#random, workspaceId, messageId, mode: found.mode, disclosure },
      await readHtml(message),
      found.copies.map((copy) => ({
        address: copy.recipient,
        objected: copy.untouched?.code === RECIPIENT_OBJECTED.code,
        known: copy,
      })),
    );
    return toHandedOver(messageId, snippet);
  }

  markSent(workspaceId: WorkspaceId, id: MessageId, at: number): Promise<number | undefined> {
    return this.#store.markSent(workspaceId, id, at);
  }

  /** Stores nothing, tracks nothing; `to` may be empty. */
  async preview(workspaceId: WorkspaceId, message: CreateMessage): Promise<Preview> {
    const { mode } = await this.#policy(workspaceId, message);
    const context = this.#context;
    const plan = copyPlan(context, workspaceId, {
      subject: newMessageId(this.#random),
      mode: mode === 'off' ? 'full' : mode,
      disclosure: 'none',
    });
    const raw = await this.#compose(message);
    const { touched, reason, pixelReason, links, untouchedLinks } = instrument(
      await readMail(raw),
      instrumentOptions(context, workspaceId, plan),
    );
    const document = await readHtml(message);
    const why = mode === 'off' ? TRACKING_OFF : touched ? null : reason;
    return {
      html: document === undefined ? null : stripTracking(document, trackedBy(context.keyring)),
      text: message.text ?? null,
      ...(why === null ? {} : { untouchedBecause: why.text }),
      links: why === null ? trackedLinks({ links }).map(({ url }) => url) : [],
      ...(why === null ? pixelLeft(pixelReason) : {}),
      untouchedLinks: why === null ? untouchedLinks : [],
    };
  }

  async #send(
    workspaceId: WorkspaceId,
    message: CreateMessage,
    messageId: MessageId,
  ): Promise<CreatedMessage> {
    const raw = await this.#compose(message);
    const { deliveries, noPixel, untouchedLinks } = await this.#intake.accept({
      workspaceId,
      raw,
      envelope: { from: bareAddress(message.from, 'from'), recipients: recipientsOf(message) },
      source: 'api',
      messageId,
      ...(message.policy?.mode === undefined ? {} : { mode: message.policy.mode }),
      ...(message.policy?.receipts === undefined
        ? {}
        : { receipts: { delivery: false, reading: false, ...message.policy.receipts } }),
    });
    return {
      id: messageId,
      deliveries: deliveries.map((delivery) => toWire(delivery, QUEUED)),
      ...pixelLeft(noPixel),
      ...linksLeft(untouchedLinks()),
    };
  }

  /** Its author sends it: nothing is queued, each recipient's HTML is handed back. */
  async #handOver(
    workspaceId: WorkspaceId,
    message: CreateMessage,
    messageId: MessageId,
  ): Promise<CreatedMessage> {
    // Composed only to be checked and measured.
    const raw = await this.#compose(message);
    const { mode, disclosure } = await this.#policy(workspaceId, message);
    const addresses = distinctRecipients(recipientsOf(message)).map(({ address }) => address);
    if (addresses.length === 0) throw noRecipient();
    const objected = await this.#objections.isObjected(
      workspaceId,
      addresses.map((address) => address.toLowerCase()),
    );
    const snippet = makeSnippet(
      { context: this.#context, random: this.#random, workspaceId, messageId, mode, disclosure },
      await readHtml(message),
      addresses.map((address) => ({ address, objected: objected.has(address.toLowerCase()) })),
    );
    const left = keptLinksLeft(snippet.untouchedLinks);
    await this.#store.accept({
      workspaceId,
      messageId,
      from: message.from,
      to: message.to,
      cc: message.cc ?? [],
      subject: message.subject,
      messageIdHeader: null,
      mode,
      source: 'snippet',
      sizeBytes: raw.length,
      createdAt: this.#clock(),
      sentAt: null,
      deliveries: snippet.copies.map(({ delivery }) => delivery),
      links: snippet.links,
      ...(left === undefined ? {} : { linksLeft: left }),
    });
    return toHandedOver(messageId, snippet);
  }

  #compose(message: CreateMessage): Promise<Uint8Array> {
    const given = { messageIdHeader: newMessageIdHeader(message.from, this.#random), date: this.#clock() };
    return composeMail(message, given);
  }

  async #policy(
    workspaceId: WorkspaceId,
    message: CreateMessage,
  ): Promise<{ mode: Mode; disclosure: Disclosure }> {
    const workspace = await this.#policies.workspace(workspaceId);
    if (workspace === undefined) throw new AppError('forbidden', 'This workspace cannot send mail.');
    return { mode: message.policy?.mode ?? workspace.mode, disclosure: workspace.disclosure };
  }
}

async function readHtml({ html }: Pick<CreateMessage, 'html'>): Promise<PreparedHtml | undefined> {
  return html === undefined ? undefined : inTurns(prepareHtml(html));
}

function toHandedOver(id: MessageId, { copies, noPixel, untouchedLinks }: Snippet): CreatedMessage {
  return {
    id,
    deliveries: copies.map(toPrepared),
    ...pixelLeft(noPixel),
    ...linksLeft(untouchedLinks),
  };
}

function pixelLeft(reason: Reason | null): Pick<CreatedMessage, 'noPixelBecause'> {
  return reason === null ? {} : { noPixelBecause: reason.text };
}

function linksLeft(untouchedLinks: UntouchedLink[]): Pick<CreatedMessage, 'untouchedLinks'> {
  return untouchedLinks.length === 0 ? {} : { untouchedLinks };
}

function noRecipient(): AppError {
  const fields = [{ field: 'to', message: 'at least one recipient is required' }];
  return new AppError('invalid-input', 'The mail has no recipient.', { fields });
}

function recipientsOf({ to, cc = [], bcc = [] }: CreateMessage): { address: string }[] {
  const named = { to, cc, bcc };
  return Object.entries(named).flatMap(([field, list]) =>
    list.map((mailbox, index) => ({ address: bareAddress(mailbox, `${field}[${index}]`) })),
  );
}

const QUEUED: Delivery['verdict'] = {
  state: 'queued',
  confidence: 1,
  reasons: [{ code: 'queued', text: 'Waiting to be sent.' }],
  settled: true,
};
const PREPARED: Delivery['verdict'] = {
  state: 'queued',
  confidence: 1,
  reasons: [{ code: 'prepared', text: 'Prepared for you to send with your own mail program.' }],
  settled: true,
};

function toPrepared({ delivery, html }: Snippet['copies'][number]): Delivery {
  return { ...toWire(delivery, PREPARED), ...(html === undefined ? {} : { html }) };
}

function toWire(delivery: MailDelivery, verdict: Delivery['verdict']): Delivery {
  const { trackingNumber, recipient, pixelUrl, untouched } = delivery;
  return {
    trackingNumber,
    recipient,
    pixelUrl,
    ...(untouched === null ? {} : { untouchedBecause: untouched.text }),
    verdict,
  };
}
