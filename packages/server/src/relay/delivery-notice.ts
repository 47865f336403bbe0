/** Notices to senders about what became of their mail: multipart/report with message/delivery-status (RFC 3464). */
import { createHash } from 'node:crypto';
import { isAscii } from 'node:buffer';
import { isIP } from 'node:net';
import { readHeaderBlock } from './header-block.ts';
import { mailDate } from './mail-date.ts';
import type { DsnRequest } from './envelope.ts';

/** What there is to tell, written down with the outcome that it is about. */
export interface NoticeFact {
  action: 'failed' | 'delayed' | 'relayed';
  /** Of the attempt, ms. */
  at: number;
  /** RFC 3463, of the outcome as a whole. */
  status: string;
  /** What the mail server said, in one line; absent when none was reached. */
  reply?: string;
  /** What went wrong, for a person. */
  reason: string;
}

/** The copy that a notice is about. */
export interface NoticeSubject {
  /** Names the notice, so that the same notice made twice is the same mail. */
  key: string;
  sender: string;
  recipient: string;
  /** What the sender asked for, decoded from xtext. */
  asked: DsnRequest;
  /** The mail as it was handed in. */
  raw: Uint8Array;
  /** Decoded. */
  subject: string;
  acceptedAt: number;
  /** When it is given up, if it is still tried. */
  expiresAt: number;
}

/** Longer mails come back as their header, whatever was asked for. */
const LONGEST_RETURNED_BYTES = 1024 * 1024;
/** A field's text; a line of a mail may have 998 (RFC 5322 §2.1.1). */
const LONGEST_FIELD = 900;

