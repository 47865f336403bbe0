import { addressOf } from './address.ts';
import { BOUNCE_SUBJECT, BOUNCE_WORDS } from './bounce-words.ts';
import type { ReportContent } from './content.ts';
import { hasNullSender, isDaemon } from './daemon.ts';
import { speaksOfDelay } from './delay-words.ts';
import { decodeWords, type HeaderFields } from './header-fields.ts';

/** What makes a message look as if a mail system had written it because of a failure. */
export interface BounceClues {
  fields: HeaderFields;
  content: ReportContent;
  /** The reporter's own words. */
  own: readonly string[];
  /** Fields of RFC 3464 were found in an ordinary text. */
  hasStatusFields: boolean;
  quotesHeader: boolean;
  namesRecipient: boolean;
}

/** How much it takes to call a message a bounce. */
const ENOUGH = 4;

/** Whether an ordinary message is a non-delivery notice. One sign alone never is enough: people write such words as well. */
export function looksLikeBounce(clues: BounceClues): boolean {
  const { fields, own } = clues;
  const from = fields.first('from') ?? '';
  const daemon = isDaemon(from);
  const machine = daemon || hasNullSender(fields) || isUnattended(fields, from);
  const text = own.slice(0, 400).join('\n');
  const subject = hasBounceSubject(fields);
  const words = BOUNCE_WORDS.test(text) || speaksOfDelay(text);
  const answer = /(?:^|[\n:<> ])[45][0-5]\d[ -](?:[245]\.\d{1,3}\.\d{1,3}|[^\d\n]{4})/.test(text);
  let score = 0;
  if (daemon) score += 2;
  if (hasNullSender(fields)) score += 1;
  if (fields.has('x-failed-recipients')) score += 4;
  if (clues.hasStatusFields) score += 3;
  if (subject) score += 2;
  if (words) score += 2;
  if (answer && clues.namesRecipient) score += daemon ? 2 : 1;
  if (clues.namesRecipient && machine) score += 1;
  const returnsMail = clues.quotesHeader || clues.content.returned.length > 0;
  if (machine && returnsMail) score += 1;
  // Parcels come back as well: whoever is no mail system has to show a mail or an address.
  if (
    !daemon &&
    !hasNullSender(fields) &&
    !answer &&
    !returnsMail &&
    !clues.namesRecipient &&
    !clues.hasStatusFields
  ) {
    return false;
  }
  // A person writes about a bounce, quotes it, forwards it; only a whole report in it makes that one.
  if (!machine && !clues.hasStatusFields && !(subject && words && returnsMail && !isForward(fields)))
    return false;
  if (!machine && fields.has('in-reply-to')) score -= 3;
  return score >= ENOUGH && (words || subject || answer || clues.hasStatusFields);
}

export function hasBounceSubject(fields: HeaderFields): boolean {
  return BOUNCE_SUBJECT.test(decodeWords(fields.first('subject') ?? '').trim());
}

function isForward(fields: HeaderFields): boolean {
  return /^(?:fwd?|wg|tr|rv|i): ?/i.test(decodeWords(fields.first('subject') ?? '').trim());
}

/** Local parts that nobody writes letters from. */
const SYSTEM_USER =
  /^(?:root|sys(?:tem|admin)?|mail-?(?:server|admin|system)|smtp|mmdf|listserv|posta-certificata)@/i;

function isUnattended(fields: HeaderFields, from: string): boolean {
  return (
    /no-?_?reply|do-?not-?reply/i.test(addressOf(from) ?? from) ||
    /^auto-(?:replied|generated)/i.test(fields.first('auto-submitted') ?? '') ||
    /-admin@|<>/.test(from) ||
    SYSTEM_USER.test(addressOf(from) ?? '')
  );
}
