import type { ByteSource } from './byte-source.ts';
import type { RawEdit } from './encoded-body.ts';

/** One change to a message, with what is needed to take it back. Offsets are into the message before the change. */
export interface MessageEdit {
  offset: number;
  removed: Uint8Array;
  inserted: Uint8Array;
}

/** The message with the changes made; the same array when there are none. @param edits in order, not overlapping */
export function applyEdits(message: Buffer, edits: readonly RawEdit[]): Buffer {
  if (edits.length === 0) return message;
  const changed = Buffer.allocUnsafe(lengthAfter(message.length, edits));
  let position = 0;
  let written = 0;
  for (const { start, end, text } of edits) {
    written += message.copy(changed, written, position, start);
    written += changed.write(text, written, 'latin1');
    position = end;
  }
  message.copy(changed, written, position);
  return changed;
}

/** Edits of several parts by where they begin; of two at one place the first stays first. */
export function inOrder(edits: readonly RawEdit[]): RawEdit[] {
  return edits.toSorted((one, other) => one.start - other.start);
}

export function lengthAfter(length: number, edits: readonly RawEdit[]): number {
  return edits.reduce((sum, { start, end, text }) => sum + text.length - (end - start), length);
}

/**
 * The message with the changes made, in pieces; each is good until the next is asked for.
 *
 * @param edits in order, not overlapping
 */
export function* editedPieces(message: ByteSource, edits: readonly RawEdit[]): Generator<Buffer> {
  let position = 0;
  for (const { start, end, text } of edits) {
    yield* message.pieces(position, start);
    if (text !== '') yield Buffer.from(text, 'latin1');
    position = end;
  }
  yield* message.pieces(position, message.length);
}

/** For whoever wants to know or to take them back: the changes as bytes, without those that change nothing. */
export function describeEdits(message: ByteSource, edits: readonly RawEdit[]): MessageEdit[] {
  return edits
    .map(({ start, end, text }) => ({
      offset: start,
      removed: message.slice(start, end),
      inserted: Buffer.from(text, 'latin1'),
    }))
    .filter(({ removed, inserted }) => !removed.equals(inserted));
}

/** Takes the changes back: the message as it was, byte for byte. @param message after the changes */
export function restore(message: Uint8Array, edits: readonly MessageEdit[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let position = 0;
  let shift = 0;
  for (const { offset, removed, inserted } of edits) {
    pieces.push(message.subarray(position, offset + shift), removed);
    position = offset + shift + inserted.length;
    shift += inserted.length - removed.length;
  }
  pieces.push(message.subarray(position));
  return Buffer.concat(pieces);
}
