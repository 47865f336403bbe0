import { findAddresses, sameAddress } from './address.ts';

/** A recipient that a mail system names in its own words. */
export interface NamedRecipient {
  address: string;
  /** What is said of it: the nearest lines first, then wider ones. */
  about: string[];
  /** It stands on a line of its own, as failed recipients do. */
  sure: boolean;
}

/** How a line names an address; the first of these that occurs in a notice tells the failed ones. */
type Manner = 'own-line' | 'answer' | 'command' | 'sentence' | 'mention';

interface Mention {
  address: string;
  /** The address to compare by. */
  key: string;
  manner: Manner;
  line: number;
}

/** Behind an address that a line is about: its end, a colon, or what is said of it. */
const ABOUT =
  /^[>"')\]]*(?:$|\s*[:;,]?$|\s*:|<mailto:|\s+\(|\s*\[|\s*[,;]\s*["'<]*[^\s@,;]+@|\s+on\s|\s*\.{3}|\s+-{1,2}\s|\s*=>|\s+(?:failed|delayed|expired|error|invalid|unknown|rejected|bounced|undeliver\w*|[45]\d\d)\b)/i;
const BEFORE_ADDRESS =
  /^[\s*<"'([|>•·-]*(?:(?:(?:rcpt|recipient|address|e-?mail|user)(?: address)?|empfänger|an|destinataire|à|destinat[aá]ri[oa]|para|ontvanger|aan|mottag\p{L}{2,4}|mottaker|modtager|odbiorc\p{L}{1,2}|příjem\p{L}{1,3}|címzett|получател\p{L}{1,2}|кому|宛先|受信者|收件[人者]|받는 ?사람|수신자|alıcı)\s*[:：=]\s*)?[<"']?$/iu;
const ANSWER = /(?:^|\s|<<<)[45]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?[ :-]+<?$/;
const COMMAND = /rcpt to:? ?<?$/i;
const KEYWORD =
  /(?:recipients?|deliver\w*|undeliver\w*|rejected|failed|failing|errors?|returned|bounced|group|reach|unable|rcpt|empfänger|destinat\w*|\bto)\b[^@]{0,100}$/i;
const OTHER_PARTY =
  /(?:mail from|from|sender|sent by|contact|reply(?:-to)?|support|write to|forward\w*|postmaster|help|generated (?:by|from)|expanded from|assistance|e-?mail to|message-id)\W{0,12}$/i;

/** Lines behind an address, before an answer, and of a whole notice that are taken as its explanation. */
const LINES_ABOUT = 40;
const LINES_BEFORE_ANSWER = 8;
const LINES_OF_NOTICE = 200;
/** Times that one notice names the same recipient, as far as they are read. */
const MENTIONS_ABOUT = 4;

/** No notice names more; a hostile one must not cost more. */
const MAX_MENTIONS = 1000;
const MAX_RECIPIENTS = 200;
const MAX_ON_LINE = 20;
/** Characters around an address that tell how it is named. */
const CONTEXT = 160;

/**
 * @param senders addresses that are most probably not the failed ones: whom the bounce was sent to, who sent the mail
 * @param addressees of the returned message: they decide between mere mentions
 */
export function recipientsNamed(
  lines: readonly string[],
  senders: readonly string[],
  addressees: readonly string[],
): NamedRecipient[] {
  const mentions = mentionsIn(lines);
  const known = new Set(senders.map((address) => address.toLowerCase()));
  const foreign = mentions.filter(({ address }) => !known.has(address.toLowerCase()));
  const pool = foreign.length > 0 ? foreign : mentions.filter(({ manner }) => manner !== 'mention');
  const chosen = new Map<string, Mention>();
  for (const mention of best(pool, addressees)) {
    const key = mention.address.toLowerCase();
    if (!chosen.has(key) && chosen.size < MAX_RECIPIENTS) chosen.set(key, mention);
  }
  const others = new Set(chosen.keys());
  return [...chosen.values()].map((mention) => ({
    address: mention.address,
    sure: mention.manner === 'own-line',
    about: said(lines, mentions, mention, others),
  }));
}

function best(pool: readonly Mention[], addressees: readonly string[]): Mention[] {
  for (const manners of [['own-line'], ['answer', 'command'], ['sentence']]) {
    const found = pool.filter(({ manner }) => manners.includes(manner));
    if (found.length > 0) return found;
  }
  const expected = pool.filter(({ address }) =>
    addressees.some((addressee) => sameAddress(addressee, address)),
  );
  return expected.length > 0 ? expected : [...pool];
}

/** Whether {@link recipientsNamed} would rest on more than a mere mention. */
export function namesRecipient(lines: readonly string[]): boolean {
  return mentionsIn(lines).some(({ manner }) => manner !== 'mention');
}

function mentionsIn(lines: readonly string[]): Mention[] {
  const mentions: Mention[] = [];
  let previous = '';
  let listed: Manner | undefined;
  for (const [index, line] of lines.entries()) {
    let read = 0;
    if (line.includes('@')) {
      if (mentions.length > MAX_MENTIONS) return mentions;
      for (const { address, start, end } of findAddresses(line).slice(0, MAX_ON_LINE)) {
        const before = line.slice(Math.max(0, start - CONTEXT), start);
        // The next one of a list is named like the one before it.
        const inherited = LIST_GOES_ON.test(line.slice(read, start)) ? listed : undefined;
        const manner =
          inherited ?? mannerOf(before, line.slice(end, end + CONTEXT), previous.slice(-CONTEXT));
        if (manner !== undefined) mentions.push({ address, key: address.toLowerCase(), manner, line: index });
        [listed, read] = [manner, end];
      }
    }
    if (!/[,;]$/.test(line) || read === 0) listed = undefined;
    if (line.trim() !== '') previous = line;
  }
  return mentions;
}

/** Between two addresses of a list, the line's beginning included. */
const LIST_GOES_ON = /^[>"')\]]*\s*(?:[,;]\s*)?(?:and|und|et|y|e|en|&)?\s*["'<(]*$/i;

function mannerOf(before: string, after: string, previousLine: string): Manner | undefined {
  if (OTHER_PARTY.test(before)) return undefined;
  if (BEFORE_ADDRESS.test(before)) {
    if (OTHER_PARTY.test(previousLine)) return undefined;
    if (ABOUT.test(after)) return 'own-line';
  }
  if (COMMAND.test(before)) return 'command';
  if (ANSWER.test(before)) return 'answer';
  return KEYWORD.test(before) ? 'sentence' : 'mention';
}

/**
 * What is said of a recipient: the paragraphs that begin with it, the transcript about it, all up to the next one, the
 * whole notice. Some systems name each twice: for people, and with the diagnostics for administrators.
 */
function said(
  lines: readonly string[],
  mentions: readonly Mention[],
  mention: Mention,
  others: ReadonlySet<string>,
): string[] {
  const key = mention.address.toLowerCase();
  const foreign = mentions.filter((candidate) => candidate.key !== key && others.has(candidate.key));
  const starts = mentions
    .filter(
      (candidate) => candidate.key === key && candidate.line > mention.line && isNaming(candidate.manner),
    )
    .map(({ line }) => line);
  const blocks = [mention.line, ...starts.slice(0, MENTIONS_ABOUT)].map(
    (start): [start: number, end: number] => [start, blockEnd(lines, foreign, start)],
  );
  const [own = [], ...later] = blocks.map(([start, end]) => paragraph(lines, start, end));
  const texts = [
    isNaming(mention.manner) ? own : [],
    transcript(lines, mentions, mention.address),
    ...later,
    ...blocks.map(([start, end]) => lines.slice(start, end)),
    others.size === 1 ? lines.slice(0, LINES_OF_NOTICE) : [],
  ];
  return texts.map((text) => text.join('\n').trim()).filter((text) => text !== '');
}

function isNaming(manner: Manner): boolean {
  return manner === 'own-line' || manner === 'sentence';
}

/** Up to the next recipient; of several that are listed without a word between them, up to the one behind the list. */
function blockEnd(lines: readonly string[], others: readonly Mention[], start: number): number {
  let from = start;
  for (const { line } of others) {
    if (line <= from) continue;
    const isList =
      lines.slice(from + 1, line).every((between) => between.trim() === '') &&
      isBare(lines[from]) &&
      isBare(lines[line]);
    if (!isList) return Math.min(line, start + LINES_ABOUT);
    from = line;
  }
  return Math.min(lines.length, start + LINES_ABOUT);
}

/** A line with an address and nothing else. */
function isBare(line = ''): boolean {
  return /^[\s<"'([*•·-]*[^\s@]+@[^\s@]+[\s>"')\],;:]*$/.test(line);
}

function paragraph(lines: readonly string[], start: number, end: number): string[] {
  const blank = lines.findIndex((line, index) => index > start && index < end && line.trim() === '');
  return lines.slice(start, blank === -1 ? end : blank);
}

/**
 * The lines of an SMTP dialogue about an address. Answers stand before the sentence that names it (Sendmail:
 * `<<< 550 no such user`, then `550 a@b... User unknown`) or behind the command that does.
 */
function transcript(lines: readonly string[], mentions: readonly Mention[], address: string): string[] {
  const inDialogue = mentions.filter(({ manner }) => manner === 'answer' || manner === 'command');
  const isOwn = (mention: Mention): boolean => sameAddress(mention.address, address);
  const own = inDialogue.filter(isOwn);
  const [first] = own;
  const last = own.at(-1);
  if (first === undefined || last === undefined) return [];
  const others = inDialogue.filter((mention) => !isOwn(mention)).map(({ line }) => line);
  const previous = Math.max(
    -1,
    first.line - LINES_BEFORE_ANSWER,
    ...others.filter((line) => line < first.line),
  );
  const following = Math.min(lines.length, ...others.filter((line) => line > last.line));
  const start = first.manner === 'command' ? first.line : previous + 1;
  if (last.manner === 'answer') return lines.slice(start, last.line + 1);
  return [...lines.slice(start, last.line), ...paragraph(lines, last.line, following)];
}
