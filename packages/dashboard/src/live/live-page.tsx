import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { eventKey } from '../api/live-patch.ts';
import { eventsQuery } from '../api/queries.ts';
import { useRowKeys } from '../app/keyboard.ts';
import { useConnection } from '../app/live-context.ts';
import { Button, buttonClasses } from '../design/button.tsx';
import { Segments } from '../design/choice.tsx';
import { Page, PageHeader, useTitle } from '../design/page.tsx';
import { ShowMore } from '../design/show-more.tsx';
import { Empty, ProblemNote, SkeletonRows } from '../design/states.tsx';
import { type FeedFilter, feedOf } from './feed.ts';
import { FeedRow } from './feed-row.tsx';

const shows = [
  { value: 'all', label: 'Everything' },
  { value: 'people', label: 'People only' },
] as const;

/** What happens, as it happens. Pausing holds the list still while one reads; nothing is missed. */
export function LivePage() {
  useTitle('Live');
  useRowKeys();
  const events = useInfiniteQuery(eventsQuery);
  const connection = useConnection();
  const [pausedAt, setPausedAt] = useState<string | undefined>(undefined);
  const [show, setShow] = useState<FeedFilter>('all');
  const all = events.data?.pages.flatMap((page) => page.items) ?? [];
  const { shown, held } = feedOf(all, { pausedAt, show });
  const first = useRef<Set<string> | undefined>(undefined);
  if (events.isSuccess) first.current ??= new Set(all.map(eventKey));
  return (
    <Page>
      <PageHeader
        title="Live"
        lead={
          connection === 'interrupted'
            ? 'The connection broke off. What happens meanwhile is fetched when it is back.'
            : 'Every event on your mails, as it comes in.'
        }
      >
        <div className="flex flex-wrap gap-2">
          <Segments label="Show" options={shows} value={show} onChange={setShow} />
          <Button
            icon={pausedAt === undefined ? 'pause' : 'play'}
            aria-pressed={pausedAt !== undefined}
            onClick={() =>
              setPausedAt(pausedAt === undefined ? (all[0] === undefined ? '' : eventKey(all[0])) : undefined)
            }
          >
            {pausedAt === undefined ? 'Pause' : held === 0 ? 'Go on' : `Go on, ${held} new`}
          </Button>
        </div>
      </PageHeader>
      {events.isPending && <SkeletonRows label="Loading events" />}
      {events.isError && <ProblemNote error={events.error} onRetry={() => void events.refetch()} />}
      {events.isSuccess && all.length === 0 && <Quiet />}
      {events.isSuccess && all.length > 0 && shown.length === 0 && (
        <Empty title="No sign of a person yet">
          <p>Only machines and mail servers were here so far. Switch to everything to see them.</p>
        </Empty>
      )}
      {shown.length > 0 && (
        <ol className="@container border-t border-line">
          {shown.map((event) => (
            <FeedRow
              key={eventKey(event)}
              event={event}
              arrived={first.current?.has(eventKey(event)) === false}
            />
          ))}
        </ol>
      )}
      <ShowMore listing={events} label="Show older events" />
    </Page>
  );
}

function Quiet() {
  return (
    <Empty title="All quiet">
      <p>Send a mail and keep this page open. When it is opened, the event slides in here within a second.</p>
      <p>
        <Link to="/compose" className={buttonClasses('primary')}>
          Compose
        </Link>
      </p>
    </Empty>
  );
}
