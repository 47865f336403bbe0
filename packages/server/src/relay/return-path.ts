import { isAscii } from 'node:buffer';
import type { Mode } from '@waybill/sdk';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { ReturnPathEntry } from '../messages/messages.ts';
import { encodeReturnToken, returnAddress, type Keyring } from '../tracking/tracking.ts';
import type { DsnRequest, Envelope, EnvelopeRecipient } from './envelope.ts';

/** What is asked of the recipient's side. */
export interface ReceiptRequest {
  /** That mail systems confirm the delivery (RFC 3461). */
  delivery: boolean;
  /** That the reader's mail program confirms the reading (RFC 8098). */
  reading: boolean;
}

export interface ReturnPathSettings {
  /** Bounces come to addresses of this domain; undefined: to the senders themselves. In lower case. */
  verpDomain: string | undefined;
  /** Further domains whose senders get such a return path. In lower case. */
  verpSenderDomains: readonly string[];
  /** For mails that do not say themselves. */
  receipts: ReceiptRequest;
}

/** Senders' own return paths, and nobody is asked for anything. */
export const NO_RETURN_PATHS: ReturnPathSettings = {
  verpDomain: undefined,
  verpSenderDomains: [],
  receipts: { delivery: false, reading: false },
};

/** One copy, and what its author asked for. */
export interface OutgoingCopy {
  workspaceId: WorkspaceId;
  deliveryId: DeliveryId;
  envelope: Envelope;
  recipient: EnvelopeRecipient;
  /** A header field may be added: no signature or seal speaks against it. */
  mayChange: boolean;
  mode: Mode;
  /** Bare address in `From`; empty when there is none. */
  author: string;
  /** What the mail itself asks Waybill for. */
  receipts: ReceiptRequest | undefined;
  /** The author asked the reader's mail program already. */
  asksForReceipt: boolean;
}

/** A copy's envelope and what comes back by it. */
export interface ReturnPath {
  from: string;
  dsn: DsnRequest;
  /** `Disposition-Notification-To` for this copy: a bare address. */
  receiptTo?: string;
  /** Where {@link ReturnPath.from} or ENVID are not what the sender gave. */
  entry?: ReturnPathEntry;
}

const ALL_NEWS: readonly string[] = ['SUCCESS', 'FAILURE', 'DELAY'];

/**
 * Decides on the return path of a copy: the one place where envelopes are changed. A sender of the operator's own
 * domain gets an address that names the delivery (VERP); an ENVID names it where none was given.
 */
export function returnPathOf(
  copy: OutgoingCopy,
  { keyring, settings }: { keyring: Keyring; settings: ReturnPathSettings },
): ReturnPath {
  const { envelope, recipient, workspaceId, deliveryId } = copy;
  const given: DsnRequest = { ...envelope.dsn, ...recipient.dsn };
  // Bounces and receipts have no return path, and want none (RFC 5321 §4.5.5).
  if (envelope.from === '') return { from: '', dsn: given };
  const claims = { workspaceId, subject: deliveryId };
  const { verpDomain } = settings;
  const verp =
    verpDomain !== undefined && isOperators(envelope.from, verpDomain, settings.verpSenderDomains)
      ? returnAddress(keyring, verpDomain, claims)
      : undefined;
  const wanted = copy.receipts ?? settings.receipts;
  const receiptTo = wanted.reading ? readingReceiptTo(copy, verp) : undefined;
  return {
    from: verp ?? envelope.from,
    dsn: {
      ...given,
      envid: given.envid ?? encodeReturnToken(keyring, claims),
      ...(wanted.delivery ? deliveryNews(given, recipient.address, verp !== undefined) : {}),
    },
    ...(receiptTo === undefined ? {} : { receiptTo }),
    ...(verp === undefined && given.envid === undefined
      ? {}
      : {
          entry: {
            deliveryId,
            envelopeFrom: envelope.from,
            envelopeId: given.envid ?? null,
            notify: given.notify?.join(',') ?? null,
          },
        }),
  };
}

/**
 * Whether the VERP domain may speak for a sender: it is their domain, one below or above it, or the operator says so.
 * A stranger's return path is not ours to change: it would break their SPF, and their bounces would not reach them.
 */
function isOperators(from: string, verpDomain: string, listed: readonly string[]): boolean {
  const domain = from.slice(from.lastIndexOf('@') + 1).toLowerCase();
  // An address of the VERP domain itself is a return path already.
  if (domain === '' || domain === verpDomain) return false;
  const isRelated = verpDomain.endsWith(`.${domain}`) || domain.endsWith(`.${verpDomain}`);
  return listed.includes(domain) || (isRelated && domain.includes('.'));
}

/** What the sender asked for stays; more is asked only where the news come to us and not to them. */
function deliveryNews(
  given: DsnRequest,
  recipient: string,
  comesToUs: boolean,
): Pick<DsnRequest, 'notify' | 'orcpt'> {
  if (given.notify !== undefined && (!comesToUs || given.notify.includes('NEVER'))) return {};
  return {
    notify: [...ALL_NEWS],
    ...(given.orcpt === undefined && isAscii(Buffer.from(recipient)) ? { orcpt: `rfc822;${recipient}` } : {}),
  };
}

/** Mail programs answer without asking their user only where the receipt goes to the return path (RFC 8098 §2.1). */
function readingReceiptTo(copy: OutgoingCopy, verp: string | undefined): string | undefined {
  if (!copy.mayChange || copy.asksForReceipt) return undefined;
  // These modes keep nothing of a single reader, so nobody is asked.
  if (copy.mode === 'aggregate' || copy.mode === 'off') return undefined;
  const address = verp ?? copy.author;
  return address !== '' && isAscii(Buffer.from(address)) ? address : undefined;
}
