import { addressOf } from './address.ts';
import { BOUNCE_SUBJECT, BOUNCE_WORDS } from './bounce-words.ts';
import type { ReportContent } from './content.ts';
import { hasDaemonAddress, hasNullSender, isDaemon } from './daemon.ts';
import { speaksOfDelay, unwrapped } from './delay-words.ts';
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

/** What speaks for a bounce. */
interface Signs {
  /** A mail system is the author, by its name or its address. */
  daemon: boolean;
  nullSender: boolean;
  /** Nobody wrote it by hand, as it seems. */
  machine: boolean;
  subject: boolean;
  words: boolean;
  /** A server's answer is quoted. */
  answer: boolean;
  returnsMail: boolean;
}

/** Whether an ordinary message is a non-delivery notice. One sign alone never is enough: people write such words as well. */
export function looksLikeBounce(clues: BounceClues): boolean {
  const { fields, namesRecipient, hasStatusFields } = clues;
  const signs = signsOf(clues);
  const { daemon, nullSender, machine, subject, words, answer, returnsMail } = signs;
  if (isSomethingElse(clues, signs)) return false;
  let score = 0;
  if (daemon) score += 2;
  if (nullSender) score += 1;
  if (fields.has('x-failed-recipients')) score += 4;
  if (hasStatusFields) score += 3;
  if (subject) score += 2;
  if (words) score += 2;
  if (answer && namesRecipient) score += daemon ? 2 : 1;
  if (namesRecipient && machine) score += 1;
  if (machine && returnsMail) score += 1;
  if (!machine && fields.has('in-reply-to')) score -= 3;
  return score >= ENOUGH && (words || subject || answer || hasStatusFields);
}

function signsOf({ fields, own, content, quotesHeader }: BounceClues): Signs {
  const from = fields.first('from') ?? '';
  const daemon = isDaemon(from);
  const nullSender = hasNullSender(fields);
  const text = own.slice(0, 400).join('\n');
  return {
    daemon,
    nullSender,
    machine: daemon || nullSender || isUnattended(fields, from),
    subject: hasBounceSubject(fields),
    words: BOUNCE_WORDS.test(unwrapped(text)) || speaksOfDelay(text),
    answer: /(?:^|[\n:<> ])[45][0-5]\d[ -](?:[245]\.\d{1,3}\.\d{1,3}|[^\d\n]{4})/.test(text),
    returnsMail: quotesHeader || content.returned.length > 0,
  };
}

/** What speaks against, however many words of bounces are in it. */
function isSomethingElse({ fields, namesRecipient, hasStatusFields }: BounceClues, signs: Signs): boolean {
  const { daemon, nullSender, machine, subject, words, answer, returnsMail } = signs;
  if (hasStatusFields || fields.has('x-failed-recipients')) return false;
  // Of a session with a stranger, to the postmaster (Postfix' notify_classes).
  if (/^postfix smtp (?:server|client): /i.test(fields.first('subject') ?? '')) return true;
  // Parcels come back as well, and anybody can take a daemon's name: a bounce shows a mail, an address or an answer.
  const isSystem = nullSender || hasDaemonAddress(fields.first('from') ?? '');
  if (!isSystem && !answer && !returnsMail && !namesRecipient) return true;
  // Machines also send summaries of their logs.
  if (!daemon && !nullSender && !subject && !returnsMail) return true;
  // A person writes about a bounce, quotes it, forwards it; only a whole report in it makes that one.
  return !machine && !(subject && words && returnsMail && !isForward(fields));
}

/** Whether a person seems to have sent it, be it to pass a report on. */
export function isByPerson(fields: HeaderFields): boolean {
  const from = fields.first('from');
  if (from === undefined) return false;
  if (isForward(fields)) return !isDaemon(from);
  return (
    !isDaemon(from) && !hasNullSender(fields) && !isUnattended(fields, from) && !hasBounceSubject(fields)
  );
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
