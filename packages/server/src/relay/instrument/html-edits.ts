import type { Disclosure } from './disclosure.ts';
import { footerMarkup } from './disclosure.ts';
import type { HtmlSurvey, LinkSite } from './html-survey.ts';
import { LONGEST_LINK, mayTrack, type LinkContext } from './link-rules.ts';
import { pixelMarkup, placePixel } from './pixel.ts';

/** Replaces a range of the text. Texts are ASCII. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
  /** Where inside a tag a line may be broken, when it gets too long: offset before the range, at or behind its end. */
  breakBefore?: number;
  breakAfter?: number;
}

export interface TrackedLink {
  /** The address the author wrote, decoded. */
  from: string;
  /** The tracked address. */
  to: string;
  /** From 1, one per address, by first appearance. */
  index: number;
}

export interface HtmlOptions {
  /** Null: no pixel. */
  pixelUrl: string | null;
  /**
   * The tracked address of a destination, null to leave links as they are. One that returns the destination itself
   * leaves this link.
   */
  linkUrl: ((destination: string, index: number) => string) | null;
  /**
   * Recognises our own addresses in quoted text. Pixels are removed. Links are turned back to their destination before
   * anything else; one without destination stays as it is.
   */
  isTracked?: (url: string) => { kind: 'pixel' | 'link'; destination?: string } | undefined;
  disclosure?: Disclosure;
}

export interface HtmlPlan {
  /** In order, not overlapping. */
  edits: TextEdit[];
  pixel: string | null;
  links: TrackedLink[];
}

/** Tokens count links in 16 bits; whatever has more is no mail to a person. */
const MOST_LINKS = 65_535;

/** Longest attribute, so that it fits on a line of 998 characters (RFC 5322 §2.1.1) where lines cannot be folded. */
const LONGEST_UNFOLDED = 960;

export interface EditLimits extends LinkContext {
  /** Lines of the encoding cannot be folded (7bit, 8bit). */
  unfoldable: boolean;
}

/**
 * Decides every change to a document, from one survey for any number of copies.
 *
 * @returns undefined when a disclosure line is asked for and there is no place for it: then nothing is tracked
 */
export function planHtml(survey: HtmlSurvey, options: HtmlOptions, limits: EditLimits): HtmlPlan | undefined {
  const removals = ownMarkup(survey, options);
  const { edits, links } = planLinks(survey, removals, options, limits);
  const all = [...removals, ...edits];
  const footer =
    options.disclosure?.kind === 'footer' ? footerMarkup(escapeAttribute(options.disclosure.pageUrl)) : '';
  const pixelAt = options.pixelUrl === null ? undefined : placePixel(survey, growth(all, footer.length));
  if (footer !== '' && (pixelAt !== undefined || links.length > 0)) {
    const { bottom } = survey.places;
    if (bottom === undefined) return undefined;
    all.push({ start: bottom, end: bottom, text: footer });
  }
  if (pixelAt !== undefined && options.pixelUrl !== null) {
    all.push({ start: pixelAt, end: pixelAt, text: pixelMarkup(escapeAttribute(options.pixelUrl)) });
  }
  return { edits: merge(all), pixel: pixelAt === undefined ? null : options.pixelUrl, links };
}

/** Our own pixels and disclosure lines of an earlier pass or a quoted mail. */
function ownMarkup({ images, disclosures }: HtmlSurvey, { isTracked }: HtmlOptions): TextEdit[] {
  const isPixel = (address: string): boolean => isTracked?.(address)?.kind === 'pixel';
  const pixels = images.filter(({ src }) => isPixel(src) || (src.includes('#') && isPixel(behindProxy(src))));
  return merge([...pixels, ...disclosures].map(({ start, end }) => ({ start, end, text: '' })));
}

/** Quoted by Gmail, an image has the address of Google's proxy, with its own one as the fragment. */
function behindProxy(src: string): string {
  return src.slice(src.indexOf('#') + 1);
}

function planLinks(
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
    const tracked = isTracked?.(site.href);
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
    if (target !== site.href) edits.push(hrefEdit(site, target));
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

/** For either kind of quotes, and for every character set. Our own addresses rarely hold anything to escape. */
function escapeAttribute(value: string): string {
  if (!/[&"'<>]|[^\x20-\x7e]/.test(value)) return value;
  return value.replaceAll(/[&"'<>]|[^\x20-\x7e]/gu, (character) =>
    character === '&' ? '&amp;' : `&#${character.codePointAt(0)};`,
  );
}

/** Where an offset comes to lie once the edits are made and `added` characters inserted before it. */
function growth(edits: readonly TextEdit[], added: number): (offset: number) => number {
  return (offset) => {
    let moved = offset + added;
    for (const { start, end, text } of edits) {
      if (end <= offset) moved += text.length - (end - start);
    }
    return moved;
  };
}

/**
 * Edits in order; those that touch become one. What replaces a removed pixel at its place is then compared with it as a
 * whole, and a second pass with the same addresses changes nothing.
 */
function merge(edits: readonly TextEdit[]): TextEdit[] {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const merged: TextEdit[] = [];
  for (const edit of sorted) {
    const last = merged.at(-1);
    if (last === undefined || edit.start > last.end) merged.push({ ...edit });
    else {
      last.end = Math.max(last.end, edit.end);
      last.text += edit.text;
    }
  }
  return merged;
}
