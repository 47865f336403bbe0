import { findAddresses, sameAddress } from './address.ts';
import { findCodes, type Codes } from './status-code.ts';

/** A recipient that a mail system names in its own words. */
export interface NamedRecipient {
  address: string;
  /** The lines that speak of it. */
  about: string;
  codes: Codes;
  /** It stands on a line of its own, as failed recipients do. */
  sure: boolean;
}

/** How surely a line names a failed recipient; a better one makes those below it mere mentions. */
type Rank = 1 | 2 | 3 | 4;

interface Mention {
  address: string;
  rank: Rank;
  line: number;
}

/** Behind an address that a line is about: its end, a colon, or what is said of it. */
const ABOUT =
  /^[>"')\]]*(?:$|\s*[:;,]?$|\s*:|<mailto:|\s+\(|\s*\[|\s+on\s|\s*\.{3}|\s+-{1,2}\s|\s*=>|\s+(?:failed|delayed|expired)\b)/i;
const BEFORE_ADDRESS =
  /^[\s*<"'([|>•·-]*(?:(?:to|rcpt|recipient|address|e-?mail|user)(?: address)?\s*[:=]\s*)?[<"']?$/i;
const ANSWER = /(?:^|\s|<<<)[45]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?[ :-]+<?$/;
const COMMAND = /rcpt to:? ?<?$/i;
const KEYWORD =
  /(?:recipients?|deliver\w*|undeliver\w*|rejected|failed|failing|errors?|returned|bounced|group|reach|unable|rcpt|empfänger|destinat\w*|\bto)\b[^@]{0,100}$/i;
const OTHER_PARTY =
  /(?:mail from|from|sender|sent by|contact|reply(?:-to)?|support|write to|forward\w*|postmaster|help|generated (?:by|from)|expanded from|assistance|e-?mail to|message-id)\W{0,12}$/i;

/** Lines of a transcript around an address that belong to it. */
const LINES_ABOUT = 40;

/** @param senders addresses that are most probably not the failed ones: whom the bounce was sent to, who sent the mail */
export function recipientsNamed(lines: readonly string[], senders: readonly string[]): NamedRecipient[] {
  const mentions = mentionsIn(lines);
  const foreign = mentions.filter(({ address }) => !senders.some((sender) => sameAddress(sender, address)));
  const pool = foreign.length > 0 ? foreign : mentions.filter(({ rank }) => rank > 1);
  const best = Math.max(0, ...pool.map(({ rank }) => rank));
  const chosen = new Map<string, Mention>();
  for (const mention of pool.filter(({ rank }) => rank === best)) {
    const key = mention.address.toLowerCase();
    if (!chosen.has(key)) chosen.set(key, mention);
  }
  const list = [...chosen.values()];
  return list.map((mention, index) => ({
    address: mention.address,
    sure: mention.rank === 4,
    ...said(lines, mention, list[index + 1]),
  }));
}

/** Whether {@link recipientsNamed} would rest on more than a mere mention. */
export function namesRecipient(lines: readonly string[]): boolean {
  return mentionsIn(lines).some(({ rank }) => rank > 1);
}

function mentionsIn(lines: readonly string[]): Mention[] {
  const mentions: Mention[] = [];
  let previous = '';
  for (const [index, line] of lines.entries()) {
    if (line.includes('@')) {
      for (const { address, start, end } of findAddresses(line)) {
        const rank = rankOf(line.slice(0, start), line.slice(end), previous);
        if (rank !== undefined) mentions.push({ address, rank, line: index });
      }
    }
    if (line.trim() !== '') previous = line;
  }
  return mentions;
}

function rankOf(before: string, after: string, previousLine: string): Rank | undefined {
  if (OTHER_PARTY.test(before)) return undefined;
  if (BEFORE_ADDRESS.test(before)) {
    if (OTHER_PARTY.test(previousLine)) return undefined;
    if (ABOUT.test(after)) return 4;
  }
  if (COMMAND.test(before) || ANSWER.test(before)) return 3;
  return KEYWORD.test(before) ? 2 : 1;
}

function said(
  lines: readonly string[],
  mention: Mention,
  next: Mention | undefined,
): Omit<NamedRecipient, 'address' | 'sure'> {
  const end = Math.min(lines.length, next?.line ?? lines.length, mention.line + LINES_ABOUT);
  const blank = lines.findIndex((line, index) => index > mention.line && index < end && line.trim() === '');
  const paragraph = lines.slice(mention.line, blank === -1 ? end : blank).join('\n');
  const near = findCodes(withoutAddress(paragraph, mention.address));
  const tellsCodes = near.status !== undefined || near.reply !== undefined;
  if (tellsCodes) return { about: paragraph, codes: near };
  const segment = lines.slice(mention.line, end).join('\n');
  const wide = findCodes(withoutAddress(segment, mention.address));
  if (wide.status !== undefined || wide.reply !== undefined) return { about: segment, codes: wide };
  // In a transcript the answer stands before the sentence about the address.
  const whole = next === undefined ? lines.slice(0, 400).join('\n') : segment;
  const far = findCodes(withoutAddress(whole, mention.address));
  const words = paragraph.trim().length > mention.address.length + 12 ? paragraph : whole;
  return { about: words, codes: far };
}

function withoutAddress(text: string, address: string): string {
  return text.split(address).join(' ');
}
