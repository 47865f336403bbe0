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
      <Link
        to={alert.to}
        className="mx-auto flex min-h-11 w-full max-w-6xl items-start gap-3 px-4 py-3 -outline-offset-2 md:min-h-0 md:px-8 md:py-2"
      >
        <Icon name="warning" size={16} className="mt-0.5 text-amber" />
        <span className="min-w-0 wrap-anywhere">
          {alert.text}{' '}
          <span className="whitespace-nowrap underline underline-offset-2">
            {others.length === 0 ? 'See it' : `See it, and ${others.length} more`}
          </span>
        </span>
      </Link>
    </aside>
  );
}
