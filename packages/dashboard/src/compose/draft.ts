import type { CreateMessage, Mode } from '@waybill/sdk';
import { parseAddresses } from './address-list.ts';

export type BodyKind = 'write' | 'html' | 'text';

/** What is on the page while one writes. */
export interface Draft {
  from: string;
  to: string;
  cc: string;
  bcc: string;
  subject: string;
  kind: BodyKind;
  /** The HTML of `write` and `html`. */
  html: string;
  /** The text of `text`, and the plain alternative of `write`. */
  text: string;
  /** Empty: the workspace's own. */
  mode: Mode | '';
}

export const emptyDraft: Draft = {
  from: '',
  to: '',
  cc: '',
  bcc: '',
  subject: '',
  kind: 'write',
  html: '',
  text: '',
  mode: '',
};

export function hasBody(draft: Draft): boolean {
  return (
    (draft.kind === 'text' ? draft.text : draft.html.replace(/<br>|<\/?(?:p|div)>|&nbsp;/g, '')).trim() !== ''
  );
}

export function recipientsOf(draft: Draft): string[] {
  return [draft.to, draft.cc, draft.bcc].flatMap(parseAddresses);
}

type Body = Pick<CreateMessage, 'html' | 'text'>;

function bodyOf(draft: Draft): Body {
  if (draft.kind === 'text') return { text: draft.text };
  // Readers without HTML get the words; of hand-written HTML we do not guess them.
  if (draft.kind === 'write' && draft.text.trim() !== '') return { html: draft.html, text: draft.text };
  return { html: draft.html };
}

/** The request that sends the draft, or only instruments it. */
export function createMessageOf(draft: Draft, send: boolean): CreateMessage {
  const cc = parseAddresses(draft.cc);
  const bcc = parseAddresses(draft.bcc);
  return {
    from: draft.from.trim(),
    to: parseAddresses(draft.to),
    ...(cc.length === 0 ? {} : { cc }),
    ...(bcc.length === 0 ? {} : { bcc }),
    subject: draft.subject.trim(),
    ...bodyOf(draft),
    ...(draft.mode === '' ? {} : { policy: { mode: draft.mode } }),
    send,
  };
}

/** The request for a preview: who gets it does not change how it looks, and half-typed addresses must not hinder it. */
export function previewOf(draft: Draft, fallbackFrom: string): Omit<CreateMessage, 'to' | 'send'> {
  return {
    from: fallbackFrom,
    subject: draft.subject.trim(),
    ...bodyOf(draft),
    ...(draft.mode === '' ? {} : { policy: { mode: draft.mode } }),
  };
}

const simpleTags = new Set('p br div span b strong i em u s a ul ol li h1 h2 h3 blockquote'.split(' '));

/** Whether the rich editor can show this HTML without losing any of it. */
export function isSimpleHtml(html: string): boolean {
  const tags = [...html.matchAll(/<\/?([a-z][a-z0-9-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi)];
  const onlyKnown = tags.every(([, name, attributes]) => {
    return (
      simpleTags.has((name ?? '').toLowerCase()) && !/\s(?:on\w+|style|class|id)\s*=/i.test(attributes ?? '')
    );
  });
  return onlyKnown && !html.includes('<!');
}
