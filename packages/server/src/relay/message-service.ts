import type { CreatedMessage, CreateMessage, Delivery, Preview, Verdict } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newMessageId, type MessageId, type RandomBytes, type WorkspaceId } from '../kernel/ids.ts';
import type { MailDelivery, MessageStore } from '../messages/messages.ts';
import { newMessageIdHeader, type MailIntake } from './accept.ts';
import { bareAddress, composeMail } from './compose.ts';
import { instrument, instrumentHtml, stripTracking } from './instrument/instrument.ts';
import { trackedBy, type TrackingContext } from './pipeline.ts';
import type { Objections, WorkspacePolicies } from './ports.ts';
import { makeSnippet } from './snippet.ts';

/** Mails given as data instead of by SMTP: sent through the one way in, or only instrumented. */
export class MessageService {
  readonly #intake: MailIntake;
  readonly #store: MessageStore;
  readonly #policies: WorkspacePolicies;
  readonly #objections: Objections;
  readonly #context: TrackingContext;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(deps: {
    intake: MailIntake;
    store: MessageStore;
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
   * @param id fixes the message's id, so that a repeated call cannot make a second message
   * @throws AppError `invalid-input` naming the field, `conflict` when the id is taken, and those of the intake
   */
  async create(workspaceId: WorkspaceId, message: CreateMessage, id?: MessageId): Promise<CreatedMessage> {
    const messageId = id ?? newMessageId(this.#random);
    const recipients = recipientsOf(message);
    if (!message.send) return this.#prepare(workspaceId, messageId, recipients, message);
    const from = bareAddress(message.from, 'from');
    const raw = await composeMail(message, {
      messageId: newMessageIdHeader(from, this.#random),
      date: this.#clock(),
    });
    const accepted = await this.#intake.accept({
      workspaceId,
      raw,
      envelope: { from, recipients: recipients.map((address) => ({ address })) },
      source: 'api',
      messageId,
      ...(message.policy?.mode === undefined ? {} : { mode: message.policy.mode }),
    });
    return { id: accepted.messageId, deliveries: accepted.deliveries.map((delivery) => wire(delivery, QUEUED)) };
  }

  markSent(workspaceId: WorkspaceId, id: MessageId, at: number): Promise<number | undefined> {
    return this.#store.markSent(workspaceId, id, at);
  }

  /** How a copy will look, without pixel and with plain links. Stores nothing. */
  async preview(_workspaceId: WorkspaceId, message: CreateMessage): Promise<Preview> {
    const { html, text } = message;
    const isTracked = trackedBy(this.#context.keyring);
    const links = html === undefined ? [] : previewLinks(html, isTracked);
    const untouched = await this.#whyUntouched(message);
    return {
      html: html === undefined ? null : stripTracking(html, isTracked),
      text: text ?? null,
      links,
      ...(untouched === undefined ? {} : { untouchedBecause: untouched }),
    };
  }

  async #prepare(
    workspaceId: WorkspaceId,
    messageId: MessageId,
    recipients: string[],
    message: CreateMessage,
  ): Promise<CreatedMessage> {
    bareAddress(message.from, 'from');
    if (message.html === undefined && message.text === undefined) {
      throw new AppError('invalid-input', 'There is nothing to instrument: give html or text.', {
        fields: [{ field: 'html', message: 'is missing' }],
      });
    }
    const workspace = await this.#policies.workspace(workspaceId);
    if (workspace === undefined) throw new AppError('forbidden', 'This workspace cannot send mail.');
    const objected = await this.#objections.isObjected(
      workspaceId,
      recipients.map((address) => address.toLowerCase()),
    );
    const { mail, html } = makeSnippet(
      this.#context,
      { workspaceId, messageId, recipients, message },
      { mode: message.policy?.mode ?? workspace.mode, disclosure: workspace.disclosure, objected },
      this.#clock,
    );
    await this.#store.accept(mail);
    return {
      id: messageId,
      deliveries: mail.deliveries.map((delivery) => {
        const copy = html.get(delivery.id);
        return { ...wire(delivery, PREPARED), ...(copy === undefined ? {} : { html: copy }) };
      }),
    };
  }

  /** The relay's own judgement, on the mail as it would be composed. */
  async #whyUntouched(message: CreateMessage): Promise<string | undefined> {
    if (message.policy?.mode === 'off') return 'Tracking is off for this mail.';
    const raw = await composeMail(
      { ...message, to: message.to.length === 0 ? ['preview@waybill.invalid'] : message.to },
      { messageId: '<preview@waybill.invalid>', date: this.#clock() },
    );
    const { touched, reason } = instrument(raw, { pixelUrl: PREVIEW_PIXEL, linkUrl: null });
    return touched ? undefined : reason?.text;
  }
}

/** Only measured with, never shown. */
const PREVIEW_PIXEL = 'https://preview.invalid/o/preview.gif';

const QUEUED: Verdict = {
  state: 'queued',
  confidence: 1,
  reasons: [{ code: 'queued', text: 'The mail waits to be handed to the mail server.' }],
  settled: true,
};
const PREPARED: Verdict = {
  state: 'queued',
  confidence: 1,
  reasons: [{ code: 'prepared', text: 'Prepared for you to send with your own mail program.' }],
  settled: true,
};

function previewLinks(html: string, isTracked: ReturnType<typeof trackedBy>): string[] {
  const { links } = instrumentHtml(html, {
    pixelUrl: null,
    linkUrl: (_destination, index) => `https://preview.invalid/l/${index}`,
    isTracked,
  });
  return [...new Set(links.filter(({ from, to }) => from !== to).map(({ from }) => from))];
}

/** Bare addresses of all recipients; a wrong one is named by its field. */
function recipientsOf({ to, cc = [], bcc = [] }: CreateMessage): string[] {
  return [
    ...to.map((address, n) => bareAddress(address, `to[${n}]`)),
    ...cc.map((address, n) => bareAddress(address, `cc[${n}]`)),
    ...bcc.map((address, n) => bareAddress(address, `bcc[${n}]`)),
  ];
}

function wire(delivery: MailDelivery, verdict: Verdict): Delivery {
  return {
    trackingNumber: delivery.trackingNumber,
    recipient: delivery.recipient,
    pixelUrl: delivery.pixelUrl,
    ...(delivery.untouched === null ? {} : { untouchedBecause: delivery.untouched.text }),
    verdict,
  };
}
