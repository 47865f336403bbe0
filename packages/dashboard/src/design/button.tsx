import type { ComponentProps } from 'react';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icon.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const looks: Record<Look, string> = {
  primary: 'bg-button text-on-button font-medium hover:opacity-88',
  plain: 'border border-edge/50 bg-sheet text-ink hover:bg-hover',
  quiet: 'text-soft hover:bg-hover hover:text-ink',
  danger: 'border border-edge/50 bg-sheet text-red hover:bg-red-wash',
};

/** Shared by buttons and by links that look like them. 44 px high where fingers point, 36 px elsewhere. */
export function buttonClasses(look: Look = 'plain'): string {
  return classes(
    'inline-flex min-h-11 shrink-0 items-center justify-center gap-2 rounded-md px-3.5 text-body whitespace-nowrap select-none md:min-h-9',
    'transition-colors duration-120 disabled:opacity-50 disabled:cursor-default aria-disabled:opacity-50',
    looks[look],
  );
}

export function Button({
  look = 'plain',
  icon,
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ComponentProps<'button'> & { look?: Look; icon?: IconName; busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy}
      className={classes(buttonClasses(look), className)}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is only an icon; `label` is its name for everyone who cannot see or guess it. */
export function IconButton({
  icon,
  label,
  className,
  ...rest
}: ComponentProps<'button'> & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      aria-label={label}
      className={classes(
        'inline-flex size-11 shrink-0 items-center justify-center rounded-md text-soft transition-colors duration-120 hover:bg-hover hover:text-ink disabled:opacity-50 md:size-9',
        className,
      )}
    >
      <Icon name={icon} />
    </button>
  );
}
