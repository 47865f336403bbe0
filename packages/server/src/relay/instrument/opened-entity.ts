import type { ByteSource } from './byte-source.ts';
import { openCharset, type OpenedText } from './charset.ts';
import type { ByteEdit, OpenedPart, RawEdit } from './encoded-body.ts';
import type { TextEdit } from './html-options.ts';
import type { Entity } from './mime-scan.ts';
import type { ReasonCode } from './reasons.ts';
import { openPart } from './transfer-coding.ts';

/** A part with text, decoded. */
export interface OpenedEntity {
  entity: Entity;
  part: OpenedPart;
  text: OpenedText;
  /** Lines of the encoding cannot be folded (7bit, 8bit). */
  unfoldable: boolean;
}

/** @returns the code of the reason when it cannot be changed safely */
export function openEntity(
  message: ByteSource,
  entity: Entity,
  lineEnd: '\r\n' | '\n',
): OpenedEntity | ReasonCode {
  if (!entity.header.ended || isGlued(message, entity)) return 'no-html-part';
  if (entity.header.fields.some(({ name }) => name === 'content-md5')) return 'checksummed';
  const part = openPart(
    { encoded: message.slice(entity.bodyStart, entity.bodyEnd), lineEnd },
    entity.encoding,
  );
  if (typeof part === 'string') return part;
  const { parameters } = entity.contentType;
  if ([...parameters.keys()].some((name) => name.startsWith('charset*'))) return 'charset-unsupported';
  const text = openCharset(parameters.get('charset'), part);
  if (typeof text === 'string') return text;
  const unfoldable = entity.encoding !== 'quoted-printable' && entity.encoding !== 'base64';
  if (unfoldable && text.unitBytes === 2) return 'charset-unsupported';
  return { entity, part, text, unfoldable };
}

/** Empty, with the boundary right behind the header: what were put there would stand on the boundary's line. */
function isGlued(message: ByteSource, { bodyStart, bodyEnd }: Entity): boolean {
  return bodyStart === bodyEnd && bodyEnd < message.length && ![CR, LF].includes(message.at(bodyEnd));
}

const LF = 0x0a;
const CR = 0x0d;

/** Changes to the text as changes to its bytes. */
export function toByteEdits({ text }: OpenedEntity, edits: readonly TextEdit[]): readonly ByteEdit[] {
  if (text.unitBytes === 1) return edits;
  // Two-byte characters come encoded, where no line has to be broken.
  return edits.map((edit) => ({ start: edit.start * 2, end: edit.end * 2, text: text.encode(edit.text) }));
}

/** Changes to a part's bytes as changes to the message. */
export function toRawEdits({ entity, part }: OpenedEntity, edits: readonly ByteEdit[]): RawEdit[] {
  const { bodyStart } = entity;
  return part
    .encode(edits)
    .map(({ start, end, text }) => ({ start: start + bodyStart, end: end + bodyStart, text }));
}
