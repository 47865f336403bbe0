import { domainToUnicode } from 'node:url';
import type { Mode } from '@waybill/sdk';
import libmime from 'libmime';
import addressparser from 'nodemailer/lib/addressparser';
import { listAddresses, readMessageId } from '../messages/messages.ts';
import { rawValue, readHeaderBlock, type HeaderField } from './header-block.ts';
import type { ReceiptRequest } from './return-path.ts';

/** What Waybill keeps of a message's header. */
export interface MailFacts {
  /** A mailbox like `Ann <a@b.c>`; empty when the header has none. */
  from: string;
  to: string[];
  cc: string[];
  /** Decoded (RFC 2047), without control characters. */
  subject: string;
  /** With angle brackets, also where its program left them out; null when there is none that anybody can refer to. */
  messageId: string | null;
  hasMessageId: boolean;
  hasDate: boolean;
  /** What the sender asks for by `X-Waybill-Mode` or `X-Waybill`. */
  mode: Mode | undefined;
  /** What the sender asks for by `X-Waybill-Receipts`. */
  receipts: ReceiptRequest | undefined;
  /** The sender asks the reader's mail program for a receipt already, in one of the ways that there are. */
  asksForReceipt: boolean;
  /** Addresses that it names as mailing lists, in lower case. */
  lists: string[];
}

/** No sane header comes near; what is behind it is not read for display. */
const HEADER_LIMIT_BYTES = 256 * 1024;
const MAX_SUBJECT = 1000;
const MODES: readonly string[] = ['full', 'day', 'aggregate', 'off'] satisfies Mode[];

/** Reads the header, however broken it is. The message's body is not looked at. */
export function readMailFacts(message: Uint8Array): MailFacts {
  const byName = Map.groupBy(readHeaderBlock(message).fields, ({ name }) => name);
  const first = (name: string): string | undefined => {
    const [field] = byName.get(name) ?? [];
    return field === undefined ? undefined : rawValue(message, field);
  };
  const shown = (name: string): string[] =>
    (byName.get(name) ?? [])
      .filter(({ end }) => end <= HEADER_LIMIT_BYTES)
      .map((field) => shownValue(message, field));
  return {
    from: mailboxes(shown('from').slice(0, 1))[0] ?? '',
    to: mailboxes(shown('to')),
    cc: mailboxes(shown('cc')),
    subject: oneLine(decodedWords(shown('subject')[0] ?? '')).slice(0, MAX_SUBJECT),
    messageId: readMessageId(first('message-id')) ?? null,
    hasMessageId: byName.has('message-id'),
    hasDate: byName.has('date'),
    mode: requestedMode(first('x-waybill-mode'), first('x-waybill')),
    receipts: requestedReceipts(first('x-waybill-receipts')),
    lists: listAddresses((name) => (byName.get(name) ?? []).map((field) => rawValue(message, field))),
    asksForReceipt: RECEIPT_FIELDS.some((name) => byName.has(name)),
  };
}

/** Unfolded text of a field; bytes beyond ASCII are read as UTF-8 (RFC 6532). */
function shownValue(message: Uint8Array, { start, end }: HeaderField): string {
  const text = Buffer.from(message.buffer, message.byteOffset, message.length).toString('utf8', start, end);
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\r?\n[ \t]*/g, ' ')
    .trim();
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

function mailboxes(values: readonly string[]): string[] {
  return values
    .flatMap((value) => addressparser(value))
    .flatMap((entry) => ('group' in entry && entry.group !== undefined ? entry.group : [entry]))
    .map(({ name, address }) => ({
      name: oneLine(decodedWords(name ?? '')),
      address: shownAddress(address ?? ''),
    }))
    .filter(({ address }) => address !== '')
    .map(({ name, address }) => mailbox(name, address));
}

/** RFC 2047 §5: encoded words are for names. Of an address that holds some only what is plainly one is believed. */
function shownAddress(address: string): string {
  const decoded = ENCODED_WORD.test(address) ? decodedWords(address) : address;
  if (decoded !== address && (!/^[^\s@]+@[^\s@]+$/.test(decoded) || decoded.includes('=?'))) return '';
  const at = decoded.lastIndexOf('@') + 1;
  const domain = decoded.slice(at);
  const unicode = domain.startsWith('xn--') ? domainToUnicode(domain) : '';
  return oneLine(unicode === '' ? decoded : decoded.slice(0, at) + unicode);
}

const ENCODED_WORD = /=\?[^?]+\?[bq]\?[^?]*\?=/i;

/** What cannot be decoded stays as it is. */
function decodedWords(text: string): string {
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
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
