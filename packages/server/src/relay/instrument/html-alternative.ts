import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.ts';
import type { RawEdit } from './encoded-body.ts';
import type { MimeField } from './mime-header.ts';
import type { Entity } from './mime-scan.ts';
import { toQuotedPrintable } from './quoted-printable.ts';

/**
 * Makes of a part with text a multipart/alternative (RFC 2046 §5.1.4) of that part and HTML. The part moves inside with
 * its fields, none of its bytes changes.
 *
 * @param isRoot whether the part is the message itself
 */
export function addAlternative(
  message: ByteSource,
  entity: Entity,
  { html, isRoot, lineEnd }: { html: string; isRoot: boolean; lineEnd: '\r\n' | '\n' },
): RawEdit[] {
  const { fields, fieldsEnd } = entity.header;
  const moved = fields.filter(isContentField);
  const boundary = boundaryFor(message, entity);
  const outer = [
    ...(isRoot && !fields.some(({ name }) => name === 'mime-version') ? ['MIME-Version: 1.0'] : []),
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    // What holds 8-bit text says so itself (RFC 2045 §6.4).
    ...(['8bit', 'binary'].includes(entity.encoding)
      ? [`Content-Transfer-Encoding: ${entity.encoding}`]
      : []),
  ];
  const inner = moved.map(({ start, end }) => message.text(start, end)).join('');
  const lines = (texts: readonly string[]): string => texts.map((text) => text + lineEnd).join('');
  const htmlPart = [
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    ...html
      .trimEnd()
      .split('\n')
      .map((line) => toQuotedPrintable(line, lineEnd)),
    `--${boundary}--`,
  ];
  return [
    ...moved.map(({ start, end }) => ({ start, end, text: '' })),
    { start: fieldsEnd, end: fieldsEnd, text: lines(outer) },
    { start: entity.bodyStart, end: entity.bodyStart, text: lines([`--${boundary}`]) + inner + lineEnd },
    { start: entity.bodyEnd, end: entity.bodyEnd, text: lineEnd + lines(htmlPart) },
  ];
}

/** Those that describe the part; a length is one of a mailbox file. */
function isContentField({ name }: MimeField): boolean {
  return name.startsWith('content-') && name !== 'content-length';
}

/** The same for the same text, and none of its lines. */
function boundaryFor(message: ByteSource, { bodyStart, bodyEnd }: Entity): string {
  const hash = createHash('sha256');
  for (const piece of message.pieces(bodyStart, bodyEnd)) hash.update(piece);
  return `waybill-${hash.digest('hex').slice(0, 32)}`;
}
