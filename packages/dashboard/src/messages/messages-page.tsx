import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { sessionQuery, messagesQuery } from '../api/queries.ts';
import { useRowKeys } from '../app/keyboard.ts';
import { Segments } from '../design/choice.tsx';
import { Page, PageHeader, useTitle } from '../design/page.tsx';
import { SearchField } from '../design/search-field.tsx';
import { ShowMore } from '../design/show-more.tsx';
import { Empty, ProblemNote, SkeletonRows } from '../design/states.tsx';
import { FirstSteps } from './first-steps.tsx';
import { filters } from './filters.ts';
import { MessageRow } from './message-row.tsx';
import { OverviewLine, OverviewPane } from './overview-pane.tsx';

const route = getRouteApi('/inside/');

/** All messages, newest first: what was sent, to whom, and what is known of it. */
export function MessagesPage() {
  useTitle('Messages');
  useRowKeys();
  const { query, state } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const messages = useInfiniteQuery(messagesQuery({ query, state }));
  const items = messages.data?.pages.flatMap((page) => page.items) ?? [];
  const unfiltered = query === undefined && state === undefined;
  const none = messages.isSuccess && items.length === 0;
  return (
    <Page pane={none && unfiltered ? undefined : <OverviewPane />}>
      <PageHeader title="Messages" />
      {!(none && unfiltered) && <OverviewLine />}
      {!(none && unfiltered) && (
        <div className="mb-3 flex flex-col gap-3">
          <SearchField
            label="Search messages"
            placeholder="Subject, address or number"
            value={query ?? ''}
            onChange={(value) =>
              void navigate({ search: { query: value === '' ? undefined : value, state }, replace: true })
            }
          />
          <Segments
            label="Show"
            options={filters}
            value={state ?? ''}
            onChange={(value) =>
              void navigate({ search: { query, state: value === '' ? undefined : value }, replace: true })
            }
          />
        </div>
      )}
      {messages.isPending && <SkeletonRows label="Loading messages" />}
      {messages.isError && <ProblemNote error={messages.error} onRetry={() => void messages.refetch()} />}
      {none && (unfiltered ? session !== undefined && <FirstSteps session={session} /> : <NothingFound />)}
      {items.length > 0 && (
        <ul aria-busy={messages.isPlaceholderData} className="@container border-t border-line">
          {items.map((message) => (
            <MessageRow key={message.id} message={message} />
          ))}
        </ul>
      )}
      <ShowMore listing={messages} label="Show older messages" />
    </Page>
  );
}

function NothingFound() {
  return (
    <Empty title="Nothing matches">
      <p>
        Part of a subject, of an address or of a tracking number is enough.{' '}
        <Link to="/" search={{}} className="underline underline-offset-2">
          Show all messages
        </Link>
      </p>
    </Empty>
  );
}
