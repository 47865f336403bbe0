import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';

/** Something that needs attention: what it is, and what to do. Calm, because nothing is lost by reading it later. */
export function Trouble({ text, advice }: { text: ReactNode; advice?: ReactNode }) {
  return (
    <div className="mt-2 flex max-w-[72ch] items-start gap-3 rounded-lg bg-amber-wash px-4 py-3">
      <Icon name="warning" className="mt-0.5 text-amber" />
      <div className="min-w-0 wrap-anywhere">
        <p>{text}</p>
        {advice !== undefined && <p className="text-soft">{advice}</p>}
      </div>
    </div>
  );
}
