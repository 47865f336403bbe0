import type { ReactNode } from 'react';
import { ApiProblem } from '../api/request.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

/** Says what happened, what is safe and what to do, in the server's own words where it has some. */
export function ProblemNote({
  error,
  title,
  atFields = [],
  onRetry,
}: {
  error: Error;
  /** Fields of the request whose trouble the form says beside them. */
  atFields?: readonly string[];
  /** Instead of the problem's own, where the page knows better what went wrong. */
  title?: string;
  onRetry?: () => void;
}) {
  const problem = error instanceof ApiProblem ? error.problem : undefined;
  const errors = problem?.errors?.filter(({ field }) => !atFields.includes(field)) ?? [];
  if (errors.length < (problem?.errors?.length ?? 0) && errors.length === 0) {
    return (
      <p role="alert" className="rounded-lg bg-amber-wash px-4 py-3">
        <span className="font-medium">Not saved yet.</span> The fields below say what is wrong.
      </p>
    );
  }
  return (
    <div role="alert" className="flex items-start gap-3 rounded-lg bg-amber-wash px-4 py-3">
      <Icon name="warning" className="mt-0.5 text-amber" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title ?? problem?.title ?? 'This page stumbled'}</p>
        <p className="text-soft">
          {problem?.detail ?? 'The fault is in the page, not in your mail. Nothing was lost. Load it again.'}
        </p>
        {errors.length > 0 && (
          <ul className="mt-1 list-disc pl-4 text-soft">
            {errors.map((each) => (
              <li key={`${each.field} ${each.message}`}>
                <span className="font-mono text-meta text-ink">{each.field}</span> {each.message}
              </li>
            ))}
          </ul>
        )}
        {onRetry !== undefined && (
          <Button className="mt-3" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

/** Nothing here yet: what would be here, and the next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="max-w-[64ch] py-10">
      <h2 className="text-title font-semibold">{title}</h2>
      <div className="mt-2 flex flex-col gap-4 text-soft">{children}</div>
    </div>
  );
}

export function Note({
  icon = 'shield',
  children,
}: {
  icon?: 'shield' | 'warning' | 'inbox' | 'question';
  children: ReactNode;
}) {
  return (
    <div className="flex items-start gap-3 rounded-lg bg-sunken px-4 py-3 text-soft">
      <Icon name={icon} className="mt-0.5" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}

/** A list's final layout, before its contents are known. */
export function SkeletonRows({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <div role="status">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center justify-between gap-6 border-b border-line py-4">
          <div className="flex flex-1 flex-col gap-2">
            <div className="skeleton h-3.5 w-2/3 max-w-80" />
            <div className="skeleton h-3 w-1/3 max-w-44" />
          </div>
          <div className="skeleton h-3.5 w-20" />
        </div>
      ))}
    </div>
  );
}

export function SkeletonDetail({ label }: { label: string }) {
  return (
    <div role="status" className="flex flex-col gap-4">
      <span className="sr-only">{label}</span>
      <div className="skeleton h-9 w-3/4" />
      <div className="skeleton h-9 w-1/2" />
      <div className="skeleton mt-4 h-4 w-48" />
      <div className="skeleton mt-4 h-16 w-full" />
      <div className="skeleton mt-4 h-4 w-2/3" />
      <div className="skeleton h-4 w-1/2" />
    </div>
  );
}
