import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { DeliveryDetail, Message, MessageSummary, Page, StreamEvent } from '@waybill/sdk';
import { useSyncExternalStore } from 'react';
import { patchDelivery, patchMessage, patchSummary, prependEvent } from './live-patch.ts';

export type LiveState = 'connecting' | 'live' | 'interrupted';

const retryMs = 4_000;
/** Counters and lists that a burst of events would otherwise refetch dozens of times. */
const settleMs = 1_200;

/**
 * The page's one connection to the event stream. Each event is patched into what is on screen at once;
 * what cannot be patched (counts, new rows) is refetched shortly after the burst.
 */
export class LiveStream {
  readonly #queryClient: QueryClient;
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: StreamEvent) => void>();
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;
  #state: LiveState = 'connecting';
  #missedSome = false;

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient;
  }

  get state(): LiveState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  onEvent(listener: (event: StreamEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  start(): void {
    if (this.#source !== undefined) return;
    const source = new EventSource('/api/v1/events/stream');
    this.#source = source;
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('message', (message: MessageEvent<string>) => this.#received(message.data));
    source.addEventListener('error', () => this.#failed(source));
  }

  stop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#refresh);
    this.#source?.close();
    this.#source = undefined;
    this.#setState('connecting');
  }

  #opened(): void {
    if (this.#missedSome) void this.#queryClient.invalidateQueries();
    this.#missedSome = false;
    this.#setState('live');
  }

  /** A browser reconnects by itself with Last-Event-ID, but gives up after an answer such as 401 or 503. */
  #failed(source: EventSource): void {
    this.#setState('interrupted');
    if (source.readyState !== EventSource.CLOSED) return;
    this.#missedSome = true;
    this.#source = undefined;
    void this.#queryClient.invalidateQueries({ queryKey: ['session'] });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.start(), retryMs);
  }

  #received(data: string): void {
    const event = JSON.parse(data) as StreamEvent;
    const client = this.#queryClient;
    client.setQueryData<DeliveryDetail>(
      ['delivery', event.trackingNumber],
      (delivery) => delivery && patchDelivery(delivery, event),
    );
    client.setQueryData<Message>(
      ['message', event.messageId],
      (message) => message && patchMessage(message, event),
    );
    client.setQueriesData<InfiniteData<Page<MessageSummary>>>(
      { queryKey: ['messages'] },
      (listed) => listed && mapItems(listed, (summary) => patchSummary(summary, event)),
    );
    client.setQueryData<InfiniteData<Page<StreamEvent>>>(
      ['events'],
      (feed) => feed && { ...feed, pages: prependEvent(feed.pages, event) },
    );
    for (const listener of this.#eventListeners) listener(event);
    this.#refreshSoon(event);
  }

  #refreshSoon(event: StreamEvent): void {
    // Not the pages of earlier events: they stay what they were.
    void this.#queryClient.invalidateQueries({ queryKey: ['delivery', event.trackingNumber], exact: true });
    clearTimeout(this.#refresh);
    this.#refresh = setTimeout(() => {
      for (const key of ['messages', 'message', 'recipients', 'overview', 'inbox', 'channels', 'queue']) {
        void this.#queryClient.invalidateQueries({ queryKey: [key] });
      }
    }, settleMs);
  }

  #setState(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function mapItems<T>(data: InfiniteData<Page<T>>, change: (item: T) => T): InfiniteData<Page<T>> {
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(change) })) };
}

export function useLiveState(stream: LiveStream): LiveState {
  return useSyncExternalStore(stream.subscribe, () => stream.state);
}
