import type { ByteSource } from './byte-source.ts';
import type { Entity } from './mime-scan.ts';
import type { OpenedEntity } from './opened-entity.ts';
import { openQuotedPrintable } from './quoted-printable.ts';

const ARMOUR = /-----BEGIN PGP (?:MESSAGE|SIGNED MESSAGE)/;
const WORDS = 'BEGIN PGP ';
const DASHES = '-----';
const LONGEST_ARMOUR = 40;

/** Decoded at a time, so that a big text file does not fill the memory. */
const PIECE_BYTES = 1_000_000;

/**
 * PGP armour that signs or encrypts text (RFC 9580 §6.2), in any part with text: not a mere key or a signature file.
 *
 * @param opened a part that need not be decoded again
 */
export function holdsInlinePgp(message: ByteSource, root: Entity, opened?: OpenedEntity): boolean {
  return textParts(root).some((part) => {
    if (part === opened?.entity) return holdsArmour([opened.part.latin1]);
    if (part.encoding === 'base64') return holdsArmour(base64Pieces(message, part));
    if (part.encoding === 'quoted-printable') return holdsArmour(quotedPieces(message, part));
    return holdsPlainArmour(message, part);
  });
}

function textParts(entity: Entity): Entity[] {
  const own = entity.contentType.value.startsWith('text/') ? [entity] : [];
  return [...own, ...entity.children.flatMap(textParts)];
}

function holdsPlainArmour(message: ByteSource, { bodyStart, bodyEnd }: Entity): boolean {
  let at = message.indexOf(WORDS, bodyStart, bodyEnd);
  while (at !== -1) {
    if (ARMOUR.test(message.text(Math.max(bodyStart, at - DASHES.length), at + LONGEST_ARMOUR))) return true;
    at = message.indexOf(WORDS, at + 1, bodyEnd);
  }
  return false;
}

function holdsArmour(pieces: Iterable<string>): boolean {
  let before = '';
  for (const piece of pieces) {
    // In UTF-16 every other byte is none of the armour's.
    const text = before + (piece.includes('\0') ? piece.replaceAll('\0', '') : piece);
    if (text.includes(WORDS) && ARMOUR.test(text)) return true;
    before = text.slice(-LONGEST_ARMOUR);
  }
  return false;
}

function* base64Pieces(message: ByteSource, { bodyStart, bodyEnd }: Entity): Generator<string> {
  if (bodyEnd - bodyStart <= PIECE_BYTES) {
    yield fromBase64(message.text(bodyStart, bodyEnd));
    return;
  }
  let rest = '';
  for (let start = bodyStart; start < bodyEnd; start += PIECE_BYTES) {
    const characters =
      rest + message.text(start, Math.min(bodyEnd, start + PIECE_BYTES)).replaceAll(/[^A-Za-z0-9+/]+/g, '');
    const whole = characters.length - (characters.length % 4);
    yield fromBase64(characters.slice(0, whole));
    rest = characters.slice(whole);
  }
  yield fromBase64(rest);
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

/** Soft line breaks may stand between its letters. */
const PGP = /P(?:=\r?\n)?G(?:=\r?\n)?P/;

/** In pieces that end with a line; those without the word are not worth decoding. */
function* quotedPieces(message: ByteSource, { bodyStart, bodyEnd }: Entity): Generator<string> {
  let start = bodyStart;
  while (start < bodyEnd) {
    const newline = message.indexOf('\n', Math.min(bodyEnd, start + PIECE_BYTES), bodyEnd);
    const end = newline === -1 ? bodyEnd : newline + 1;
    if (PGP.test(message.text(start, end))) {
      const opened = openQuotedPrintable({ encoded: message.slice(start, end), lineEnd: '\n' });
      if (typeof opened === 'object') yield opened.latin1;
    }
    start = end;
  }
}
