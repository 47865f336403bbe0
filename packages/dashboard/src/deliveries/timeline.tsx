import type { DeliveryDetail } from '@waybill/sdk';
import { useRef } from 'react';
import { useNow } from '../design/now.ts';
import { dayHeading } from '../design/time-words.ts';
import { type EventGroup, groupEvents } from './event-groups.ts';
import { TimelineRow } from './timeline-row.tsx';

const key = (group: EventGroup) =>
  `${group.events[0].at} ${group.events[0].type} ${group.events[0].link ?? ''}`;

/** Everything that was seen, newest first, by day; what arrives while one looks slides in. */
export function Timeline({ delivery }: { delivery: DeliveryDetail }) {
  const now = useNow();
  const groups = groupEvents(delivery.events.toSorted((a, b) => a.at.localeCompare(b.at))).toReversed();
  const known = useRef<Set<string> | undefined>(undefined);
  known.current ??= new Set(groups.map(key));
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
              <TimelineRow
                key={key(group)}
                group={group}
                mode={delivery.mode}
                arrived={known.current?.has(key(group)) === false}
              />
            ))}
          </ol>
        </section>
      ))}
    </section>
  );
}
