import { STATUS_CODES } from 'node:http';

/** What the edge answers; the same for `node:http` and for connections that it serves itself. */
export interface Answer {
  status: number;
  /** Names and values in turn, as they go on the wire: the fastest form that `writeHead` takes. */
  headers: readonly string[];
  body: Buffer;
  /** One object for many requests: its bytes are worth keeping. */
  isShared: boolean;
}

export function answerOf(
  status: number,
  headers: readonly string[],
  body: Buffer | string = '',
  isShared = false,
): Answer {
  return { status, headers, body: typeof body === 'string' ? Buffer.from(body) : body, isShared };
}

/** Longer than the minute for which usual proxies keep a connection, so that none sends into a closing one. */
export const KEEP_ALIVE_SECONDS = 65;

export interface WireForm {
  /** An answer to HEAD: everything but the body (RFC 9110 §9.3.2). */
  isHead: boolean;
  keepAlive: boolean;
}

/** Answers as bytes, exactly those that `node:http` would send. */
export class AnswerBytes {
  #second = 0;
  #date = '';
  readonly #kept = new Map<Answer, (Buffer | undefined)[]>();

  of(answer: Answer, form: WireForm): Buffer {
    const second = Math.floor(Date.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(second * 1_000).toUTCString();
      this.#kept.clear();
    }
    if (!answer.isShared) return this.#make(answer, form);
    let forms = this.#kept.get(answer);
    if (forms === undefined) this.#kept.set(answer, (forms = []));
    const index = (form.isHead ? 1 : 0) | (form.keepAlive ? 2 : 0);
    return (forms[index] ??= this.#make(answer, form));
  }

  #make({ status, headers, body }: Answer, { isHead, keepAlive }: WireForm): Buffer {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
    head += `Date: ${this.#date}\r\n`;
    head += keepAlive
      ? `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_SECONDS}\r\n\r\n`
      : 'Connection: close\r\n\r\n';
    const bytes = Buffer.from(head, 'latin1');
    return isHead || body.length === 0 ? bytes : Buffer.concat([bytes, body]);
  }
}
