import { useEffect, useState } from 'react';
import { Icon } from './icon.tsx';

const pauseMs = 200;

/** A search field that waits for a pause in typing; `/` on the keyboard leads to it. */
export function SearchField({
  label,
  placeholder,
  value,
  onChange,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div className="relative">
      <Icon
        name="search"
        className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-faint"
      />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          setText('');
          event.currentTarget.blur();
        }}
        className="min-h-11 w-full rounded-md border border-edge bg-sheet pr-10 pl-9 text-field placeholder:text-faint md:min-h-9 md:text-body"
      />
      <kbd
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 right-3 hidden -translate-y-1/2 font-mono text-meta text-faint md:block"
      >
        {text === '' ? '/' : ''}
      </kbd>
    </div>
  );
}
