import { footerMarkup } from './disclosure.ts';
import { escapeAttribute } from './escape-attribute.ts';
import { readThroughGateways } from './gateway-address.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import type { ImageSite } from './html-sites.ts';
import type { HtmlSurvey } from './html-survey.ts';
import { isAffordable, sourceLength } from './image-weight.ts';
import type { LeftLink } from './untouched-links.ts';
import type { EditLimits } from './link-edits.ts';
import type { PixelReasonCode } from './pixel-reasons.ts';
import { fitToFilters, type Document } from './spam-fitting.ts';
import { lengthChange } from './text-length.ts';
import { chooseCarrier, isAtTop, pixelMarkup, placePixel, trapMarkup, type Carrier } from './pixel.ts';

export interface HtmlPlan {
  /** In order, not overlapping. */
  edits: TextEdit[];
  pixel: string | null;
  /** Why there is none, although one was asked for. */
  noPixel: PixelReasonCode | undefined;
  links: TrackedLink[];
  /** Links that stay, with an http or https address. */
  left: LeftLink[];
}

/**
 * Decides every change to a document, from one survey for any number of copies.
 *
 * @returns undefined when a disclosure line is asked for and there is no place for it: then nothing is tracked
 */
export function planHtml(survey: HtmlSurvey, options: HtmlOptions, limits: EditLimits): HtmlPlan | undefined {
  const own = ownPixels(survey, options);
  const removals = merge([
    ...own.map(({ start, end, instead }) => ({ start, end, text: instead })),
    ...survey.disclosures.map(({ start, end }) => ({ start, end, text: '' })),
  ]);
  const footer =
    options.disclosure?.kind === 'footer' ? footerMarkup(escapeAttribute(options.disclosure.pageUrl)) : '';
  const images = survey.imageCount - own.filter(({ carrier }) => carrier === 'image').length;
  const document = { survey, removals, images, added: footer.length };
  const { plan, leavesPixel } = fitToFilters(document, options, limits);
  const { edits, links, left } = plan;
  const all = [...removals, ...edits];
  const place = options.pixelUrl === null ? undefined : placePixel(survey, growth(all, footer.length));
  const pixelAt = leavesPixel ? undefined : place;
  const mark: TextEdit[] = [];
  if (pixelAt !== undefined && options.pixelUrl !== null) {
    const carrier = carrierFor(document, edits);
    const markup = pixelMarkup(escapeAttribute(options.pixelUrl), carrier, survey.rules);
    mark.push({ start: pixelAt, end: pixelAt, text: markup });
  }
  if (footer !== '' && (pixelAt !== undefined || links.length > 0)) {
    const { bottom, top } = survey.places;
    if (bottom === undefined) return undefined;
    const edit = { start: bottom, end: bottom, text: footer };
    // In a document without content the footer is its first, and a second pass puts the pixel in front of that.
    if (top === undefined && isAtTop(survey)) mark.push(edit);
    else mark.unshift(edit);
  }
  all.push(...mark);
  if (pixelAt !== undefined) {
    const trap = trapFor(document, options, all, links);
    if (trap !== undefined) all.push({ start: pixelAt, end: pixelAt, text: trap });
  }
  return {
    edits: merge(all),
    pixel: pixelAt === undefined ? null : options.pixelUrl,
    noPixel:
      options.pixelUrl === null || pixelAt !== undefined
        ? undefined
        : place === undefined
          ? 'no-place'
          : 'spam-short-mail',
    links,
    left,
  };
}

function carrierFor({ survey, removals, images, added }: Document, edits: readonly TextEdit[]): Carrier {
  const { openAnchor, length } = survey;
  const finished = length + added + lengthChange(removals) + lengthChange(edits);
  return chooseCarrier({ length: finished, images, openAnchor });
}

/**
 * The link that nobody can see, where there are links to tell it from, no anchor around would be
 * ended by it, no rule counts anchors, and it does not make the mail heavier with spam filters.
 */
function trapFor(
  { survey, images }: Document,
  { trapUrl }: HtmlOptions,
  edits: readonly TextEdit[],
  links: readonly TrackedLink[],
): string | undefined {
  if (trapUrl === undefined || links.length === 0) return undefined;
  if (survey.anchorAtEdge || survey.rules.countsAnchors) return undefined;
  const markup = trapMarkup(escapeAttribute(trapUrl), survey.rules);
  if (images === 0) return markup;
  return isAffordable(sourceLength(survey) + lengthChange(edits), markup.length) ? markup : undefined;
}

/** Our own pixels of an earlier pass or a quoted mail. */
function ownPixels({ images }: HtmlSurvey, { isTracked }: HtmlOptions): ImageSite[] {
  if (isTracked === undefined) return [];
  return images.filter((image) => readThroughGateways(image, isTracked)?.kind === 'pixel');
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
  const merged: TextEdit[] = [];
  for (const edit of inOrder(edits)) {
    const last = merged.at(-1);
    if (last === undefined || edit.start > last.end) merged.push(edit);
    else merged[merged.length - 1] = joined(last, edit);
  }
  return merged;
}

function joined(one: TextEdit, other: TextEdit): TextEdit {
  return { ...one, end: Math.max(one.end, other.end), text: one.text + other.text };
}

/** Mostly they are: links come as they stand in the document, and the pixel behind them. */
function inOrder(edits: readonly TextEdit[]): readonly TextEdit[] {
  const isBefore = (a: TextEdit, b: TextEdit): number => a.start - b.start || a.end - b.end;
  let before: TextEdit | undefined;
  for (const edit of edits) {
    if (before !== undefined && isBefore(before, edit) > 0) return edits.toSorted(isBefore);
    before = edit;
  }
  return edits;
}
