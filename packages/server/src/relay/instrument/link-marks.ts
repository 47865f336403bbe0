import type { Attributes } from './html-attributes.ts';

/** How authors mark links that no tool shall track: ours first, then those of other mail services, kept on moving here. */
const MARKS: readonly (readonly [attribute: string, value: string | undefined])[] = [
  ['data-waybill', 'off'],
  ['clicktracking', 'off'],
  ['disable-tracking', 'true'],
  ['mc:disable-tracking', undefined],
  ['ses:no-track', undefined],
  ['data-pm-no-track', undefined],
];

export function isMarked(text: string, attributes: Attributes): boolean {
  if (attributes.count < 2) return false;
  for (const [name, wanted] of MARKS) {
    const value = attributes.raw(text, name);
    if (value !== undefined && (wanted === undefined || value.trim().toLowerCase() === wanted)) return true;
  }
  return false;
}
