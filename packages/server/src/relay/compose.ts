import type { Address, CreateMessage } from '@waybill/sdk';
import addressparser from 'nodemailer/lib/addressparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import { AppError } from '../kernel/errors.ts';
import { mailDate } from './mail-date.ts';

interface Field {
  field: string;
  message: string;
}

const MAX_ADDRESS_OCTETS = 254;
/** RFC 5322 §3.6.8 `ftext` */
const HEADER_NAME = /^[\x21-\x39\x3b-\x7e]+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Given once, by fields of their own or by Waybill. */
const OWN_HEADERS = new Set([
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'mime-version',
  'received',
  'return-path',
]);

/**
 * The message as bytes (RFC 5322), without Bcc, lines ending with CRLF.
 * @throws AppError `invalid-input`, one entry for each wrong field, like `to[1]` or `headers.X-Test`
 */
export async function composeMail(
  message: CreateMessage,
  given: { messageIdHeader: string; date: number },
): Promise<Uint8Array> {
  const problems = [
    ...checkAddresses(message),
    ...checkText(message),
    ...checkHeaders(message),
    ...checkFiles(message),
  ];
  if (problems.length > 0) {
    throw new AppError('invalid-input', 'The mail is not valid.', { fields: problems });
  }
  const { headers = {}, attachments = [] } = message;
  const composer = new MailComposer({
    from: message.from,
    to: message.to,
    ...(message.cc === undefined ? {} : { cc: message.cc }),
    subject: message.subject,
    ...(message.text === undefined ? {} : { text: withCrlf(message.text) }),
    ...(message.html === undefined ? {} : { html: withCrlf(message.html) }),
    headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
    attachments: attachments.map(({ filename, contentType, content }) => ({
      filename,
      contentType,
      content: Buffer.from(content, 'base64'),
    })),
    ...(has(headers, 'message-id') ? {} : { messageId: given.messageIdHeader }),
    ...(has(headers, 'date') ? {} : { date: mailDate(given.date) }),
    // Content is what the request holds, never a file or an address of this machine's network.
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'windows',
  });
  return composer.compile().build();
}

/**
 * The bare address of a mailbox like `Ann <a@b.c>`.
 * @throws AppError `invalid-input` that names the field
 */
export function bareAddress(mailbox: Address, field: string): string {
  const parsed = parseMailbox(mailbox);
  if (parsed !== undefined) return parsed;
  throw new AppError('invalid-input', `${field} ${NOT_AN_ADDRESS}.`, {
    fields: [{ field, message: NOT_AN_ADDRESS }],
  });
}

const NOT_AN_ADDRESS = 'is not an address like ann@example.org or Ann <ann@example.org>';

function parseMailbox(mailbox: string): string | undefined {
  if (mailbox.length > 1000 || hasControlCharacter(mailbox)) return undefined;
  const parsed = addressparser(mailbox);
  const [entry] = parsed;
  if (parsed.length !== 1 || entry === undefined || entry.group !== undefined) return undefined;
  const { address } = entry;
  // The parser would also find an address among other words.
  if (mailbox.trim() !== address && !mailbox.trim().endsWith('>')) return undefined;
  const at = address.lastIndexOf('@');
  const isAddress =
    at > 0 && at < address.length - 1 && !/[\s<>,;"()]/.test(address) && address.indexOf('@') === at;
  return isAddress && Buffer.byteLength(address) <= MAX_ADDRESS_OCTETS ? address : undefined;
}

function checkAddresses(message: CreateMessage): Field[] {
  const named: [string, string][] = [
    ['from', message.from],
    ...message.to.map((address, index): [string, string] => [`to[${index}]`, address]),
    ...(message.cc ?? []).map((address, index): [string, string] => [`cc[${index}]`, address]),
    ...(message.bcc ?? []).map((address, index): [string, string] => [`bcc[${index}]`, address]),
  ];
  return named
    .filter(([, mailbox]) => parseMailbox(mailbox) === undefined)
    .map(([field]) => ({ field, message: NOT_AN_ADDRESS }));
}

function checkText({ subject, html, text }: CreateMessage): Field[] {
  const problems: Field[] = [];
  if (hasControlCharacter(subject)) {
    problems.push({ field: 'subject', message: 'must be one line without control characters' });
  }
  if (html === undefined && text === undefined)
    problems.push({ field: 'html', message: 'html or text is required' });
  for (const [field, value] of Object.entries({ html, text })) {
    if (value?.includes('\0') === true) problems.push({ field, message: 'must not have NUL characters' });
  }
  return problems;
}

/** A line break in a value would begin a header field of the caller's choice. */
function checkHeaders({ headers = {} }: CreateMessage): Field[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const field = `headers.${name}`;
    if (!HEADER_NAME.test(name)) return [{ field, message: 'is not the name of a header field' }];
    if (OWN_HEADERS.has(name.toLowerCase()) || name.toLowerCase().startsWith('content-')) {
      return [{ field, message: 'cannot be set here' }];
    }
    return hasControlCharacter(value)
      ? [{ field, message: 'must be one line without control characters' }]
      : [];
  });
}

function checkFiles({ attachments = [] }: CreateMessage): Field[] {
  return attachments.flatMap(({ filename, contentType, content }, index) => {
    const at = `attachments[${index}]`;
    const problems: Field[] = [];
    if (filename === '' || hasControlCharacter(filename)) {
      problems.push({ field: `${at}.filename`, message: 'must be a name without control characters' });
    }
    if (!/^[\w.+-]+\/[\w.+-]+$/.test(contentType)) {
      problems.push({ field: `${at}.contentType`, message: 'must be a media type like application/pdf' });
    }
    if (content.length % 4 !== 0 || !BASE64.test(content)) {
      problems.push({ field: `${at}.content`, message: 'must be base64' });
    }
    return problems;
  });
}

/** The composer makes CRLF of a LF, but leaves a bare CR, which no mail may have. */
function withCrlf(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\r\n');
}

function has(headers: Record<string, string>, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}

function hasControlCharacter(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- these are what must not be there
  return /[\u0000-\u001f\u007f]/.test(text);
}
