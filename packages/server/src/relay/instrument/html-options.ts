import type { Disclosure } from './disclosure.ts';

/** Replaces a range of the text. Texts are ASCII. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
  /** Where inside a tag a line may be broken, when it gets too long: offset before the range, at or behind its end. */
  breakBefore?: number | undefined;
  breakAfter?: number | undefined;
}

export interface TrackedLink {
  /** The address the author wrote, decoded. */
  from: string;
  /** The tracked address. */
  to: string;
  /** From 1, one per address, by first appearance. */
  index: number;
}

/**
 * What gives way where tracking would make a mail weigh over half a point more with SpamAssassin. `none`: nothing.
 * `links`: links. `pixel`: where that is not enough, the pixel.
 */
export type SpamCare = 'none' | 'links' | 'pixel';

export interface HtmlOptions {
  /** Null: no pixel. */
  pixelUrl: string | null;
  /**
   * The tracked address of a destination, null to leave links as they are. One that returns the destination itself
   * leaves this link.
   */
  linkUrl: ((destination: string, index: number) => string) | null;
  /** Of a link that nobody can see, put beside the pixel of mail with tracked links; none when it is not given. */
  trapUrl?: string;
  /**
   * Recognises our own addresses in quoted text; asked only about those with `/o/`, `/l/` or another address in them. Pixels and traps are removed. Links are turned back to their destination before
   * anything else; one without destination stays as it is.
   */
  isTracked?: (url: string) => { kind: 'pixel' | 'link' | 'trap'; destination?: string } | undefined;
  disclosure?: Disclosure;
  /** `links` when it is not given. */
  spamCare?: SpamCare;
}
