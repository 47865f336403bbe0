import table from '../../data/failure-classes.json' with { type: 'json' };
import { findAddresses } from './address.ts';
import type { FailureClass } from './report.ts';
import { answerIn, type Codes } from './status-code.ts';

interface Rule {
  class: FailureClass;
  matches(words: string, codes: Codes, links: string): boolean;
}

/** Characters of a diagnostic that are compared: what comes later are pleasantries. */
const LIMIT = 1500;

const RULES: readonly Rule[] = table.rules.map(ruleOf);
const CODES: readonly Rule[] = table.codes.map(ruleOf);

interface Row {
  class: string;
  phrase?: string;
  status?: string;
  reply?: string;
  link?: string;
}

function ruleOf(row: Row): Rule {
  return { class: row.class as FailureClass, matches: matcher(row) };
}

function matcher(row: Row): Rule['matches'] {
  if (row.phrase !== undefined) {
    const phrase = new RegExp(row.phrase, 'iu');
    return (words) => phrase.test(words);
  }
  if (row.link !== undefined) {
    const link = new RegExp(row.link, 'i');
    return (_words, _codes, links) => link.test(links);
  }
  if (row.status !== undefined) {
    const status = new RegExp(`^[245]\\.(?:${row.status})$`);
    return (_, codes) => codes.status !== undefined && status.test(codes.status);
  }
  const reply = new RegExp(`^(?:${row.reply ?? ''})$`);
  return (_, codes) => codes.reply !== undefined && reply.test(String(codes.reply));
}

/**
 * Why a delivery failed, by the words of `data/failure-classes.json`: a server's own answer first, then what the
 * reporting system says around it.
 *
 * @returns undefined when the words tell nothing
 */
export function classOfWords(text: string, codes: Codes): FailureClass | undefined {
  const answer = answerIn(text);
  const answered = answer === undefined ? undefined : firstMatch(answer, codes);
  // "Service unavailable" is what Sendmail makes of whatever a program told it above.
  const isVague =
    answered === 'system' && /service (?:\w+ )?(?:unavailable|not available)/i.test(answer ?? '');
  return answered === undefined || isVague ? (firstMatch(text, codes) ?? answered) : answered;
}

/** By the codes alone. */
export function classOfCodes(codes: Codes): FailureClass | undefined {
  return CODES.find((rule) => rule.matches('', codes, ''))?.class;
}

function firstMatch(text: string, codes: Codes): FailureClass | undefined {
  const words = wordsOf(text);
  const links = linksOf(text);
  return RULES.find((rule) => rule.matches(words, codes, links))?.class;
}

const LINK = /\b(?:https?:\/\/|www\.)\S{0,500}/gi;

/** Links to explanations stay the same in all languages of a provider. */
function linksOf(text: string): string {
  return (
    text
      .slice(0, 2 * LIMIT)
      .match(LINK)
      ?.join(' ') ?? ''
  );
}

/** What stands around a reason and would be taken for one. */
const NOISE: readonly RegExp[] = [
  LINK,
  /\b[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3})?/g,
  /\(in reply to [^)]{0,40}\)/gi,
  /recipient address(?:es)? rejected ?: (?=\S)/gi,
  /(?:e-?mail|mail) (?:system at|delivery (?:sub)?system|delivery software|server administrator)|delivery status notification|this is the mail system|for further assistance/gi,
  /\b(?:messaging|e-?mail|mail) security(?: suite|\.cloud| gateway| appliance)?\b/gi,
  /to (?:best protect our users|reduce the amount of spam)[^.]{0,80}/gi,
];

/** Addresses and links are no words: a mailbox called `spam@` says nothing about the message. */
function wordsOf(text: string): string {
  let words = text.slice(0, LIMIT);
  for (const noise of NOISE) words = words.replaceAll(noise, ' ');
  for (const { start, end } of findAddresses(words).toReversed()) {
    words = `${words.slice(0, start)} ${words.slice(end)}`;
  }
  return words.replaceAll(/[\s<>]+/g, ' ').trim();
}
