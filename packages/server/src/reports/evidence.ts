import { addressOf } from './address.ts';
import type { ReportContent } from './content.ts';
import { hasNullSender, isDaemon } from './daemon.ts';
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

const SUBJECT =
  /^(?:(?:fwd?|wg|tr|rv|i): ?)?(?:(?:\*+|\[)[^\]]{0,20}\]? ?)?(?:undeliver(?:able|ed)|returned (?:e-?)?mail|mail (?:delivery )?(?:fail|error|system error|could not|not deliver)|message (?:delivery )?(?:has )?(?:fail|could not|not deliver|undeliver)|delivery (?:status notification|fail|error|problem|report|delay|notification|has failed|incomplete)|permanent delivery|failed (?:to deliver|mail|delivery)|failure notice|failure delivery|fail(?:ed|ure)?:|could not (?:be )?deliver|non[- ]?deliver|unable to deliver|warning[:-]+ ?(?:message|could not|e?mail)|there was an error sending|delayed mail|e?-?mail (?:could|can) ?not|rejected:|bounce[d:]|loop alert|unzustellbar|nicht zustellbar|mail(?:zustellung)? (?:unzustellbar|fehlgeschlagen)|non remis|échec|non distribu|mancato recapito|consegna|no se (?:pudo|puede) entregar|no entreg|devuelto|onbestelbaar|недостав|не доставлен|ваше сообщение не|unzust|投稿|配信|送信(?:エラー|できません)|メール.{0,20}(?:エラー|できません|送信|返送)|(?:退信|系统退信|無法|无法))/i;

const WORDS =
  /(?:could|can|was|were|has|have|is) ?(?:not|n't|n’t)(?: yet)?(?: be| been)? (?:delivered|deliver|sent|reach)|(?:unable|not able|failed|wasn't able|weren't able) to (?:be )?deliver|un(?:able to )?deliver(?:able|ed)|did not reach|delivery (?:\w+ ){0,6}?(?:has )?fail|failed permanently|permanent(?:ly)? (?:fatal )?(?:error|fail)|(?:fatal|delivery) (?:error|problem)s|returned to sender|error (?:occurred )?(?:while|when|delivering|sending)|rejected by|(?:following|these) (?:recipient|address)|delivery attempts|transcript of session|non-?deliver|no valid recipients?|undeliver|not deliver|message below could not|duplicated message-id|nicht zugestellt|unzustellbar|n'a pas pu être|non è stato (?:possibile )?(?:recapit|consegn)|no se (?:pudo|ha podido) entregar|не может быть доставлен|送信できません|配信できません|お届けできません|送信に失敗|无法(?:投递|送达)|退信/i;

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
  const words = WORDS.test(text);
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
  // A person writes about a bounce, quotes it, forwards it; only a whole report in it makes that one.
  if (!machine && !clues.hasStatusFields && !(subject && words && returnsMail && !isForward(fields)))
    return false;
  if (!machine && fields.has('in-reply-to')) score -= 3;
  return score >= ENOUGH && (words || subject || answer || clues.hasStatusFields);
}

export function hasBounceSubject(fields: HeaderFields): boolean {
  return SUBJECT.test(decodeWords(fields.first('subject') ?? '').trim());
}

function isForward(fields: HeaderFields): boolean {
  return /^(?:fwd?|wg|tr|rv|i): ?/i.test(decodeWords(fields.first('subject') ?? '').trim());
}

function isUnattended(fields: HeaderFields, from: string): boolean {
  return (
    /no-?_?reply|do-?not-?reply/i.test(addressOf(from) ?? from) ||
    /^auto-(?:replied|generated)/i.test(fields.first('auto-submitted') ?? '') ||
    /-admin@|<>/.test(from)
  );
}
