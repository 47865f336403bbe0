import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { classes } from '../design/classes.ts';
import { Page, PageHeader } from '../design/page.tsx';
import { useSideways } from '../design/sideways.ts';
import { settingsSections } from './sections.ts';

/** The settings' heading and ways around them; the page underneath has no heading of the first level of its own. */
export function SettingsLayout() {
  const { pathname } = useLocation();
  const { row, fade } = useSideways<HTMLElement>(pathname);
  return (
    <Page narrow>
      <PageHeader title="Settings" />
      <nav
        ref={row}
        aria-label="Settings"
        className={classes(
          'mb-6 flex gap-x-5 overflow-x-auto overflow-y-hidden [scrollbar-width:none] shadow-[inset_0_-1px_var(--line)]',
          fade,
        )}
      >
        {settingsSections.map(({ to, label }) => {
          const here = pathname.replace(/\/$/, '') === to;
          return (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: true }}
              aria-current={here ? 'page' : undefined}
              className={classes(
                'inline-flex min-h-11 min-w-11 shrink-0 items-center border-b-2 whitespace-nowrap -outline-offset-2 md:min-h-10 md:min-w-0',
                here
                  ? 'border-ink font-medium text-ink'
                  : 'border-transparent text-soft hover:border-edge hover:text-ink',
              )}
            >
              {label}
            </Link>
          );
        })}
      </nav>
      <Outlet />
    </Page>
  );
}
