/** Where a document's own text begins and ends. */

/** A byte order mark belongs before everything, also before a pixel: in UTF-16, or UTF-8 with a character for each byte. */
export function markLength(text: string): number {
  if (text.startsWith('\ufeff')) return 1;
  return text.startsWith('\xef\xbb\xbf') ? 3 : 0;
}

const LONGEST_TAG = 2_000;
const INLINE_TAG = /^<(?:img\b[^<>]*|\/(?:a|b|i|u|em|strong|small|span))\s*>$/i;

/**
 * Before blanks at the end, when they stand behind something inline: between two elements they would be read out by
 * assistive technology.
 *
 * @param disclosureEnd behind our own line, which an earlier pass put before the blanks
 */
export function behindContent(
  text: string,
  place: number | undefined,
  disclosureEnd: number | undefined,
): number | undefined {
  if (place === undefined) return undefined;
  let position = place;
  while (position > 0 && isBlankCode(text.charCodeAt(position - 1))) position -= 1;
  if (position === disclosureEnd) return position;
  // Behind words they are one text with them, which is not split; behind a block they are not shown.
  const tag = text.lastIndexOf('<', position - 1);
  const isInline = tag > -1 && position - tag < LONGEST_TAG && INLINE_TAG.test(text.slice(tag, position));
  return isInline ? position : place;
}

/** How far from the end the last words are looked for. */
const LONGEST_END = 2_000;

/**
 * An element that holds words alone, and behind it only the ends of elements that are shown as they stand. One with a
 * class, or with a word on how it is displayed, may be hidden.
 */
const LAST_WORDS =
  /<(p|div|td|li|h[1-6]|center)(?![^<>]*(?:class|display|hidden))(?:\s[^<>]*)?>[^<>]*[^<>\s][^<>]*(<\/\1>(?:\s*<\/(?:p|div|td|tr|tbody|table|center|li|ul|ol|section|main|body|html)>)*\s*)$/i;

export function behindWords(text: string, bottom: number | undefined): number | undefined {
  if (bottom === undefined) return undefined;
  const end = text.slice(Math.max(0, bottom - LONGEST_END), bottom);
  const tags = LAST_WORDS.exec(end)?.[2];
  return tags === undefined ? undefined : bottom - tags.length;
}

function isBlankCode(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

export function isBlank(text: string, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    if (!isBlankCode(text.charCodeAt(position))) return false;
  }
  return true;
}
