import table from '../../data/failure-classes.json' with { type: 'json' };
import { findAddresses } from './address.ts';
import type { FailureClass } from './report.ts';
import type { Codes } from './status-code.ts';

interface Rule {
  class: FailureClass;
  matches(words: string, codes: Codes): boolean;
}

/** Characters of a diagnostic that are compared: what comes later are pleasantries. */
const LIMIT = 1500;

const RULES: readonly Rule[] = table.rules.map((row) => ({
  class: row.class as FailureClass,
  matches: matcher(row),
}));

function matcher(row: { phrase?: string; status?: string; reply?: string }): Rule['matches'] {
  if (row.phrase !== undefined) {
    const phrase = new RegExp(row.phrase, 'iu');
    return (words) => phrase.test(words);
  }
  if (row.status !== undefined) {
    const status = new RegExp(`^[245]\\.(?:${row.status})$`);
    return (_, codes) => codes.status !== undefined && status.test(codes.status);
  }
  const reply = new RegExp(`^(?:${row.reply ?? ''})$`);
  return (_, codes) => codes.reply !== undefined && reply.test(String(codes.reply));
}

/** Why a delivery failed, by `data/failure-classes.json`: the words first, then the codes. */
export function classify(diagnostic: string, codes: Codes): FailureClass {
  const words = wordsOf(diagnostic);
  return RULES.find((rule) => rule.matches(words, codes))?.class ?? 'other';
}

/** Addresses and links are no words: a mailbox called `spam@` says nothing about the message. */
function wordsOf(diagnostic: string): string {
  let text = diagnostic.slice(0, LIMIT).replaceAll(/\b(?:https?:\/\/|www\.)\S{0,500}/gi, ' ');
  for (const { start, end } of findAddresses(text).reverse())
    text = `${text.slice(0, start)} ${text.slice(end)}`;
  return text.replaceAll(/[\s<>]+/g, ' ').trim();
}
