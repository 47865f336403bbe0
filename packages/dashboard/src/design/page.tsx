import { type ReactNode, useEffect } from 'react';
import { classes } from './classes.ts';

/** The browser's tab says where one is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Waybill' : `${title} · Waybill`;
  }, [title]);
}

/** One column of content, and on wide screens a detail pane beside it. */
export function Page({ children, pane }: { children: ReactNode; pane?: ReactNode }) {
  return (
    <div
      className={classes(
        'mx-auto w-full px-4 pt-5 pb-10 md:px-8 md:pt-8',
        pane === undefined ? 'max-w-4xl' : 'max-w-6xl',
      )}
    >
      {pane === undefined ? (
        children
      ) : (
        <div className="flex flex-col gap-10 xl:grid xl:grid-cols-[minmax(0,1fr)_20rem] xl:gap-12">
          <div className="min-w-0">{children}</div>
          {pane}
        </div>
      )}
    </div>
  );
}

export function PageHeader({
  title,
  children,
  lead,
}: {
  title: string;
  children?: ReactNode;
  lead?: ReactNode;
}) {
  return (
    <header className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-title font-semibold">{title}</h1>
        {lead !== undefined && <p className="mt-1 max-w-[64ch] text-soft">{lead}</p>}
      </div>
      {children}
    </header>
  );
}

/** A heading and what belongs to it. */
export function Section({
  title,
  lead,
  children,
  action,
  id,
}: {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  action?: ReactNode;
  id?: string;
}) {
  return (
    <section
      id={id}
      aria-label={title}
      className="scroll-mt-6 border-t border-line py-6 first-of-type:border-t-0"
    >
      <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-field font-semibold">{title}</h2>
          {lead !== undefined && <p className="mt-1 max-w-[64ch] text-soft">{lead}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
