import { randomUUID } from 'node:crypto';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { NewMail } from '../messages/messages.ts';
import { withFieldsFirst } from './header-block.ts';
import { instrument, type InstrumentOptions } from './instrument/instrument.ts';
import { readMail } from './prepared-mails.ts';

/** Port: the mailboxes that get a copy of what their owners send. */
export interface SentMailboxes {
  /** @param mail `from`: bare address of the author. @returns undefined when nobody gets a copy */
  copyOf(mail: {
    workspaceId: WorkspaceId;
    from: string;
    source: 'submission' | 'filter' | 'api';
  }): { accountId: string; afterMs: number } | undefined;
  /** A copy is durable and waits. */
  wake(): void;
}

/**
 * What the author's mailbox gets: the mail as it was written, `Bcc` and all, without a pixel. Of what it quotes, our own
 * pixels and links are restored, or the author would be counted as a reader of the mail before.
 */
export async function sentCopy(
  mailboxes: SentMailboxes | undefined,
  mail: Parameters<SentMailboxes['copyOf']>[0] & {
    raw: Uint8Array;
    /** Fields that the sent mail got because its author's program left them out. */
    added: readonly string[];
    /** Of the envelope, bare. */
    recipients: readonly string[];
    /** Mailboxes of `To` and `Cc`. */
    named: readonly string[];
    /** Of the sent mail, with angle brackets. */
    messageIdHeader: string | null;
    /** For a mail that is sent without one: the copy must be found again by it. */
    newMessageIdHeader: () => string;
    acceptedAt: number;
    isTracked: NonNullable<InstrumentOptions['isTracked']>;
  },
): Promise<NewMail['sentCopy']> {
  const place = mailboxes?.copyOf(mail);
  if (place === undefined) return undefined;
  const messageIdHeader = mail.messageIdHeader ?? mail.newMessageIdHeader();
  const fields = [
    ...(mail.messageIdHeader === null ? [`Message-ID: ${messageIdHeader}`] : []),
    ...mail.added,
    ...(mail.source === 'api' ? bccField(mail) : []),
  ];
  return {
    id: randomUUID(),
    accountId: place.accountId,
    messageIdHeader,
    raw: withFieldsFirst(await restored(mail.raw, mail.isTracked), fields),
    dueAt: mail.acceptedAt + place.afterMs,
  };
}

/** A mail of the API is composed without it; only its author may see whom it went to secretly. */
function bccField({
  recipients,
  named,
}: {
  recipients: readonly string[];
  named: readonly string[];
}): string[] {
  const known = new Set(named.map((mailbox) => (/<([^<>]*)>$/.exec(mailbox)?.[1] ?? mailbox).toLowerCase()));
  const hidden = recipients.filter(
    (address) => !known.has(address.toLowerCase()) && /^[\x21-\x7e]+$/.test(address),
  );
  return hidden.length === 0 ? [] : [`Bcc: ${hidden.join(',\r\n ')}`];
}

async function restored(
  raw: Uint8Array,
  isTracked: NonNullable<InstrumentOptions['isTracked']>,
): Promise<Uint8Array> {
  const result = instrument(await readMail(raw), { pixelUrl: null, linkUrl: null, isTracked });
  return result.touched ? result.message : raw;
}
