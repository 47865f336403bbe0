import type { Mode } from '@waybill/sdk';
import { simpleParser, type AddressObject } from 'mailparser';
import { rawValue, readHeaderBlock } from './header-block.ts';
import type { ReceiptRequest } from './return-path.ts';

/** What Waybill keeps of a message's header. */
export interface MailFacts {
  /** A mailbox like `Ann <a@b.c>`; empty when the header has none. */
  from: string;
  to: string[];
  cc: string[];
  /** Decoded (RFC 2047), without control characters. */
  subject: string;
  /** With angle brackets. */
  messageId: string | null;
  hasDate: boolean;
  /** What the sender asks for by `X-Waybill-Mode` or `X-Waybill`. */
  mode: Mode | undefined;
  /** What the sender asks for by `X-Waybill-Receipts`. */
  receipts: ReceiptRequest | undefined;
  /** The sender asks the reader's mail program for a receipt already, in one of the ways that there are. */
  asksForReceipt: boolean;
}

/** No sane header comes near; what is behind it is not read for display. */
const HEADER_LIMIT_BYTES = 256 * 1024;
const MAX_SUBJECT = 1000;
const MODES: readonly string[] = ['full', 'day', 'aggregate', 'off'] satisfies Mode[];

/** Reads the header, however broken it is. The message's body is not looked at. */
export async function readMailFacts(message: Uint8Array): Promise<MailFacts> {
  const { fields, end } = readHeaderBlock(message);
  const first = (name: string): string | undefined => {
    const field = fields.find((candidate) => candidate.name === name);
    return field === undefined ? undefined : rawValue(message, field);
  };
  const header = Buffer.from(message.subarray(0, Math.min(end, HEADER_LIMIT_BYTES)));
  const parsed = await simpleParser(Buffer.concat([header, Buffer.from('\r\n\r\n')]), {
    skipTextToHtml: true,
    skipHtmlToText: true,
    skipTextLinks: true,
  });
  return {
    from: mailboxes(parsed.from)[0] ?? '',
    to: mailboxes(parsed.to),
    cc: mailboxes(parsed.cc),
    subject: oneLine(parsed.subject ?? '').slice(0, MAX_SUBJECT),
    messageId: /<[^<>\s]+>/.exec(first('message-id') ?? '')?.[0] ?? null,
    hasDate: first('date') !== undefined,
    mode: requestedMode(first('x-waybill-mode'), first('x-waybill')),
    receipts: requestedReceipts(first('x-waybill-receipts')),
    asksForReceipt: RECEIPT_FIELDS.some((name) => first(name) !== undefined),
  };
}

/** RFC 8098 §2.1, and what older programs understand. */
const RECEIPT_FIELDS = ['disposition-notification-to', 'x-confirm-reading-to', 'return-receipt-to'];

/** `delivery`, `reading`, both, or `off`; a word that nobody knows asks for nothing. */
function requestedReceipts(value: string | undefined): ReceiptRequest | undefined {
  if (value === undefined) return undefined;
  const words = value.toLowerCase().split(/[\s,;]+/);
  return { delivery: words.includes('delivery'), reading: words.includes('reading') };
}

function requestedMode(mode: string | undefined, control: string | undefined): Mode | undefined {
  if (control?.toLowerCase() === 'off') return 'off';
  const wanted = mode?.toLowerCase();
  if (wanted === undefined) return undefined;
  // A word that nobody knows was meant to limit something: the careful reading is to track nothing.
  return MODES.includes(wanted) ? (wanted as Mode) : 'off';
}

function mailboxes(header: AddressObject | AddressObject[] | undefined): string[] {
  const objects = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return objects
    .flatMap(({ value }) => value)
    .flatMap((entry) => entry.group ?? [entry])
    .filter(({ address }) => address !== undefined && address !== '')
    .map(({ name, address }) => mailbox(oneLine(name), oneLine(address ?? '')));
}

function mailbox(name: string, address: string): string {
  if (name === '') return address;
  // `specials` of RFC 5322 §3.2.3 make a quoted string necessary.
  const phrase = /[()<>[\]:;@\\,."]/.test(name) ? `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"` : name;
  return `${phrase} <${address}>`;
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- encoded words can hold them
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}
