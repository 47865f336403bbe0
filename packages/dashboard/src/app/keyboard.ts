import { useEffect, useRef } from 'react';

const storageKey = 'waybill-keys';
/** How long `g` waits for its second key. */
const sequenceMs = 1_200;

export type Keys = Record<string, () => void>;

/** Single keys can be in the way of speech input and assistive tools, so they can be switched off. */
export function keysEnabled(): boolean {
  try {
    return localStorage.getItem(storageKey) !== 'off';
  } catch {
    return true;
  }
}

export function setKeysEnabled(enabled: boolean): void {
  try {
    if (enabled) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, 'off');
  } catch {
    // Without storage they stay on.
  }
}

function typesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'))
  );
}

/** Calls `keys[name]` for single keys (`j`, `/`) and sequences (`g m`); `mod+k` works everywhere. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let prefix: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      if (event.metaKey || event.ctrlKey) return run(latest.current[`mod+${event.key.toLowerCase()}`], event);
      if (!keysEnabled() || typesText(event.target) || document.querySelector('dialog[open]') !== null)
        return;
      const name = prefix === undefined ? event.key : `${prefix} ${event.key}`;
      clearTimeout(timer);
      prefix = prefix === undefined && event.key === 'g' ? 'g' : undefined;
      if (prefix !== undefined) timer = setTimeout(() => (prefix = undefined), sequenceMs);
      else run(latest.current[name], event);
    };
    window.addEventListener('keydown', onKey);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('keydown', onKey);
    };
  }, []);
}

function run(action: (() => void) | undefined, event: KeyboardEvent): void {
  if (action === undefined) return;
  event.preventDefault();
  action();
}

/** `j` and `k` move the focus along the page's rows, marked with `data-row`; Enter is the browser's own. */
export function useRowKeys(): void {
  useKeys({ j: () => moveFocus(1), k: () => moveFocus(-1) });
}

function moveFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const index = rows.findIndex(
    (row) => row === document.activeElement || row.contains(document.activeElement),
  );
  const next = rows[index === -1 ? (step === 1 ? 0 : rows.length - 1) : index + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
