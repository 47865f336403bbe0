import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { mailboxesQuery, queueSummaryQuery, systemQuery } from '../api/queries.ts';
import { Icon } from '../design/icon.tsx';
import { useNow } from '../design/now.ts';
import { alertsOf } from './system-words.ts';

/** One line on top of every page while something needs attention, and nothing otherwise. */
export function SystemAlert() {
  const { pathname } = useLocation();
  const { data: system } = useQuery(systemQuery);
  const { data: mailboxes } = useQuery(mailboxesQuery);
  const { data: queue } = useQuery(queueSummaryQuery);
  const alerts = alertsOf({ system, mailboxes, queue, now: useNow() });
  // The page that an alert leads to says it itself, at length.
  const [alert, ...others] = alerts.filter(({ to }) => !pathname.startsWith(to));
  if (alert === undefined) return null;
  return (
    <aside aria-label="Needs attention" className="bg-amber-wash">
      <div className="mx-auto flex w-full max-w-6xl flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2 md:px-8">
        <Icon name="warning" size={14} className="translate-y-0.5 text-amber" />
        <p className="min-w-0 flex-1 basis-60 wrap-anywhere">{alert.text}</p>
        <Link
          to={alert.to}
          className="inline-flex min-h-11 items-center underline underline-offset-2 md:min-h-0"
        >
          {others.length === 0 ? 'See it' : `See it, and ${others.length} more`}
        </Link>
      </div>
    </aside>
  );
}
