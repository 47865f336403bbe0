import { Link, useLocation } from '@tanstack/react-router';
import type { Session } from '@waybill/sdk';
import { IconButton } from '../design/button.tsx';
import { classes } from '../design/classes.ts';
import { Icon } from '../design/icon.tsx';
import { Brand } from './brand.tsx';
import { ConnectionDot } from './connection.tsx';
import { isHere, places } from './places.ts';

const iconLink =
  'inline-flex size-11 items-center justify-center rounded-md text-soft hover:bg-hover hover:text-ink';

/** Phones: brand and quick actions on top. */
export function TopBar({ session, onPalette }: { session: Session; onPalette: () => void }) {
  return (
    <div className="flex items-center border-b border-line px-2 pl-4 md:hidden">
      <Brand />
      <ConnectionDot />
      <div className="ml-auto flex">
        {session.workspace.demo && (
          <Link to="/inbox" aria-label="Demo inbox" title="Demo inbox" className={iconLink}>
            <Icon name="inbox" />
          </Link>
        )}
        <IconButton icon="search" label="Find" onClick={onPalette} />
        <Link to="/compose" aria-label="Compose" title="Compose" className={iconLink}>
          <Icon name="pen" />
        </Link>
      </div>
    </div>
  );
}

/** Phones: where to go, within the thumb's reach. Five entries of 64 px fit on 320 px. */
export function BottomBar() {
  const { pathname } = useLocation();
  return (
    <nav
      aria-label="Main"
      className="sticky bottom-0 z-10 grid grid-cols-5 border-t border-line bg-paper pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {places.map(({ to, label, icon }) => {
        const here = isHere(to, pathname);
        return (
          <Link
            key={to}
            to={to}
            aria-current={here ? 'page' : undefined}
            className={classes(
              'flex min-h-14 flex-col items-center justify-center gap-1 text-meta -outline-offset-2',
              here ? 'font-medium text-ink' : 'text-faint',
            )}
          >
            <Icon name={icon} size={18} />
            {label}
          </Link>
        );
      })}
    </nav>
  );
}
