import { type ComponentProps, type ReactNode, useId } from 'react';
import { classes } from './classes.ts';

const controlClasses =
  'w-full rounded-md border border-edge bg-sheet px-3 text-field md:text-body text-ink placeholder:text-faint';
const heightClasses = 'min-h-11 md:min-h-9';

interface Described {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

/** Label above, hint and error below, all tied to the control for screen readers. */
function Labelled({
  id,
  label,
  hint,
  error,
  children,
}: Described & { id: string; children: (describedBy: string | undefined) => ReactNode }) {
  const described = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`]
    .join(' ')
    .trim();
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children(described === '' ? undefined : described)}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-red">
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-meta text-faint">
          {hint}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, className, ...rest }: ComponentProps<'input'> & Described) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      {(describedBy) => (
        <input
          {...rest}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={error !== undefined}
          className={classes(controlClasses, heightClasses, className)}
        />
      )}
    </Labelled>
  );
}

export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...rest
}: ComponentProps<'select'> & Described) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      {(describedBy) => (
        <select
          {...rest}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={error !== undefined}
          className={classes(controlClasses, heightClasses, className)}
        >
          {children}
        </select>
      )}
    </Labelled>
  );
}

export function Checkbox({
  label,
  hint,
  ...rest
}: ComponentProps<'input'> & { label: ReactNode; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className="flex min-h-11 items-start gap-2.5 py-2 md:min-h-0 md:py-1">
      <input {...rest} type="checkbox" id={id} className="mt-0.5 size-4 shrink-0 accent-(--button)" />
      <label htmlFor={id} className="min-w-0">
        {label}
        {hint !== undefined && <span className="block text-meta text-faint">{hint}</span>}
      </label>
    </div>
  );
}
