import { ENGLISH } from './recipient-page-english.ts';
import { FRENCH } from './recipient-page-french.ts';
import { GERMAN } from './recipient-page-german.ts';
import { SPANISH } from './recipient-page-spanish.ts';
import type { RecipientWords } from './recipient-page-words.ts';

const LANGUAGES: Readonly<Record<string, RecipientWords>> = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  es: SPANISH,
};
/** A header is the client's to write; nobody ranks more languages than this. */
const MOST_RANGES = 20;

/**
 * The reader's first choice among the languages of the page; English when there is none.
 * @param acceptLanguage RFC 9110 §12.5.4, such as `de-CH, fr;q=0.8, *;q=0.1`
 */
export function wordsFor(acceptLanguage: string | undefined): RecipientWords {
  const ranges = (acceptLanguage ?? '').slice(0, 512).split(',').slice(0, MOST_RANGES).map(readRange);
  // Sorting is stable: of equal weights the first one counts.
  for (const { language } of ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight)) {
    const words = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
    if (words !== undefined) return words;
  }
  return ENGLISH;
}

function readRange(text: string): { language: string; weight: number } {
  const [tag = '', ...parameters] = text
    .trim()
    .toLowerCase()
    .split(/\s*;\s*/);
  const weight = parameters.map((parameter) => /^q\s*=\s*(\d(?:\.\d{0,3})?)$/.exec(parameter)?.[1])[0];
  return { language: tag.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) };
}
