import type { Reason, UntouchedLink } from '@waybill/sdk';
import { AppError } from '../kernel/errors.ts';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { MailDelivery } from '../messages/messages.ts';
import { distinctRecipients, type EnvelopeOptions } from './envelope.ts';
import type { IncomingMail } from './incoming-mail.ts';
import { badLineEnds, lineEndTrouble } from './line-ends.ts';
import { MailReader, type MailReaderDeps } from './mail-reading.ts';
import { NewMails, toDelivery, type NewMailsDeps, type QueuedNewMail } from './new-mail.ts';
import { Permissions, type Permission } from './permission.ts';
import type { AcceptStore, Objections, SendingLine, WorkspacePolicies } from './ports.ts';
import type { SentMailboxes } from './sent-copy.ts';
import { noWayOut, type WayOut } from './way-out.ts';

export type { IncomingMail } from './incoming-mail.ts';

export interface AcceptedMail {
  messageId: MessageId;
  deliveries: MailDelivery[];
  /** Why no copy that is tracked has a pixel; null when they have one. */
  noPixel: Reason | null;
  /** Links that no copy tracks, although the copies are tracked. */
  untouchedLinks: () => UntouchedLink[];
}

/** The one way in for mail that Waybill is to send: by SMTP and by the API. */
export class MailIntake {
  readonly #store: AcceptStore;
  readonly #permissions: Permissions;
  readonly #reader: MailReader;
  readonly #newMails: NewMails;
  readonly #sentMailboxes: SentMailboxes | undefined;
  readonly #wayOut: WayOut;
  readonly #line: SendingLine;

  constructor(
    deps: MailReaderDeps &
      NewMailsDeps & {
        store: AcceptStore;
        policies: WorkspacePolicies;
        objections: Objections;
        line: SendingLine;
      },
  ) {
    this.#store = deps.store;
    this.#permissions = new Permissions(deps);
    this.#reader = new MailReader(deps);
    this.#newMails = new NewMails(deps);
    this.#sentMailboxes = deps.sentMailboxes;
    this.#wayOut = deps.wayOut;
    this.#line = deps.line;
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
    const reading = await this.#reader.read(mail, workspace);
    const copies = this.#newMails.decideCopies(recipients, objected, reading);
    const newMail = await this.#newMails.newMail(mail, reading, copies);
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
}
