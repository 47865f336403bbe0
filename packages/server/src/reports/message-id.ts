import type { HeaderFields } from './header-fields.ts';

/** The first message id of a field, with angle brackets. Some systems leave them out. */
export function messageIdOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = value.slice(0, 4096);
  const id =
    /<\s{0,8}([^<>\s]{1,900})\s{0,8}>/.exec(text)?.[1] ??
    /^([^<>\s"']{1,900}@[^<>\s"']{1,255})$/.exec(text.trim())?.[1];
  return id === undefined ? undefined : `<${id}>`;
}

/** What a message answers: `In-Reply-To`, else the last of `References` (RFC 5322 §3.6.4). */
export function answeredMessageId(fields: HeaderFields): string | undefined {
  const last = fields.first('references')?.trim().split(/\s+/).at(-1);
  return messageIdOf(fields.first('in-reply-to')) ?? messageIdOf(last);
}

/** Ids of one thread that are kept; what is answered stands at the end. */
const MAX_IDS = 20;

/** All message ids of some fields, with angle brackets; the last ones when there are very many. */
export function messageIdsOf(values: readonly string[]): string[] {
  const ids =
    values
      .join(' ')
      .slice(-16_384)
      .match(/<[^<>\s]{1,900}>/g) ?? [];
  return [...new Set(ids)].slice(-MAX_IDS);
}
