declare const safe: unique symbol;
/** Markup in which every inserted text is escaped. */
export interface Html {
  readonly [safe]: true;
  readonly text: string;
}

type Insert = string | Html | readonly Html[];

/** Markup from a template; whatever is inserted is escaped unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  const text = strings.reduce((joined, part, index) => {
    const insert = inserts[index - 1];
    return joined + (insert === undefined ? '' : render(insert)) + part;
  });
  return { text } as Html;
}

export const nothing: Html = { text: '' } as Html;

function render(insert: Insert): string {
  if (typeof insert === 'string') return escapeHtml(insert);
  if (isHtml(insert)) return insert.text;
  return insert.map(({ text }) => text).join('');
}

function isHtml(insert: Html | readonly Html[]): insert is Html {
  return !Array.isArray(insert);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