/** @param from.mailbox who sends the notice; @param from.host the reporting mail server's name */
export function composeNotice(
  fact: NoticeFact,
  subject: NoticeSubject,
  from: { mailbox: string; host: string; remoteHost?: string },
): Uint8Array {
  const digest = createHash('sha256').update(`${subject.key}:${fact.action}`).digest('hex').slice(0, 32);
  const boundary = `=_waybill_${digest}`;
  const text = bodyText(fact, subject, from.host);
  const parts: { type: string; content: Uint8Array }[] = [
    {
      type: `text/plain; charset=${isAscii(Buffer.from(text)) ? 'us-ascii' : 'utf-8'}`,
      content: Buffer.from(text),
    },
    { type: 'message/delivery-status', content: Buffer.from(deliveryStatus(fact, subject, from)) },
    returned(fact, subject),
  ];
  const head = lines([
    `From: ${from.mailbox}`,
    `To: <${subject.sender}>`,
    `Subject: ${SUBJECTS[fact.action]}`,
    `Date: ${mailDate(fact.at)}`,
    `Message-ID: <${digest}@${domainOf(from.mailbox)}>`,
    // RFC 3834 §5
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"`,
    '',
    'This is a report on the delivery of a mail, in parts for people and for mail programs (MIME).',
  ]);
  return Buffer.concat([
    Buffer.from(head),
    ...parts.flatMap(({ type, content }) => [
      Buffer.from(
        lines(['', `--${boundary}`, `Content-Type: ${type}`, ...(isAscii(content) ? [] : [EIGHT_BIT]), '']),
      ),
      content,
    ]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

const EIGHT_BIT = 'Content-Transfer-Encoding: 8bit';
const SUBJECTS: Record<NoticeFact['action'], string> = {
  failed: 'Your mail could not be delivered',
  delayed: 'Your mail is late and still being tried',
  relayed: 'Your mail was handed on',
};

function bodyText({ action, reason, at }: NoticeFact, subject: NoticeSubject, host: string): string {
  const about = subject.subject === '' ? 'Your mail' : `Your mail "${subject.subject}"`;
  const sent = `${about}, handed in on ${mailDate(subject.acceptedAt)}, `;
  const said: Record<NoticeFact['action'], string[]> = {
    failed: [
      `${sent}could not be delivered to ${subject.recipient}.`,
      reason,
      'Waybill does not try it again.',
    ],
    delayed: [
      `${sent}could not be delivered to ${subject.recipient} yet.`,
      reason,
      `You need not do anything: Waybill tries it again until ${mailDate(subject.expiresAt)}.`,
    ],
    relayed: [
      `${sent}was handed on for ${subject.recipient} on ${mailDate(at)}.`,
      'The next mail server sends no confirmations, so you will not learn here whether it arrived.',
    ],
  };
  return `${[`This is Waybill at ${host}.`, ...said[action]].map((paragraph) => wrapped(paragraph)).join('\r\n\r\n')}\r\n`;
}

function deliveryStatus(
  fact: NoticeFact,
  { asked, recipient, acceptedAt, expiresAt }: NoticeSubject,
  { host, remoteHost }: { host: string; remoteHost?: string },
): string {
  return lines([
    // Only where one was given (RFC 3464 §2.2.1).
    ...(asked.envid === undefined ? [] : [`Original-Envelope-Id: ${oneLine(asked.envid)}`]),
    `Reporting-MTA: dns; ${host}`,
    `Arrival-Date: ${mailDate(acceptedAt)}`,
    '',
    ...(asked.orcpt === undefined ? [] : [`Original-Recipient: ${typedAddress(asked.orcpt)}`]),
    `Final-Recipient: ${typedAddress(`rfc822;${recipient}`)}`,
    `Action: ${fact.action}`,
    `Status: ${fact.status}`,
    ...(remoteHost === undefined
      ? []
      : [`Remote-MTA: dns; ${isIP(remoteHost) === 0 ? remoteHost : `[${remoteHost}]`}`]),
    ...(fact.reply === undefined ? [] : [`Diagnostic-Code: smtp; ${oneLine(fact.reply)}`]),
    `Last-Attempt-Date: ${mailDate(fact.at)}`,
    ...(fact.action === 'delayed' ? [`Will-Retry-Until: ${mailDate(expiresAt)}`] : []),
  ]);
}

/** The mail itself, where it was asked for and failed (RFC 3461 §4.3), else its header. */
function returned(
  { action }: NoticeFact,
  { asked, raw }: NoticeSubject,
): { type: string; content: Uint8Array } {
  if (action === 'failed' && asked.ret === 'FULL' && raw.length <= LONGEST_RETURNED_BYTES) {
    return { type: 'message/rfc822', content: raw };
  }
  return { type: 'text/rfc822-headers', content: raw.subarray(0, readHeaderBlock(raw).end) };
}

/** An address with its type; one beyond ASCII in the form for ASCII (RFC 6533 §3). */
function typedAddress(typed: string): string {
  const at = typed.indexOf(';');
  const [type, address] = [typed.slice(0, at).trim() || 'rfc822', typed.slice(at + 1).trim()];
  if (isAscii(Buffer.from(address))) return `${type}; ${oneLine(address)}`;
  const escaped = Array.from(address, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0x7e ? String.raw`\x{${code.toString(16).toUpperCase()}}` : character;
  });
  return `utf-8; ${oneLine(escaped.join(''))}`;
}

/** Printable ASCII: a server may say anything. */
function oneLine(text: string): string {
  const line = text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
  return line.length > LONGEST_FIELD ? `${line.slice(0, LONGEST_FIELD)}...` : line;
}

const LINE = 76;

function wrapped(paragraph: string): string {
  const rows: string[] = [];
  for (const word of paragraph.replaceAll(/[\s\p{Cc}]+/gu, ' ').split(' ')) {
    const row = rows.at(-1);
    // No line of a mail is longer than 998 bytes, whatever a word is.
    const short = word.length > 200 ? `${word.slice(0, 200)}...` : word;
    if (row === undefined || row.length + short.length >= LINE) rows.push(short);
    else rows[rows.length - 1] = `${row} ${short}`;
  }
  return rows.join('\r\n');
}

function domainOf(mailbox: string): string {
  return /@([A-Za-z0-9.-]+)>?$/.exec(mailbox)?.[1] ?? 'waybill.invalid';
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\r\n')}\r\n`;
}
