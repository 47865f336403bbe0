import { judgeAddress } from './address-signs.ts';
import { escapeAttribute } from './escape-attribute.ts';
import type { AttributePlace } from './html-attributes.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import type { LinkSite } from './html-sites.ts';
import type { HtmlSurvey } from './html-survey.ts';
import type { LinkReasonCode } from './link-reasons.ts';
import type { LeftLink } from './untouched-links.ts';
import { LONGEST_LINK, whyLeft, type LinkContext } from './link-rules.ts';
import { LinkTable, MOST_LINKS } from './link-table.ts';

/** Longest attribute, so that it fits on a line of 998 characters (RFC 5322 §2.1.1) where lines cannot be folded. */
const LONGEST_UNFOLDED = 960;

export interface EditLimits extends LinkContext {
  /** Lines of the encoding cannot be folded (7bit, 8bit). */
  unfoldable: boolean;
  /** No link is tracked: see suspected-sender.ts. */
  leavesLinks: boolean;
}

export interface LinkPlan {
  edits: TextEdit[];
  links: TrackedLink[];
  /** Links with an http or https address that stay; in mail that is tracked. */
  left: LeftLink[];
  /**
   * How much longer each tracked link makes the document than the same link as its author could have written it; 0 when it
   * was not measured.
   */
  growths: number[];
  /** Length of the document with all links as their authors could have written them, less its length now, when measured. */
  restored: number;
  /** The document cannot be shorter by more than this with its links as their authors could have written them. */
  shrinkable: number;
}

/**
 * Decides for every link what it leads to: over us, as it is, or, if it was ours already, back to its destination.
 *
 * @param removals parts of the document that go, in order
 * @param measured whether anybody asks how much longer the document gets
 * @param most how many are tracked; those behind stay as they are
 */
export function planLinks(
  survey: HtmlSurvey,
  removals: readonly TextEdit[],
  options: HtmlOptions,
  limits: EditLimits,
  measured = false,
  most = Infinity,
): LinkPlan {
  const { links: sites } = survey;
  const edits: TextEdit[] = [];
  const growths: number[] = [];
  const left: LeftLink[] = [];
  const table = new LinkTable(options);
  const longest = limits.unfoldable ? LONGEST_UNFOLDED : LONGEST_LINK;
  let restored = 0;
  let shrinkable = 0;
  let judged = 0;
  let removal = 0;
  for (const site of sites) {
    const { start, valueStart, valueEnd } = site.place;
    while ((removals[removal]?.end ?? Infinity) <= start) removal += 1;
    if ((removals[removal]?.start ?? Infinity) < start) continue;
    const own = table.own(site);
    if (own !== undefined && (own.kind === 'pixel' || own.destination === undefined)) {
      if (options.linkUrl !== null) left.push({ at: start, href: site.href, code: 'already-tracked' });
      continue;
    }
    if (own?.kind === 'trap') {
      const unwrapped = unwrap(site);
      for (const edit of unwrapped) {
        restored -= edit.end - edit.start;
        shrinkable += edit.end - edit.start;
      }
      edits.push(...unwrapped);
      continue;
    }
    const destination = own?.destination ?? site.href;
    shrinkable += valueEnd - valueStart;
    const written = measured ? escapeAttribute(destination).length : 0;
    if (measured) restored += written - (valueEnd - valueStart);
    let target = destination;
    if (options.linkUrl !== null) {
      judged += 1;
      const refusal =
        judged > MOST_LINKS
          ? 'too-many-links'
          : (refusalOf(survey, site, own === undefined ? undefined : destination, limits) ??
            (growths.length < most ? undefined : 'spam-short-mail'));
      const tracked = refusal ?? table.track(destination, longest);
      if (typeof tracked === 'string') left.push({ at: start, href: destination, code: tracked });
      else {
        target = tracked.to;
        growths.push(measured ? escapeAttribute(target).length - written : 0);
      }
    }
    if (target === site.href) continue;
    edits.push(hrefEdit(site.place, site.tagEnd, target));
    if (measured) restored += addedQuotes(site.place);
    if (own !== undefined && site.original !== undefined) {
      // Safe Links keeps the address that it wrapped beside its own; ours is not left there.
      const edit = hrefEdit(site.original, site.tagEnd, destination);
      edits.push(edit);
      restored += edit.text.length - (edit.end - edit.start);
      shrinkable += edit.end - edit.start;
    }
  }
  return { edits, links: table.links, left, growths, restored, shrinkable };
}

/** @param restored the destination, of a link that is one of ours */
function refusalOf(
  { texts }: HtmlSurvey,
  site: LinkSite,
  restored: string | undefined,
  limits: EditLimits,
): LinkReasonCode | undefined {
  const left = limits.leavesLinks ? 'spam-sender-form' : undefined;
  if (restored !== undefined) {
    return site.marked ? 'marked' : (whyLeft(judgeAddress(restored), texts.of(site), limits) ?? left);
  }
  site.refusal ??= (site.marked ? 'marked' : whyLeft(site, texts.of(site), limits)) ?? 'none';
  return site.refusal === 'none' ? left : site.refusal;
}

/** The anchor goes; what some mail program put into it stays. */
function unwrap({ start, tagEnd, closing }: LinkSite): TextEdit[] {
  const tags = [{ start, end: tagEnd }, ...(closing === undefined ? [] : [closing])];
  return tags.map((tag) => ({ ...tag, text: '' }));
}

/** Characters by which a value gets longer whatever is written there. */
function addedQuotes({ quote }: AttributePlace): number {
  return quote === '' ? 2 : 0;
}

function hrefEdit(
  { start, valueStart, valueEnd, quote }: AttributePlace,
  tagEnd: number,
  address: string,
): TextEdit {
  const text = escapeAttribute(address);
  const behind = quote === '' ? valueEnd : valueEnd + 1;
  return {
    start: valueStart,
    end: valueEnd,
    // An unquoted value could swallow the tag's end.
    text: quote === '' ? `"${text}"` : text,
    breakBefore: start,
    breakAfter: behind < tagEnd ? behind : undefined,
  };
}
