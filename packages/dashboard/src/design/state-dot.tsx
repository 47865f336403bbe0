import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';

/** A state in words with a quiet mark: filled when it is well, open while it is not known, a triangle in trouble. */
export function StateDot({
  isGood,
  isOpen = false,
  children,
}: {
  isGood: boolean;
  isOpen?: boolean;
  children: ReactNode;
}) {
  return (
    <span className={`inline-flex items-center gap-2 ${isGood || isOpen ? 'text-soft' : 'text-amber'}`}>
      {isGood || isOpen ? (
        <span
          aria-hidden="true"
          className={`size-2 shrink-0 rounded-full ${isGood ? 'bg-ink' : 'border border-machine'}`}
        />
      ) : (
        <Icon name="warning" size={14} />
      )}
      <span>{children}</span>
    </span>
  );
}
