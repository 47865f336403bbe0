import { escapeAttribute } from './escape-attribute.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import type { HtmlSurvey, LinkSite } from './html-survey.ts';
import { LONGEST_LINK, mayTrack, type LinkContext } from './link-rules.ts';
import { LinkTable } from './link-table.ts';

/** Longest attribute, so that it fits on a line of 998 characters (RFC 5322 §2.1.1) where lines cannot be folded. */
const LONGEST_UNFOLDED = 960;

export interface EditLimits extends LinkContext {
  /** Lines of the encoding cannot be folded (7bit, 8bit). */
  unfoldable: boolean;
}

/**
 * Decides for every link what it leads to: over us, as it is, or, if it was ours already, back to its destination.
 *
 * @param removals parts of the document that go, in order
 */
export function planLinks(
  { links: sites }: HtmlSurvey,
  removals: readonly TextEdit[],
  options: HtmlOptions,
  limits: EditLimits,
): { edits: TextEdit[]; links: TrackedLink[] } {
  const edits: TextEdit[] = [];
  const table = new LinkTable(options);
  const longest = limits.unfoldable ? LONGEST_UNFOLDED : LONGEST_LINK;
  let removal = 0;
  for (const site of sites) {
    while ((removals[removal]?.end ?? Infinity) <= site.place.start) removal += 1;
    if ((removals[removal]?.start ?? Infinity) < site.place.start) continue;
    const read = table.read(site.href);
    if (read === undefined) continue;
    const { destination, own } = read;
    const tracks =
      options.linkUrl !== null &&
      (own ? mayTrack({ ...site, href: destination }, limits) : (site.trackable ??= mayTrack(site, limits)));
    const target = tracks ? table.track(destination, longest) : destination;
    if (target === site.href) continue;
    edits.push(hrefEdit(site, target));
    if (own && site.original !== undefined) {
      // Safe Links keeps the address that it wrapped beside its own; ours is not left there.
      edits.push(hrefEdit({ ...site, place: site.original }, destination));
    }
  }
  return { edits, links: table.links };
}

function hrefEdit({ place, tagEnd }: LinkSite, address: string): TextEdit {
  const { start, valueStart, valueEnd, quote } = place;
  const text = escapeAttribute(address);
  const behind = quote === '' ? valueEnd : valueEnd + 1;
  const edit: TextEdit = {
    start: valueStart,
    end: valueEnd,
    // An unquoted value could swallow the tag's end.
    text: quote === '' ? `"${text}"` : text,
    breakBefore: start,
  };
  if (behind < tagEnd) edit.breakAfter = behind;
  return edit;
}
