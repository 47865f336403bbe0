import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  ApiKey,
  CapturedMail,
  Channel,
  DeliveryDetail,
  Event,
  Message,
  MessageSummary,
  Overview,
  Page,
  RecipientSummary,
  Rule,
  QueuedCopy,
  QueueState,
  QueueSummary,
  Session,
  SmtpCredential,
  StreamEvent,
  SystemState,
  Verdict,
  WatchedMailbox,
} from '@waybill/sdk';
import { queryString, request } from './request.ts';

const pageSize = 50;

/** Who is signed in; fails with status 401 when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => request<Session>('GET', '/session', undefined, { signal }),
  staleTime: 5 * 60_000,
  retry: false,
});

/** What is about to be sent, and a verdict that may still change, is asked for again; the stream tells of the rest. */
function refreshAfterMs(verdicts: readonly Verdict[] | undefined): number | false {
  return verdicts?.some(({ state, settled }) => state === 'queued' || !settled) === true ? 5_000 : false;
}

export interface MessageFilter {
  query?: string | undefined;
  state?: string | undefined;
}

export const messagesQuery = (filter: MessageFilter) =>
  infiniteQueryOptions({
    queryKey: ['messages', filter],
    queryFn: ({ signal, pageParam }) =>
      request<Page<MessageSummary>>(
        'GET',
        `/messages${queryString({ query: filter.query, state: filter.state, cursor: pageParam, limit: pageSize })}`,
        undefined,
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      refreshAfterMs(data?.pages[0]?.items.flatMap((item) => item.deliveries.map(({ verdict }) => verdict))),
  });

export const messageQuery = (id: string) =>
  queryOptions({
    queryKey: ['message', id],
    queryFn: ({ signal }) =>
      request<Message>('GET', `/messages/${encodeURIComponent(id)}`, undefined, { signal }),
    refetchInterval: ({ state: { data } }) => refreshAfterMs(data?.deliveries.map(({ verdict }) => verdict)),
  });

export const deliveryQuery = (trackingNumber: string) =>
  queryOptions({
    queryKey: ['delivery', trackingNumber],
    queryFn: ({ signal }) =>
      request<DeliveryDetail>('GET', `/deliveries/${encodeURIComponent(trackingNumber)}`, undefined, {
        signal,
      }),
    refetchInterval: ({ state: { data } }) => refreshAfterMs(data && [data.verdict]),
  });

/** What was before the events that came with a delivery. @param cursor `earlier.cursor` of the delivery */
export const earlierEventsQuery = (trackingNumber: string, cursor: string) =>
  infiniteQueryOptions({
    queryKey: ['delivery', trackingNumber, 'earlier', cursor],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Event>>(
        'GET',
        `/deliveries/${encodeURIComponent(trackingNumber)}/events${queryString({ cursor: pageParam, limit: 200 })}`,
        undefined,
        { signal },
      ),
    initialPageParam: cursor,
    getNextPageParam: (page) => page.nextCursor,
  });

export const eventsQuery = infiniteQueryOptions({
  queryKey: ['events'],
  queryFn: ({ signal, pageParam }) =>
    request<Page<StreamEvent>>(
      'GET',
      `/events${queryString({ before: pageParam, limit: pageSize })}`,
      undefined,
      {
        signal,
      },
    ),
  initialPageParam: '',
  getNextPageParam: (page) => page.nextCursor,
});

export const recipientsQuery = (query: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['recipients', query ?? ''],
    queryFn: ({ signal, pageParam }) =>
      request<Page<RecipientSummary>>(
        'GET',
        `/recipients${queryString({ query, cursor: pageParam })}`,
        undefined,
        {
          signal,
        },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => request<Overview>('GET', '/overview?days=30', undefined, { signal }),
});

/** The short collections come whole, as `{items}`. */
function collection<T>(path: string) {
  return queryOptions({
    queryKey: [path.slice(1)],
    queryFn: async ({ signal }) => (await request<{ items: T[] }>('GET', path, undefined, { signal })).items,
  });
}

export const apiKeysQuery = collection<ApiKey>('/api-keys');
export const smtpCredentialsQuery = collection<SmtpCredential>('/smtp-credentials');
export const channelsQuery = collection<Channel>('/channels');
export const rulesQuery = collection<Rule>('/rules');
export const mailboxesQuery = queryOptions({
  ...collection<WatchedMailbox>('/mailboxes'),
  refetchInterval: 30_000,
});

export const inboxQuery = infiniteQueryOptions({
  queryKey: ['inbox'],
  queryFn: ({ signal, pageParam }) =>
    request<Page<CapturedMail>>(
      'GET',
      `/inbox${queryString({ cursor: pageParam, limit: pageSize })}`,
      undefined,
      { signal },
    ),
  initialPageParam: '',
  getNextPageParam: (page) => page.nextCursor,
});

/** One captured mail, by its id or its tracking number; it never changes. */
export const capturedMailQuery = (id: string) =>
  queryOptions({
    queryKey: ['captured', id],
    queryFn: ({ signal }) =>
      request<CapturedMail>('GET', `/inbox/${encodeURIComponent(id)}`, undefined, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** How the installation is; asked for again once a minute, and more often by the page that shows it. */
export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => request<SystemState>('GET', '/system', undefined, { signal }),
  refetchInterval: 60_000,
});

export const queueSummaryQuery = queryOptions({
  queryKey: ['queue', 'summary'],
  queryFn: ({ signal }) => request<QueueSummary>('GET', '/queue/summary', undefined, { signal }),
  refetchInterval: 30_000,
});

export const queueQuery = (filter: { state?: QueueState | undefined; to: string }) =>
  infiniteQueryOptions({
    queryKey: ['queue', 'list', filter],
    queryFn: ({ signal, pageParam }) =>
      request<Page<QueuedCopy>>(
        'GET',
        `/queue${queryString({ ...filter, cursor: pageParam, limit: pageSize })}`,
        undefined,
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

/** Whose place data is used; licences ask to name them where places are shown. */
export const attributionsQuery = queryOptions({
  ...collection<string>('/attributions'),
  staleTime: Number.POSITIVE_INFINITY,
});
