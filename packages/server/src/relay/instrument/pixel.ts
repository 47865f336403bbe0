import type { HtmlSurvey } from './html-survey.ts';

/**
 * Gmail cuts a mail at about 102 kB ("Message clipped") and loads nothing behind the cut. What other systems add on
 * the way (footers, longer links) needs room too.
 */
export const LAST_SAFE_OFFSET = 90_000;

/**
 * Out of the flow, so that nothing moves: `position` does it where it is kept, and where a mail program removes it
 * `float` with a margin box of nothing. `!important` holds against the document's own rules for images
 * (`img { width: 100% }`). Not `display: none`: some programs do not load such images, and spam filters count it.
 */
const STYLE = [
  'position:absolute',
  'float:left',
  'width:1px',
  'height:1px',
  'min-width:0',
  'min-height:0',
  'max-width:1px',
  'max-height:1px',
  'margin:-1px -1px 0 0',
  'padding:0',
  'border:0',
  'outline:0',
  'background:none',
  'box-shadow:none',
]
  .map((declaration) => `${declaration}!important`)
  .join(';');

/** The carrier: the markup that makes a mail program fetch the pixel. @param url escaped for an attribute */
export function pixelMarkup(url: string): string {
  return `<img src="${url}" alt="" width="1" height="1" style="${STYLE}">`;
}

/**
 * Where the pixel goes: to the end of the body, or, when that would be cut off, to its beginning.
 *
 * @param grownTo offset in the finished document of an offset in the surveyed one
 * @returns undefined when an image can stand nowhere (frames, a document that breaks off inside a tag)
 */
export function placePixel(
  { places }: Pick<HtmlSurvey, 'places'>,
  grownTo: (offset: number) => number,
): number | undefined {
  const { bottom, top } = places;
  if (bottom !== undefined && (top === undefined || grownTo(bottom) <= LAST_SAFE_OFFSET)) return bottom;
  return top;
}
