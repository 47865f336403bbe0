import { type ReactNode, useEffect } from 'react';

/** The browser's tab says where one is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Waybill' : `${title} · Waybill`;
  }, [title]);
}

/**
 * One column of content, and on wide screens a detail pane beside it. All pages share their left edge, so that
 * nothing jumps on the way from one to the next.
 */
export function Page({
  children,
  pane,
  narrow = false,
}: {
  children: ReactNode;
  pane?: ReactNode;
  narrow?: boolean;
}) {
  return (
    <div className="mx-auto w-full max-w-6xl px-4 pt-5 pb-10 md:px-8 md:pt-8">
      {pane === undefined ? (
        <div className={narrow ? 'max-w-2xl' : 'max-w-4xl'}>{children}</div>
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
      className="scroll-mt-6 border-t border-line py-6 first-of-type:border-t-0 first-of-type:pt-2"
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
