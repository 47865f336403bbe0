/** A server's answer to one command (RFC 5321 §4.2). */
export interface Reply {
  code: number;
  /** The words behind the code, one item a line. */
  lines: string[];
}

const CODE = /^([2-5]\d\d)([ -]?)/;
const LF = 0x0a;
const CR = 0x0d;
/** What is kept. RFC 5321 §4.5.3.1.5 allows 512 bytes a line; servers go beyond it. */
const LONGEST_LINE = 4_096;
const MOST_LINES = 200;
/**
 * So much is read of one reply, for its code: whoever has taken a mail and says so at length would get it again and again
 * from a client that does not listen to the end.
 */
const MOST_BYTES = 1_048_576;

/** Cuts what a server sends into replies, however it comes. */
export class ReplyReader {
  #rest: Buffer = Buffer.alloc(0);
  #lines: string[] = [];
  /** Of the reply that has begun, and its last line. */
  #bytes = 0;
  #isBegun = false;

  /** Something of a reply is here, and its end is not. */
  get isInReply(): boolean {
    return this.#rest.length > 0 || this.#isBegun;
  }

  /** @throws Error when it is no SMTP */
  push(piece: Buffer): Reply[] {
    this.#bytes += piece.length;
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const replies: Reply[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      const reply = this.#line(bytes.toString('utf8', start, bytes[end - 1] === CR ? end - 1 : end));
      if (reply !== undefined) replies.push(reply);
      start = end + 1;
    }
    this.#rest = bytes.subarray(start, start + LONGEST_LINE);
    if (replies.length > 0) this.#bytes = this.#rest.length;
    const isNoReply = this.#rest.length === LONGEST_LINE && !CODE.test(this.#rest.toString('latin1', 0, 4));
    if (this.#bytes > MOST_BYTES || isNoReply)
      throw new Error('The mail server sent a reply without an end.');
    return replies;
  }

  #line(line: string): Reply | undefined {
    const [, digits = '', separator = ''] = CODE.exec(line) ?? [];
    const isReply = digits !== '' && (separator !== '' || line.length === digits.length);
    if (!isReply) throw new Error('The mail server sent something that is no SMTP.');
    if (this.#lines.length < MOST_LINES) {
      this.#lines.push(line.slice(digits.length + separator.length, LONGEST_LINE));
    }
    this.#isBegun = separator === '-';
    if (this.#isBegun) return undefined;
    const reply = { code: Number(digits), lines: this.#lines };
    this.#lines = [];
    return reply;
  }
}

const MOST_SHOWN = 500;

/** The whole reply in one line of bounded length, for people. */
export function inOneLine({ code, lines }: Reply): string {
  return oneLine(`${code} ${lines.join(' ')}`);
}

export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- a server may send anything
  const line = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN - 1)}…` : line;
}
