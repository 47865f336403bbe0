import { escapeAttribute } from './escape-attribute.ts';
import { readThroughGateways } from './gateway-address.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import type { HtmlSurvey, LinkSite } from './html-survey.ts';
import { LONGEST_LINK, mayTrack, type LinkContext } from './link-rules.ts';

/** Tokens count links in 16 bits; whatever has more is no mail to a person. */
const MOST_LINKS = 65_535;

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
  { linkUrl, isTracked }: HtmlOptions,
  limits: EditLimits,
): { edits: TextEdit[]; links: TrackedLink[] } {
  const edits: TextEdit[] = [];
  const links = new Map<string, TrackedLink>();
  let removal = 0;
  for (const site of sites) {
    while ((removals[removal]?.end ?? Infinity) <= site.place.start) removal += 1;
    if ((removals[removal]?.start ?? Infinity) < site.place.start) continue;
    const tracked = isTracked && readThroughGateways(site.href, isTracked);
    if (tracked?.kind === 'pixel' || (tracked !== undefined && tracked.destination === undefined)) continue;
    const from = tracked?.destination ?? site.href;
    const to =
      linkUrl !== null &&
      (links.size < MOST_LINKS || links.has(from)) &&
      mayTrack(tracked === undefined ? site : { ...site, href: from }, limits)
        ? trackedAddress(from, links, linkUrl)
        : from;
    const fits = to.length <= LONGEST_LINK && !(limits.unfoldable && to.length > LONGEST_UNFOLDED);
    const target = fits ? to : from;
    if (target !== from) links.set(from, links.get(from) ?? { from, to, index: links.size + 1 });
    if (target === site.href) continue;
    edits.push(hrefEdit(site, target));
    if (tracked !== undefined && site.original !== undefined) {
      // Safe Links keeps the address that it wrapped beside its own; ours is not left there.
      edits.push(hrefEdit({ ...site, place: site.original }, from));
    }
  }
  return { edits, links: [...links.values()] };
}

function trackedAddress(
  destination: string,
  links: ReadonlyMap<string, TrackedLink>,
  linkUrl: NonNullable<HtmlOptions['linkUrl']>,
): string {
  return links.get(destination)?.to ?? linkUrl(destination, links.size + 1);
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
