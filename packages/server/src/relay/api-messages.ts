import type { CreatedMessage, CreateMessage, Delivery, Mode, Preview, Reason } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import {
  newDeliveryId,
  newMessageId,
  type MessageId,
  type RandomBytes,
  type WorkspaceId,
} from '../kernel/ids.ts';
import { AppError } from '../kernel/errors.ts';
import { newTrackingNumber, type MailDelivery, type MessageStore } from '../messages/messages.ts';
import { copyPlan, newMessageIdHeader, trackedLinks, type MailIntake } from './accept.ts';
import { bareAddress, composeMail } from './compose.ts';
import { distinctRecipients } from './envelope.ts';
import { instrument, instrumentHtml, stripTracking } from './instrument/instrument.ts';
import { instrumentOptions, trackedBy, type TrackingContext } from './pipeline.ts';
import type { Objections, WorkspacePolicies } from './ports.ts';

const NO_HTML: Reason = {
  code: 'plain-text-only',
  text: 'The mail has no HTML part, so there is no place for an image or a tracked link.',
};
const TRACKING_OFF: Reason = { code: 'tracking-off', text: 'Tracking is off for this mail.' };
const OBJECTED: Reason = {
  code: 'recipient-objected',
  text: 'The recipient objected to tracking, so this copy carries nothing of ours.',
};

/** Mails given over HTTP: sent like any other, or instrumented for a sender who sends them by other means. */
export class ApiMessages {
  readonly #intake: MailIntake;
  readonly #store: Pick<MessageStore, 'accept' | 'markSent'>;
  readonly #policies: WorkspacePolicies;
  readonly #objections: Objections;
  readonly #context: TrackingContext;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(deps: {
    intake: MailIntake;
    store: Pick<MessageStore, 'accept' | 'markSent'>;
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
      : this.#snippet(workspaceId, message, messageId);
  }

  markSent(workspaceId: WorkspaceId, id: MessageId, at: number): Promise<number | undefined> {
    return this.#store.markSent(workspaceId, id, at);
  }

  /** Stores nothing, tracks nothing; `to` may be empty. */
  async preview(workspaceId: WorkspaceId, message: CreateMessage): Promise<Preview> {
    const mode = await this.#mode(workspaceId, message);
    const context = this.#context;
    const plan = copyPlan(
      context,
      workspaceId,
      newMessageId(this.#random),
      mode === 'off' ? 'full' : mode,
      'none',
    );
    const raw = await this.#compose(message);
    const { touched, reason, links } = instrument(raw, instrumentOptions(context, workspaceId, plan));
    const why = mode === 'off' ? TRACKING_OFF : touched ? null : reason;
    return {
      html: message.html === undefined ? null : stripTracking(message.html, trackedBy(context.keyring)),
      text: message.text ?? null,
      ...(why === null ? {} : { untouchedBecause: why.text }),
      links: why === null ? trackedLinks({ links }).map(({ url }) => url) : [],
    };
  }

  async #send(
    workspaceId: WorkspaceId,
    message: CreateMessage,
    messageId: MessageId,
  ): Promise<CreatedMessage> {
    const raw = await this.#compose(message);
    const { deliveries } = await this.#intake.accept({
      workspaceId,
      raw,
      envelope: { from: bareAddress(message.from, 'from'), recipients: recipientsOf(message) },
      source: 'api',
      messageId,
      ...(message.policy?.mode === undefined ? {} : { mode: message.policy.mode }),
    });
    return { id: messageId, deliveries: deliveries.map((delivery) => toWire(delivery, QUEUED)) };
  }

  /** The sender sends it: nothing is queued, each recipient's HTML is handed back. */
  async #snippet(
    workspaceId: WorkspaceId,
    message: CreateMessage,
    messageId: MessageId,
  ): Promise<CreatedMessage> {
    const raw = await this.#compose(message);
    const mode = await this.#mode(workspaceId, message);
    const { html } = message;
    const recipients = distinctRecipients(recipientsOf(message));
    if (recipients.length === 0) {
      const field = { field: 'to', message: 'at least one recipient is required' };
      throw new AppError('invalid-input', 'The mail has no recipient.', { fields: [field] });
    }
    const objected = await this.#objections.isObjected(
      workspaceId,
      recipients.map(({ address }) => address.toLowerCase()),
    );
    const links = new Map<number, string>();
    const copies = recipients.map(({ address }) => {
      const id = newDeliveryId(this.#random);
      const trackingNumber = newTrackingNumber(this.#random);
      const why = untouchedBecause(mode, html, objected.has(address.toLowerCase()));
      const delivery = { id, trackingNumber, recipient: address, untouched: why, state: 'sent' as const };
      if (why !== null || mode === 'off' || html === undefined)
        return { html, delivery: { ...delivery, pixelUrl: null } };
      const subject = mode === 'aggregate' ? messageId : id;
      const plan = copyPlan(this.#context, workspaceId, subject, mode, 'none');
      const result = instrumentHtml(html, instrumentOptions(this.#context, workspaceId, plan));
      for (const { index, url } of trackedLinks(result)) links.set(index, url);
      return {
        html: result.html,
        delivery: { ...delivery, pixelUrl: result.pixel === null ? null : plan.pixelUrl },
      };
    });
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
      deliveries: copies.map(({ delivery }) => delivery),
      links: [...links].map(([index, url]) => ({ index, url })),
    });
    return {
      id: messageId,
      deliveries: copies.map(({ delivery, html: copy }) => ({
        ...toWire(delivery, HANDED_OVER),
        ...(copy === undefined ? {} : { html: copy }),
      })),
    };
  }

  #compose(message: CreateMessage): Promise<Uint8Array> {
    const given = { messageIdHeader: newMessageIdHeader(message.from, this.#random), date: this.#clock() };
    return composeMail(message, given);
  }

  async #mode(workspaceId: WorkspaceId, message: CreateMessage): Promise<Mode> {
    const workspace = await this.#policies.workspace(workspaceId);
    if (workspace === undefined) throw new AppError('forbidden', 'This workspace cannot send mail.');
    return message.policy?.mode ?? workspace.mode;
  }
}

function untouchedBecause(mode: Mode, html: string | undefined, objected: boolean): Reason | null {
  if (mode === 'off') return TRACKING_OFF;
  if (html === undefined) return NO_HTML;
  return objected ? OBJECTED : null;
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
const HANDED_OVER: Delivery['verdict'] = {
  state: 'sent',
  confidence: 1,
  reasons: [{ code: 'handed-over', text: 'Prepared for sending by your own mail program.' }],
  settled: true,
};

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
