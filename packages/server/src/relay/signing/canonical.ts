/** The form in which DKIM sees a message, "relaxed/relaxed" (RFC 6376 §3.4): small changes on the way do no harm. */
import { createHash, type Hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * One header field in relaxed form, without its line end (§3.4.2): name in lower case, unfolded, each run of blanks one
 * space. @param field as it is in the message, one character per byte
 */
export function relaxedField(field: string): string {
  const colon = field.indexOf(':');
  const name = withoutBlanks(field.slice(0, colon)).toLowerCase();
  const value = field
    .slice(colon + 1)
    .replaceAll(/\r?\n/g, '')
    .replaceAll(/[ \t]+/g, ' ');
  return `${name}:${withoutBlanks(value)}`;
}

/** Not `trim`: a no-break space is a byte of some character here. */
function withoutBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1;
  let start = 0;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

/** Hashed at a time; the event loop serves others in between. */
const CHUNK_BYTES = 512 * 1024;

/** SHA-256 of the relaxed body in base64 (§3.4.4, §3.7). @param body with CRLF line ends */
export async function bodyHash(body: Buffer): Promise<string> {
  const hash = createHash('sha256');
  const end = endOfText(body);
  for (let start = 0; start < end;) {
    const stop = endOfChunk(body, start, end);
    updateRelaxed(hash, body.subarray(start, stop));
    start = stop;
    if (start < end) await turn();
  }
  // The last line has its line end, whether the message has it or not; a body of empty lines is nothing at all.
  if (end > 0) hash.update('\r\n');
  return hash.digest('base64');
}

/** Behind the last byte that is neither blank nor a line end: what follows is ignored. */
function endOfText(body: Buffer): number {
  let end = body.length;
  while (end > 0 && isBlank(body[end - 1] ?? 0)) end -= 1;
  return end;
}

/** Behind a line end, so that no run of blanks is cut in two. */
function endOfChunk(body: Buffer, start: number, end: number): number {
  if (end - start <= CHUNK_BYTES) return end;
  const newline = body.indexOf(LF, start + CHUNK_BYTES);
  return newline === -1 || newline >= end ? end : newline + 1;
}

function updateRelaxed(hash: Hash, chunk: Buffer): void {
  // Most bytes of most mail are base64 or tidy lines, which are in relaxed form already.
  if (!chunk.includes(TAB) && !chunk.includes('  ') && !chunk.includes(' \r\n')) {
    hash.update(chunk);
    return;
  }
  hash.update(relaxed(chunk));
}

/** Each run of blanks is one space, and none in front of a line end. */
function relaxed(chunk: Buffer): Buffer {
  const out = Buffer.allocUnsafe(chunk.length);
  let length = 0;
  let isBlankBefore = false;
  for (let index = 0; index < chunk.length; index++) {
    const byte = chunk[index] ?? 0;
    if (byte === SPACE || byte === TAB) {
      isBlankBefore = true;
      continue;
    }
    if (isBlankBefore) {
      isBlankBefore = false;
      if (byte !== CR || chunk[index + 1] !== LF) out[length++] = SPACE;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
