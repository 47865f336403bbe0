import { classes } from './classes.ts';

/** On or off at once, without a form to send. */
export function Switch({
  label,
  on,
  onChange,
}: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      onClick={() => onChange(!on)}
      className="inline-flex min-h-11 min-w-11 items-center justify-center md:min-h-9"
    >
      <span
        className={classes(
          'flex h-5 w-9 items-center rounded-full border p-0.5 transition-colors duration-120',
          on ? 'border-button bg-button' : 'border-edge bg-transparent',
        )}
      >
        <span
          className={classes(
            'size-3.5 rounded-full transition-transform duration-120',
            on ? 'translate-x-4 bg-sheet' : 'bg-edge',
          )}
        />
      </span>
    </button>
  );
}
