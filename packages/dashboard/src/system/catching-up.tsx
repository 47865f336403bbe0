import type { SystemState } from '@waybill/sdk';
import { useEffect, useState } from 'react';
import { catchUpWords } from './system-words.ts';

/** How far the timelines are with what was recorded: the whole is what waited at most while this page was open. */
export function CatchingUp({ hits }: { hits: SystemState['hits'] }) {
  const backlog = hits.backlog ?? 0;
  const [most, setMost] = useState(backlog);
  useEffect(() => setMost((before) => Math.max(before, backlog)), [backlog]);
  const share = most === 0 ? 1 : 1 - backlog / Math.max(most, backlog);
  const { amount, pace } = catchUpWords(hits);
  return (
    <div className="mb-4 max-w-[64ch] rounded-lg bg-sunken px-4 py-3">
      <p>
        <strong className="font-semibold">{amount}</strong> to be put on timelines.
      </p>
      <div
        role="progressbar"
        aria-label="Put on timelines of what waited"
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="mt-2.5 h-1.5 overflow-hidden rounded-full bg-machine-wash"
      >
        <div
          className="h-full bg-ink transition-[width] duration-200 motion-reduce:transition-none"
          style={{ width: `${(share * 100).toFixed(1)}%` }}
        />
      </div>
      <p className="mt-2 text-meta text-soft">{pace}</p>
    </div>
  );
}
