/** Replaces a range of decoded bytes. */
export interface ByteEdit {
  start: number;
  end: number;
  /** One character per byte. */
  text: string;
  /** Offsets where a line may be broken when it gets too long; see TextEdit. */
  breakBefore?: number;
  breakAfter?: number;
}

/** Replaces a range of the message. A mail may have hundreds: they are kept as text until the copy is written. */
export interface RawEdit {
  start: number;
  end: number;
  /** One character per byte. */
  text: string;
}

/** A part's content, decoded, and the way back for changes to it. */
export interface OpenedPart {
  bytes: Buffer;
  /** Changes in the encoded form, in the part's own line style. @param edits in order, not overlapping */
  encode(edits: readonly ByteEdit[]): RawEdit[];
}

/** A range of the message that holds an encoded body. */
export interface EncodedBody {
  message: Buffer;
  start: number;
  end: number;
  /** The line end to write where the body has none to go by. */
  lineEnd: '\r\n' | '\n';
}

/** The first line end of a range, undefined when it is one line. */
export function lineEndOf(message: Buffer, start: number, end: number): '\r\n' | '\n' | undefined {
  const newline = message.indexOf(0x0a, start);
  if (newline === -1 || newline >= end) return undefined;
  return newline > start && message[newline - 1] === 0x0d ? '\r\n' : '\n';
}
