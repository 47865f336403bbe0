import type { RawEdit } from './transfer-coding.ts';

/** One change to a message, with what is needed to take it back. Offsets are into the message before the change. */
export interface MessageEdit {
  offset: number;
  removed: Uint8Array;
  inserted: Uint8Array;
}

/** Changes in order, without those that change nothing. */
export function toMessageEdits(message: Buffer, edits: readonly RawEdit[]): MessageEdit[] {
  return edits
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end, bytes }) => ({
      offset: start,
      removed: message.subarray(start, end),
      inserted: bytes,
    }))
    .filter(({ removed, inserted }) => Buffer.compare(removed, inserted) !== 0);
}

/** The message with the changes made; the same array when there are none. */
export function applyEdits(message: Uint8Array, edits: readonly MessageEdit[]): Uint8Array {
  if (edits.length === 0) return message;
  const pieces: Uint8Array[] = [];
  let position = 0;
  for (const { offset, removed, inserted } of edits) {
    pieces.push(message.subarray(position, offset), inserted);
    position = offset + removed.length;
  }
  pieces.push(message.subarray(position));
  return Buffer.concat(pieces);
}

/** Takes the changes back: the message as it was, byte for byte. @param message after the changes */
export function restore(message: Uint8Array, edits: readonly MessageEdit[]): Uint8Array {
  let shift = 0;
  const inverse = edits.map(({ offset, removed, inserted }) => {
    const edit = { offset: offset + shift, removed: inserted, inserted: removed };
    shift += inserted.length - removed.length;
    return edit;
  });
  return applyEdits(message, inverse);
}
