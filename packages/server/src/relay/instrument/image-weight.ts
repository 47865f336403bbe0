import type { HtmlSurvey } from './html-survey.ts';

/**
 * What SpamAssassin gives a mail with an image for the length of its HTML source, in classes of 400 characters: its rules
 * HTML_IMAGE_ONLY_04 to _32 with the weights of local tests (50_scores.cf, first column; in the others they weigh less
 * or differ less). Longer HTML is given nothing.
 */
const CLASS_LENGTH = 400;
const WEIGHTS = [1.68, 0.585, 1.381, 1.969, 2.109, 2.799, 2.799, 2.196];

/** How much heavier a mail may become. */
const MOST_ADDED = 0.5;

function weight(length: number): number {
  return WEIGHTS[Math.ceil(length / CLASS_LENGTH) - 1] ?? 0;
}

/**
 * How many links may be tracked in short mail with images of its own, so that its new length is not in a class that
 * weighs much more: all, if possible, else as many as possible. Where the pixel alone makes the mail as much heavier,
 * leaving links would help nobody.
 *
 * @param length of the source without anything of ours
 * @param added by the pixel and all that is not a link
 * @param growths by each link that can be tracked, in order
 */
export function affordableLinks(length: number, added: number, growths: readonly number[]): number {
  const most = weight(length) + MOST_ADDED;
  let total = growths.reduce((sum, growth) => sum + growth, length + added);
  let count = growths.length;
  for (; weight(total) > most && count > 0; count -= 1) total -= growths[count - 1] ?? 0;
  return weight(total) > most ? growths.length : count;
}

/** Whether a mail of such a length with images weighs hardly more than one of another length. */
export function weighsLike(length: number, other: number): boolean {
  return weight(length) <= weight(other) + MOST_ADDED;
}

/** Whether so many characters more do not put a mail with images into a class that weighs more. @param length of the source */
export function isAffordable(length: number, added: number): boolean {
  return weight(length + added) <= weight(length);
}

/** Only shorter HTML is looked at for images. */
export function isShort(length: number): boolean {
  return length <= CLASS_LENGTH * WEIGHTS.length;
}

/** As SpamAssassin counts: a line end is one character. */
export function sourceLength({ length, carriageReturns }: HtmlSurvey): number {
  return length - carriageReturns();
}
