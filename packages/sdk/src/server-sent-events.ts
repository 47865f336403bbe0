/** One dispatched event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** The last `id` so far, which an event need not repeat. */
  id: string;
  data: string;
}

/**
 * Parses an event stream piece by piece, as https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 * says; `event` lines are ignored, for Waybill sends none.
 */
export class ServerSentEventParser {
  /** What `retry` asked for, in ms. */
  retryMs: number | undefined;
  #rest = '';
  #data: string[] = [];
  #id: string;

  constructor(lastEventId = '') {
    this.#id = lastEventId;
  }

  /** @returns the events that this piece completed */
  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    this.#rest += text;
    for (;;) {
      const end = /\r\n|\n|\r/.exec(this.#rest);
      // A CR at the very end may be half of a CRLF.
      if (end === null || (end[0] === '\r' && end.index === this.#rest.length - 1)) return events;
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      if (line !== '') this.#field(line);
      else if (this.#data.length > 0) {
        events.push({ id: this.#id, data: this.#data.join('\n') });
        this.#data = [];
      }
    }
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    if (name === 'id' && !value.includes('\0')) this.#id = value;
    if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}
