import { Link, useLocation } from '@tanstack/react-router';
import type { Session } from '@waybill/sdk';
import { buttonClasses } from '../design/button.tsx';
import { classes } from '../design/classes.ts';
import { Icon } from '../design/icon.tsx';
import { Brand } from './brand.tsx';
import { Connection } from './connection.tsx';
import { isHere, places } from './places.ts';

/** The left rail of screens from 768 px. */
export function Rail({ session, onPalette }: { session: Session; onPalette: () => void }) {
  const { pathname } = useLocation();
  const item = (here: boolean) =>
    classes(
      'flex min-h-9 items-center gap-2.5 rounded-md px-2.5',
      here ? 'bg-machine-wash font-medium text-ink' : 'text-soft hover:bg-hover hover:text-ink',
    );
  return (
    <div className="sticky top-0 hidden h-dvh w-52 shrink-0 flex-col overflow-y-auto border-r border-line px-3 py-4 md:flex">
      <div className="px-2.5">
        <Brand />
      </div>
      <Link to="/compose" className={classes(buttonClasses('primary'), 'mt-4')}>
        <Icon name="pen" />
        Compose
      </Link>
      <button type="button" onClick={onPalette} className={classes(item(false), 'mt-3 text-left')}>
        <Icon name="search" />
        <span className="flex-1">Find</span>
        <kbd className="font-sans text-meta text-faint">{commandKey()} K</kbd>
      </button>
      <nav aria-label="Main" className="mt-1 flex flex-col gap-0.5">
        {places.map(({ to, label, icon }) => (
          <Link
            key={to}
            to={to}
            aria-current={isHere(to, pathname) ? 'page' : undefined}
            className={item(isHere(to, pathname))}
          >
            <Icon name={icon} />
            {label}
          </Link>
        ))}
        {session.workspace.demo && (
          <Link
            to="/inbox"
            aria-current={pathname.startsWith('/inbox') ? 'page' : undefined}
            className={item(pathname.startsWith('/inbox'))}
          >
            <Icon name="inbox" />
            Demo inbox
          </Link>
        )}
      </nav>
      <div className="mt-auto flex flex-col gap-1 px-2.5 pt-6">
        <Connection />
        <p className="truncate text-meta text-faint" title={`${session.user.name}, ${session.user.email}`}>
          {session.user.name === '' ? session.user.email : session.user.name}
        </p>
      </div>
    </div>
  );
}

/** What the key beside K is called on this machine. */
export function commandKey(): string {
  return /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';
}
