import type { JudgedAddress } from './address-signs.ts';
import type { AttributePlace } from './html-attributes.ts';
import type { LinkReasonCode } from './link-reasons.ts';
import type { ShownTexts } from './link-texts.ts';

/** An `a href` with an http or https address, whether or not it will be tracked. */
export interface LinkSite extends JudgedAddress, ShownTexts {
  /** Of the tag. */
  start: number;
  place: AttributePlace;
  /** Behind the tag. */
  tagEnd: number;
  /** The end tag, if there is one. */
  closing: { start: number; end: number } | undefined;
  /** Of a link that Microsoft's Safe Links rewrote: where the address as it was is kept. */
  original: AttributePlace | undefined;
  /** Marked by the author as not to be tracked. */
  marked: boolean;
  /** Why it is not to be tracked: the same for all copies, and so decided once; undefined until then. */
  refusal: LinkReasonCode | 'none' | undefined;
}

/** Offsets of an `a href` that leads to no web page, and of its value as far as it is worth reading. */
export interface OtherLink {
  start: number;
  valueStart: number;
  valueEnd: number;
}

/** What makes a mail program fetch an image, and may be a pixel of ours. */
export interface ImageSite extends JudgedAddress {
  /** Of the markup that goes when the pixel does: an element, or the address in a style. */
  start: number;
  end: number;
  /** `image`: an element. `background`: in a style. */
  carrier: 'image' | 'background';
  /** What stays in its place. */
  instead: '' | 'none';
}
