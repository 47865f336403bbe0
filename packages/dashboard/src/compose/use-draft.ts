import { useEffect, useState } from 'react';
import { type Draft, emptyDraft } from './draft.ts';

const storageKey = 'waybill-draft';

function stored(): Partial<Draft> {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? '{}') as Partial<Draft>;
  } catch {
    return {};
  }
}

/** The draft survives a look at another page and a reload of this tab, and ends with it. */
export function useDraft(from: string): [Draft, (change: Partial<Draft>) => void, () => void] {
  const [draft, setDraft] = useState<Draft>(() => ({ ...emptyDraft, from, ...stored() }));
  useEffect(() => {
    try {
      sessionStorage.setItem(storageKey, JSON.stringify(draft));
    } catch {
      // Without storage the draft lasts as long as the page.
    }
  }, [draft]);
  const clear = () => {
    setDraft({ ...emptyDraft, from });
    try {
      sessionStorage.removeItem(storageKey);
    } catch {
      // Then there is nothing to remove.
    }
  };
  return [draft, (change) => setDraft((current) => ({ ...current, ...change })), clear];
}
