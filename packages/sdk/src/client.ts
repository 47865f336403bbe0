import { errorOf, unreachable } from './error.ts';
import { streamEvents, type StreamOptions } from './event-stream.ts';
import type {
  CreatedMessage,
  CreateMessage,
  DeliveryDetail,
  Event,
  Message,
  MessageSummary,
  Mode,
  Page,
  QueuedCopy,
  QueuedCopyDetail,
  QueueState,
  QueueSummary,
  StreamEvent,
  SystemState,
  VerdictState,
  WatchedMailbox,
} from './types.ts';

const TIMEOUT_MS = 30_000;

export interface WaybillClientOptions {
  /** Base address of the server, for example `https://waybill.example.org`. */
  url: string;
  apiKey: string;
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
  /** Longest duration of a call, ms; 30 seconds by default. Streams are not limited. */
  timeoutMs?: number;
}

export interface MessageQuery {
  /** Words of the subject, an address, or a tracking number. */
  query?: string;
  state?: VerdictState;
  mode?: Mode;
  /** `nextCursor` of the page before. */
  cursor?: string;
  limit?: number;
}

export interface QueueQuery {
  state?: QueueState;
  /** In the recipient's address. */
  to?: string;
  /** `nextCursor` of the page before. */
  cursor?: string;
  limit?: number;
}

interface CallOptions {
  method?: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  query?: object;
  headers?: Record<string, string>;
}

/**
 * Waybill's HTTP API v1. Every method throws {@link WaybillError} when the call did not succeed.
 * @example
 * const waybill = new WaybillClient({ url: 'http://127.0.0.1:8420', apiKey });
 * const { deliveries } = await waybill.createMessage({ from, to: ['ann@example.org'], subject, html, send: true });
 * for await (const event of waybill.stream()) console.log(event.trackingNumber, event.type, event.actor);
 */
export class WaybillClient {
  readonly #base: URL;
  readonly #apiKey: string;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;

  /** @throws TypeError when `url` is no URL */
  constructor({ url, apiKey, fetch: fetchWith = fetch, timeoutMs = TIMEOUT_MS }: WaybillClientOptions) {
    this.#base = new URL('api/v1/', url.endsWith('/') ? url : `${url}/`);
    this.#apiKey = apiKey;
    this.#fetch = fetchWith;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends a tracked mail, or with `send: false` instruments it to be sent by other means.
   * @param options.idempotencyKey makes a repeated call harmless: it gives the first one's answer
   */
  createMessage(message: CreateMessage, options: { idempotencyKey?: string } = {}): Promise<CreatedMessage> {
    const { idempotencyKey } = options;
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    return this.#call<CreatedMessage>('messages', { method: 'POST', body: message, headers });
  }

  /** For a message made with `send: false`: it is out now. Hits before this are the sender's own. */
  markSent(messageId: string): Promise<{ id: string; sentAt: string }> {
    return this.#call(`messages/${encodeURIComponent(messageId)}/sent`, { method: 'POST' });
  }

  /** Newest first. */
  messages(query: MessageQuery = {}): Promise<Page<MessageSummary>> {
    return this.#call('messages', { query });
  }

  message(id: string): Promise<Message> {
    return this.#call(`messages/${encodeURIComponent(id)}`);
  }

  /** @param trackingNumber `WB-XXXX-XXXX-XXXC`; case, spaces and dashes don't matter */
  delivery(trackingNumber: string): Promise<DeliveryDetail> {
    return this.#call(`deliveries/${encodeURIComponent(trackingNumber)}`);
  }

  /**
   * The events of one delivery, newest first.
   * @param query.cursor `earlier.cursor` of the delivery, or `nextCursor` of the page before
   */
  deliveryEvents(
    trackingNumber: string,
    query: { cursor?: string; limit?: number } = {},
  ): Promise<Page<Event>> {
    return this.#call(`deliveries/${encodeURIComponent(trackingNumber)}/events`, { query });
  }

  /** What happened, newest first. @param query.before position before which to look */
  events(query: { limit?: number; before?: string } = {}): Promise<Page<StreamEvent>> {
    return this.#call('events', { query });
  }

  /** The mail queue, newest first. */
  queue(query: QueueQuery = {}): Promise<Page<QueuedCopy>> {
    return this.#call('queue', { query });
  }

  queueSummary(): Promise<QueueSummary> {
    return this.#call('queue/summary');
  }

  queuedCopy(id: string): Promise<QueuedCopyDetail> {
    return this.#call(`queue/${encodeURIComponent(id)}`);
  }

  /** Tries a copy that waits at once. */
  retryQueued(id: string): Promise<{ retried: number }> {
    return this.#call(`queue/${encodeURIComponent(id)}/retry`, { method: 'POST' });
  }

  /** Tries all copies that wait at once. @param query.to only those with this in the recipient's address */
  retryAllQueued(query: { to?: string } = {}): Promise<{ retried: number }> {
    return this.#call('queue/retry', { method: 'POST', query });
  }

  /** Takes a copy that waits out of the queue, as failed. @param options.notify tells its sender by mail */
  dropQueued(id: string, { notify = false }: { notify?: boolean } = {}): Promise<{ dropped: string }> {
    return this.#call(`queue/${encodeURIComponent(id)}`, {
      method: 'DELETE',
      query: { notify: notify ? 1 : 0 },
    });
  }

  /** The senders' mailboxes of this workspace, and how they are. */
  async mailboxes(): Promise<WatchedMailbox[]> {
    return (await this.#call<{ items: WatchedMailbox[] }>('mailboxes')).items;
  }

  /** How the installation is. */
  system(): Promise<SystemState> {
    return this.#call('system');
  }

  /** What happens, as it happens, until `signal` is aborted. Lost connections are resumed without a gap. */
  stream(options: StreamOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    const url = new URL('events/stream', this.#base);
    return streamEvents(url.href, (headers, signal) => this.#request(url, { headers }, signal), options);
  }

  async #call<T>(path: string, options: CallOptions = {}): Promise<T> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await this.#request(url, options, AbortSignal.timeout(this.#timeoutMs));
    if (!response.ok) throw await errorOf(response);
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw unreachable(url.href, error);
    }
  }

  async #request(
    url: URL,
    { method = 'GET', body, headers }: CallOptions,
    signal: AbortSignal,
  ): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.#apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    try {
      return await this.#fetch(url, init);
    } catch (error) {
      throw unreachable(url.origin, error);
    }
  }
}
