import { isAscii } from 'node:buffer';
import { domainToASCII } from 'node:url';
import type { DsnRequest } from '../envelope.ts';
import { lineEndTrouble } from '../line-ends.ts';
import type { Offers } from './handshake.ts';

export interface SmarthostEnvelope {
  from: string;
  to: string;
  /** The sender said that the body is one of 8 bits (RFC 6152). */
  eightBit?: true;
  /** The sender said that addresses or header may be beyond ASCII (RFC 6531). */
  smtpUtf8?: true;
  dsn?: DsnRequest;
}

/** The two commands in front of DATA, without line ends. */
export interface MailCommands {
  mail: string;
  rcpt: string;
}

/** Why a mail cannot go through this server: for good, in words, with a code of RFC 3463. */
export interface CannotBeSent {
  status: '5.1.3' | '5.3.4' | '5.6.0' | '5.6.3' | '5.6.7';
  text: string;
  /** The extension that is missing: it may only be missing for now. */
  needs?: '8BITMIME' | 'SMTPUTF8';
}

/** What the server offers decides on what is said, and whether the mail can be sent through it at all. */
export function mailCommands(
  raw: Uint8Array,
  envelope: SmarthostEnvelope,
  offers: Offers,
): MailCommands | CannotBeSent {
  const from = asciiDomain(envelope.from);
  const to = asciiDomain(envelope.to);
  const isPlain = isAscii(raw);
  const trouble = troubleWith(raw, { from, to }) ?? missing(raw, { ...envelope, from, to, isPlain }, offers);
  if (trouble !== undefined) return trouble;
  const { dsn = {}, eightBit = false, smtpUtf8 = false } = envelope;
  const isUnicode = smtpUtf8 || !isAsciiText(from) || !isAsciiText(to);
  const knowsDsn = offers.has('DSN');
  return {
    mail: [
      `MAIL FROM:<${from}>`,
      ...(offers.has('SIZE') ? [`SIZE=${raw.length}`] : []),
      ...((eightBit || !isPlain) && offers.has('8BITMIME') ? ['BODY=8BITMIME'] : []),
      ...(isUnicode && offers.has('SMTPUTF8') ? ['SMTPUTF8'] : []),
      ...(knowsDsn && dsn.ret !== undefined ? [`RET=${dsn.ret}`] : []),
      ...(knowsDsn && dsn.envid !== undefined ? [`ENVID=${xtext(dsn.envid)}`] : []),
    ].join(' '),
    rcpt: [
      `RCPT TO:<${to}>`,
      ...(knowsDsn && dsn.notify !== undefined ? [`NOTIFY=${dsn.notify.join(',')}`] : []),
      ...(knowsDsn && dsn.orcpt !== undefined ? [`ORCPT=${orcpt(dsn.orcpt)}`] : []),
    ].join(' '),
  };
}

/** What no server may be sent: it would end a command, or be two mails to one who reads it differently. */
function troubleWith(raw: Uint8Array, addresses: { from: string; to: string }): CannotBeSent | undefined {
  // eslint-disable-next-line no-control-regex -- they would end the command
  const forbidden = /[\u0000-\u001f\u007f<>]/;
  if (forbidden.test(addresses.from) || forbidden.test(addresses.to)) {
    return {
      status: '5.1.3',
      text: 'An address of the mail has characters that cannot be sent. Correct it and send the mail again.',
    };
  }
  if (lineEndTrouble(raw) === undefined) return undefined;
  return {
    status: '5.6.0',
    text: 'The mail has a bare CR, a bare LF or a NUL byte, which no mail server may be sent.',
  };
}

/** What the mail needs and the server does not offer. */
function missing(
  raw: Uint8Array,
  mail: SmarthostEnvelope & { isPlain: boolean },
  offers: Offers,
): CannotBeSent | undefined {
  const limit = Number(offers.get('SIZE') ?? 0);
  if (limit > 0 && raw.length > limit) {
    return {
      status: '5.3.4',
      text: `The mail has ${raw.length} bytes with its tracking, and the mail server takes no more than ${limit}. Send it with smaller attachments.`,
    };
  }
  if (!offers.has('SMTPUTF8') && needsUnicode(raw, mail)) {
    return {
      status: '5.6.7',
      needs: 'SMTPUTF8',
      text: 'An address or the header of the mail has characters beyond ASCII, and the mail server does not offer SMTPUTF8 (RFC 6531). Use an address in ASCII, or another mail server.',
    };
  }
  // RFC 6152 §3: to convert it would break signatures, and to send it all the same, texts.
  if (!mail.isPlain && !offers.has('8BITMIME')) {
    return {
      status: '5.6.3',
      needs: '8BITMIME',
      text: 'The mail has characters of 8 bits, and the mail server does not offer 8BITMIME (RFC 6152). Let the mail program encode it as quoted-printable, or use another mail server.',
    };
  }
  return undefined;
}

/** Old mail with bare 8-bit characters in its header is not meant: its sender says nothing of SMTPUTF8. */
function needsUnicode(
  raw: Uint8Array,
  { from, to, smtpUtf8, isPlain }: SmarthostEnvelope & { isPlain: boolean },
): boolean {
  if (!isAsciiText(from) || !isAsciiText(to)) return true;
  if (smtpUtf8 !== true || isPlain) return false;
  const end = Buffer.from(raw.buffer, raw.byteOffset, raw.length).indexOf('\r\n\r\n');
  return !isAscii(end === -1 ? raw : raw.subarray(0, end));
}

/** Only a local part beyond ASCII needs SMTPUTF8; domains have a form that every server understands (RFC 5891). */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1 || isAsciiText(address)) return address;
  const domain = domainToASCII(address.slice(at + 1));
  return domain === '' ? address : `${address.slice(0, at)}@${domain}`;
}

function isAsciiText(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- the range of ASCII
  return /^[\u0000-\u007f]*$/.test(text);
}

/** RFC 3461 §4: everything else than printable ASCII, and `+` and `=`, by its bytes. */
function xtext(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2b && byte !== 0x3d;
    encoded += isPlain ? String.fromCodePoint(byte) : `+${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The type in front of the address is no xtext. */
function orcpt(text: string): string {
  const end = text.indexOf(';');
  return end === -1 ? xtext(text) : `${text.slice(0, end)};${xtext(text.slice(end + 1))}`;
}
