import { type ReactNode, useId } from 'react';
import { classes } from './classes.ts';
import { useSideways } from './sideways.ts';

export interface Option<T extends string> {
  value: T;
  label: string;
  /** One plain sentence on what choosing it means. */
  hint?: ReactNode;
}

/** Radio buttons with their consequences written out; for choices that deserve a moment's thought. */
export function Choice<T extends string>({
  legend,
  options,
  value,
  onChange,
  disabled = false,
}: {
  legend: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
  disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset disabled={disabled} className="flex flex-col">
      <legend className="mb-1 font-medium">{legend}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={classes(
            'flex cursor-pointer items-start gap-3 border-t border-line py-3 first-of-type:border-t-0',
            value === option.value ? 'text-ink' : 'text-soft',
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={value === option.value}
            onChange={() => onChange(option.value)}
            className="mt-0.5 size-4 shrink-0 accent-(--button)"
          />
          <span className="min-w-0">
            <span className="block font-medium text-ink">{option.label}</span>
            {option.hint !== undefined && <span className="block text-soft">{option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** A short row of alternatives, one of which is on. */
export function Segments<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
}) {
  const { row, fade } = useSideways<HTMLDivElement>(value);
  return (
    <div
      ref={row}
      role="group"
      aria-label={label}
      className={classes(
        'inline-flex max-w-full gap-0.5 self-start overflow-x-auto rounded-lg [scrollbar-width:none] bg-machine-wash p-0.5',
        fade,
      )}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={value === option.value}
          onClick={() => onChange(option.value)}
          className={classes(
            'min-h-11 rounded-md px-3 whitespace-nowrap md:min-h-8',
            value === option.value ? 'bg-sheet font-medium text-ink' : 'text-soft hover:text-ink',
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
