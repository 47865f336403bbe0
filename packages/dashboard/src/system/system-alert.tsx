import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { mailboxesQuery, queueSummaryQuery, systemQuery } from '../api/queries.ts';
import { IconButton } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { useNow } from '../design/now.ts';
import { alertsOf } from './system-words.ts';

/** One line on top of every page while something needs attention, and nothing otherwise. */
export function SystemAlert() {
  const { pathname } = useLocation();
  const { data: system } = useQuery(systemQuery);
  const { data: mailboxes } = useQuery(mailboxesQuery);
  const { data: queue } = useQuery(queueSummaryQuery);
  const now = useNow();
  // Until the page is loaded anew: what lasts for days must not stand in the way for days.
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [alert, ...others] = alertsOf({ system, mailboxes, queue, now }).filter(
    // The page that an alert leads to says it itself, at length, and the system's page says them all.
    ({ code, to }) => !hidden.includes(code) && !pathname.startsWith(to),
  );
  if (alert === undefined || pathname.startsWith('/settings/system')) return null;
  return (
    <aside aria-label="Needs attention" className="bg-amber-wash">
      <div className="mx-auto flex w-full max-w-6xl items-start pl-4 md:px-8">
        <Link
          to={alert.to}
          className="flex min-h-11 min-w-0 flex-1 items-start gap-3 py-3 -outline-offset-2 md:min-h-9 md:py-2"
        >
          <Icon name="warning" size={16} className="mt-0.5 text-amber" />
          <span className="min-w-0 wrap-anywhere">
            {alert.text}{' '}
            <span className="whitespace-nowrap underline underline-offset-2">
              {others.length === 0 ? 'See it' : `See it, and ${others.length} more`}
            </span>
          </span>
        </Link>
        <IconButton
          icon="close"
          label="Hide until the page is loaded anew"
          onClick={() => setHidden([...hidden, alert.code])}
        />
      </div>
    </aside>
  );
}
