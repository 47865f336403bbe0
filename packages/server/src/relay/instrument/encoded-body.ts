/** Replaces a range of decoded bytes. */
export interface ByteEdit {
  start: number;
  end: number;
  /** One character per byte. */
  text: string;
  /** Offsets where a line may be broken when it gets too long; see TextEdit. */
  breakBefore?: number | undefined;
  breakAfter?: number | undefined;
}

/**
 * Replaces a range of the message, or of an encoded body. A mail may have hundreds: they are kept as text until the copy
 * is written.
 */
export interface RawEdit {
  start: number;
  end: number;
  /** One character per byte. */
  text: string;
}

/** A part's content, decoded, and the way back for changes to it. */
export interface OpenedPart {
  /** One character per byte. */
  latin1: string;
  isAscii: boolean;
  /** Changes to the encoded body, in its own line style. @param edits in order, not overlapping */
  encode(edits: readonly ByteEdit[]): RawEdit[];
}

/** What was decoded, as bytes. */
export function bytesOf({ latin1 }: Pick<OpenedPart, 'latin1'>): Buffer {
  return Buffer.from(latin1, 'latin1');
}

/** A part's body as it is in the message. */
export interface EncodedBody {
  encoded: Buffer;
  /** The line end to write where the body has none to go by. */
  lineEnd: '\r\n' | '\n';
}

/** The body's own line end, or the one to write. */
export function lineEndOf({ encoded, lineEnd }: EncodedBody): '\r\n' | '\n' {
  const newline = encoded.indexOf(0x0a);
  if (newline === -1) return lineEnd;
  return encoded[newline - 1] === 0x0d ? '\r\n' : '\n';
}
