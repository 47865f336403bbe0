import { useQuery } from '@tanstack/react-query';
import type { DeliveryDetail } from '@waybill/sdk';
import { lazy, Suspense } from 'react';
import { attributionsQuery } from '../api/queries.ts';
import { type MapMarks, mapMarks } from './map-marks.ts';

const WorldMap = lazy(async () => ({ default: (await import('./world-map.tsx')).WorldMap }));

/** Where signs came from: a map when there is something to show, and in words always. */
export function WhereFrom({ delivery }: { delivery: DeliveryDetail }) {
  if (delivery.mode !== 'full') return null;
  const marks = mapMarks(delivery.events);
  const notes = explanations(marks);
  if (marks.marks.length === 0 && notes.length === 0) return null;
  return (
    <section aria-labelledby="where">
      <h2 id="where" className="mb-3 font-semibold">
        Where from
      </h2>
      {marks.marks.length > 0 && (
        <Suspense fallback={<div className="skeleton aspect-[2/1] w-full" />}>
          <WorldMap marks={marks.marks} />
        </Suspense>
      )}
      <ul className="mt-3 flex flex-col gap-1.5">
        {marks.marks.map((mark) => (
          <li key={`${mark.name} ${mark.kind}`} className="flex justify-between gap-4">
            <span>
              {mark.name}
              {mark.grain === 'country' && <span className="text-faint"> (no finer)</span>}
            </span>
            <span className="text-faint">
              {mark.count} {mark.count === 1 ? 'sign' : 'signs'}
            </span>
          </li>
        ))}
      </ul>
      {marks.marks.length > 0 && <Attribution />}
      {delivery.earlier !== undefined && (
        <p className="mt-2 text-soft">Counted are the newest {delivery.events.length} events.</p>
      )}
      {notes.map((note) => (
        <p key={note} className="mt-2 text-soft">
          {note}
        </p>
      ))}
    </section>
  );
}

function Attribution() {
  const { data } = useQuery(attributionsQuery);
  return data === undefined ? null : <p className="mt-2 text-meta text-faint">{data.join(' ')}</p>;
}

function explanations({ hiddenByProxy, local, machines }: MapMarks): string[] {
  const times = (count: number) => (count === 1 ? 'One sign' : `${count} signs`);
  return [
    hiddenByProxy > 0
      ? `${times(hiddenByProxy)} came through an image proxy, which hides the reader’s place.`
      : '',
    local > 0 ? `${times(local)} came from the local network, which is on no map.` : '',
    machines > 0
      ? `${machines === 1 ? 'One fetch' : `${machines} fetches`} by machines left off: where a data centre stands says nothing about the reader.`
      : '',
  ].filter((note) => note !== '');
}
