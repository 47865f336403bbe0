import { readMessageId } from '../messages/messages.ts';
import type { HeaderFields } from './header-fields.ts';

/** What a message answers: `In-Reply-To`, else the last of `References` (RFC 5322 §3.6.4). */
export function answeredMessageId(fields: HeaderFields): string | undefined {
  const last = fields.first('references')?.trim().split(/\s+/).at(-1);
  return readMessageId(fields.first('in-reply-to')) ?? readMessageId(last);
}

/** Ids of one thread that are kept; what is answered stands at the end. */
const MAX_IDS = 20;

/** All message ids of some fields, with angle brackets; the last ones when there are very many. */
export function messageIdsOf(values: readonly string[]): string[] {
  const text = values.join(' ').slice(-16_384);
  const ids =
    text.match(/<[^<>\s]{1,900}>/g) ?? text.split(/[\s,]+/).flatMap((word) => readMessageId(word) ?? []);
  return [...new Set(ids)].slice(-MAX_IDS);
}
