import type { UntouchedLink } from '@waybill/sdk';
import { decodeHTMLAttribute } from 'entities/decode';
import type { HtmlSurvey } from './html-survey.ts';
import { linkReason, type LinkReasonCode } from './link-reasons.ts';
import type { ReadText } from './link-texts.ts';
import { holdsPlaceholder } from './placeholders.ts';

/** A link that stays, as it is noted while a document is gone through. */
export interface LeftLink {
  /** Where it stands in the text. */
  at: number;
  href: string;
  code: LinkReasonCode;
}

/** Some addresses hold a whole file (`data:`). */
const LONGEST_SHOWN = 500;

/**
 * All links that stay, in the order in which they stand in the mail.
 *
 * @param left those with an http or https address
 * @param read of the surveyed document
 */
export function untouchedLinksOf(
  { otherLinks }: Pick<HtmlSurvey, 'otherLinks'>,
  left: readonly LeftLink[],
  read: ReadText,
): UntouchedLink[] {
  const others = otherLinks.map(({ start, valueStart, valueEnd }) =>
    leftNonWeb(start, read(valueStart, valueEnd)),
  );
  return toUntouchedLinks([...left, ...others].toSorted((a, b) => a.at - b.at));
}

/** @param left in order */
export function toUntouchedLinks(left: readonly LeftLink[]): UntouchedLink[] {
  return left.map(({ href, code }) => ({
    url: href.length > LONGEST_SHOWN ? `${href.slice(0, LONGEST_SHOWN)}\u2026` : href,
    reason: linkReason(code),
  }));
}

/** @param written as it stands in the attribute, or as much of it as is worth reading */
function leftNonWeb(at: number, written: string): LeftLink {
  const href = decodeHTMLAttribute(written).trim();
  return { at, href, code: nonWebCode(href) };
}

function nonWebCode(href: string): LinkReasonCode {
  if (href === '') return 'empty';
  if (href.startsWith('#')) return 'in-page';
  if (/^mailto:/i.test(href)) return 'mailto';
  // Only of an address too long to be looked at.
  if (/^https?:\/\//i.test(href)) return 'too-long';
  return /^(?:data|javascript):/i.test(href) || !holdsPlaceholder(href) ? 'not-web' : 'placeholder';
}
