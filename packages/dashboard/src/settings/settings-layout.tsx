import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { classes } from '../design/classes.ts';
import { Page, PageHeader } from '../design/page.tsx';
import { settingsSections } from './sections.ts';

/** The settings' heading and ways around them; the page underneath has no heading of the first level of its own. */
export function SettingsLayout() {
  const { pathname } = useLocation();
  return (
    <Page narrow>
      <PageHeader title="Settings" />
      <nav aria-label="Settings" className="mb-6 flex flex-wrap gap-x-5 border-b border-line">
        {settingsSections.map(({ to, label }) => {
          const here = pathname.replace(/\/$/, '') === to;
          return (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: true }}
              aria-current={here ? 'page' : undefined}
              className={classes(
                '-mb-px inline-flex min-h-11 min-w-11 items-center border-b-2 md:min-h-10 md:min-w-0',
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
