import type { HtmlSurvey } from './html-survey.ts';
import type { StyleRules } from './style-rules.ts';

/**
 * Gmail cuts a mail at about 102 kB ("Message clipped") and loads nothing behind the cut. What other systems add on
 * the way (footers, longer links) needs room too.
 */
export const LAST_SAFE_OFFSET = 90_000;

/**
 * SpamAssassin counts any image element in HTML of up to 3,200 characters of source as "an image and few words"
 * (HTML_IMAGE_ONLY_04 to _32, up to 2.8 points); with room for what is changed on the way. See docs/adr/0014.
 */
const SHORT_HTML = 3_300;
/** The same for an image in an anchor, also in one that was never closed (HTML_SHORT_LINK_IMG). */
const SHORT_LINKED_HTML = 2_200;

/**
 * What makes a mail program fetch the pixel. `image`: an image element, which every program knows. `background`: the
 * background of an empty element, which filters do not count as an image; Outlook for Windows with Word's engine does not
 * load it.
 */
export type Carrier = 'image' | 'background';

/** What the choice of a carrier rests on. */
export interface CarrierFacts {
  /** Characters of the finished document without the pixel. */
  length: number;
  /** Image elements that stay in it. */
  images: number;
  openAnchor: boolean;
}

/** An image element wherever it costs nothing with spam filters. */
export function chooseCarrier({ length, images, openAnchor }: CarrierFacts): Carrier {
  if (openAnchor && length <= SHORT_LINKED_HTML) return 'background';
  return images > 0 || length > SHORT_HTML ? 'image' : 'background';
}

/**
 * Out of the flow, so that nothing moves: `position` does it where it is kept, and where a mail program removes it
 * `float` with a margin box of nothing. Not `display: none`: some programs do not load such images, and spam filters
 * count it.
 */
const PLACED = ['position:absolute', 'float:left', 'width:1px', 'height:1px', 'margin:-1px -1px 0 0'];
/** The same of what has nothing to be loaded: no size, so that no pointer meets it, and nothing that rules put into it shows. */
const PLACED_NOWHERE = [
  'position:absolute',
  'float:left',
  'width:0',
  'height:0',
  'margin:0',
  'overflow:hidden',
];

/**
 * Against the document's own rules (`img { padding: 8px }`), where they name such a property: what no rule names need not
 * be fought, and short mail stays short.
 */
const UNRULED: readonly (readonly [property: string, declaration: string])[] = [
  // Where the document has a height of its own, what stands behind its end would make it longer.
  ['height', 'top:0;left:0'],
  ['column', 'top:0;left:0'],
  ['display', 'display:block'],
  ['min-width', 'min-width:0'],
  ['min-height', 'min-height:0'],
  ['max-width', 'max-width:1px'],
  ['max-height', 'max-height:1px'],
  ['padding', 'padding:0'],
  ['border', 'border:0'],
  ['outline', 'outline:0'],
  ['shadow', 'box-shadow:none'],
  ['opacity', 'opacity:1'],
  ['counter-increment', 'counter-increment:none'],
  ['counter-reset', 'counter-reset:none'],
  ['transform', 'transform:none'],
  ['content:url', 'content:normal'],
  ['content: url', 'content:normal'],
];

/**
 * @param url escaped for an attribute
 * @param rules the document's own
 */
export function pixelMarkup(
  url: string,
  carrier: Carrier,
  rules: Pick<StyleRules, 'present' | 'name'>,
): string {
  const background = carrier === 'background' ? `url(${cssUrl(url)})` : undefined;
  const style = styleOf(PLACED, rules, background);
  return carrier === 'image'
    ? `<img src="${url}" alt="" width="1" height="1" style="${style}">`
    : `<span style="${style}"></span>`;
}

/**
 * A link that nobody can see, reach by the keyboard or hear: empty, out of the flow, without size.
 *
 * @param url escaped for an attribute
 * @param rules the document's own
 */
export function trapMarkup(url: string, rules: Pick<StyleRules, 'present' | 'name'>): string {
  return `<a href="${url}" tabindex="-1" aria-hidden="true" style="${styleOf(PLACED_NOWHERE, rules)}"></a>`;
}

function styleOf(
  placed: readonly string[],
  rules: Pick<StyleRules, 'present' | 'name'>,
  background?: string,
): string {
  const named = rules.present ? UNRULED.filter(([property]) => rules.name(property)) : [];
  const unruled = new Set(named.flatMap(([, declarations]) => declarations.split(';')));
  const declarations = [...placed, ...unruled];
  // Declarations of an element win against rules that are not important anyway.
  const important = rules.present && rules.name('important') ? '!important' : '';
  if (background !== undefined) declarations.unshift(`background:${background}`);
  else if (rules.present && rules.name('background')) declarations.push('background:none');
  return declarations.map((declaration) => declaration + important).join(';');
}

/** Without quotes an address in CSS must hold neither quotes nor brackets (CSS Syntax §4.3.6). */
function cssUrl(url: string): string {
  return url
    .replaceAll(/&#39;|'/g, '%27')
    .replaceAll('&#34;', '%22')
    .replaceAll('(', '%28')
    .replaceAll(')', '%29')
    .replaceAll(/[\s\\]/g, encodeURIComponent);
}

/**
 * Where the pixel goes: to the end of the body, or to its beginning, when the end would be cut off, or when rules of the
 * document count elements from the end. When others count from the beginning too, it goes among words, where no element
 * has it for a neighbour.
 *
 * @param grownTo offset in the finished document of an offset in the surveyed one
 * @returns undefined when an image can stand nowhere (frames, a document that breaks off inside a tag)
 */
export function placePixel(
  { places, rules }: Pick<HtmlSurvey, 'places' | 'rules'>,
  grownTo: (offset: number) => number,
): number | undefined {
  const { bottom, top, inText } = places;
  if (bottom === undefined || top === undefined) return bottom ?? top;
  if (rules.fromEnd && rules.fromStart && inText !== undefined && grownTo(inText) <= LAST_SAFE_OFFSET) {
    return inText;
  }
  if (isAtTop({ rules })) return top;
  return grownTo(bottom) <= LAST_SAFE_OFFSET ? bottom : top;
}

/** Rules count elements from the document's end alone: the pixel keeps away from it. */
export function isAtTop({ rules }: Pick<HtmlSurvey, 'rules'>): boolean {
  return rules.fromEnd && !rules.fromStart;
}
