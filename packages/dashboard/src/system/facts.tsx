import type { ReactNode } from 'react';

/** Names with values at the other side, one a line. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="max-w-[64ch] border-t border-line">{children}</dl>;
}

export function Fact({ name, hint, children }: { name: string; hint?: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-x-6 border-b border-line py-2.5">
      <dt className="min-w-0">
        {name}
        {hint !== undefined && <span className="block text-meta text-faint">{hint}</span>}
      </dt>
      <dd className="shrink-0 text-right text-soft">{children}</dd>
    </div>
  );
}

/** A count of what is best at nothing: quiet while it is. */
export function Count({ of, isTrouble = false }: { of: number; isTrouble?: boolean }) {
  if (of === 0) return <span className="text-faint">none</span>;
  return <span className={isTrouble ? 'text-amber' : 'text-ink'}>{of.toLocaleString('en-GB')}</span>;
}
