import { useInfiniteQuery } from '@tanstack/react-query';
import type { DeliveryDetail, Event } from '@waybill/sdk';
import { useRef, useState } from 'react';
import { earlierEventsQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { useNow } from '../design/now.ts';
import { ProblemNote } from '../design/states.tsx';
import { dayHeading } from '../design/time-words.ts';
import { type EventGroup, groupEvents } from './event-groups.ts';
import { TimelineRow } from './timeline-row.tsx';

const key = (group: EventGroup) =>
  `${group.events[0].at} ${group.events[0].type} ${group.events[0].link ?? ''}`;

/** Everything that was seen, newest first, by day; what arrives while one looks slides in. */
export function Timeline({ delivery }: { delivery: DeliveryDetail }) {
  const now = useNow();
  const before = useEarlier(delivery);
  const events = [...before.events, ...delivery.events];
  const groups = groupEvents(events.toSorted((a, b) => a.at.localeCompare(b.at))).toReversed();
  const known = useRef<Set<string> | undefined>(undefined);
  known.current ??= new Set(groups.map(key));
  const oldest = delivery.events[0]?.at ?? '';
  const arrived = (group: EventGroup) =>
    known.current?.has(key(group)) === false && group.events[0].at > oldest;
  const days = Map.groupBy(groups, (group) => dayHeading(group.events[0].at, now));
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline" className="mb-3 text-field font-semibold">
        Timeline
      </h2>
      {groups.length === 0 && (
        <p className="text-soft">Nothing has happened yet. Events appear here by themselves.</p>
      )}
      {[...days].map(([day, members]) => (
        <section key={day} aria-label={day}>
          <h3 className="mt-4 mb-1 text-meta font-medium text-faint first:mt-0">{day}</h3>
          <ol>
            {members.map((group) => (
              <TimelineRow key={key(group)} group={group} mode={delivery.mode} arrived={arrived(group)} />
            ))}
          </ol>
        </section>
      ))}
      {before.left > 0 && (
        <div className="py-5 text-center">
          {before.error !== null && <ProblemNote error={before.error} />}
          <Button busy={before.isFetching} onClick={before.show}>
            {before.isFetching ? 'Loading' : `Show earlier events, ${before.left} more`}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Of a delivery with very many events, those that did not come with it: none until they are asked for. */
function useEarlier({ trackingNumber, earlier }: DeliveryDetail) {
  const [wanted, setWanted] = useState(false);
  const query = useInfiniteQuery({
    ...earlierEventsQuery(trackingNumber, earlier?.cursor ?? ''),
    enabled: wanted && earlier !== undefined,
  });
  const events: Event[] = query.data?.pages.flatMap((page) => page.items) ?? [];
  return {
    events,
    left: (earlier?.count ?? 0) - events.length,
    isFetching: query.isFetching,
    error: query.error,
    show: () => {
      if (wanted) void query.fetchNextPage();
      else setWanted(true);
    },
  };
}
