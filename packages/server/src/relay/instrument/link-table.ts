import type { JudgedAddress } from './address-signs.ts';
import { readThroughGateways } from './gateway-address.ts';
import type { HtmlOptions, TrackedLink } from './html-options.ts';
import type { LinkReasonCode } from './link-reasons.ts';

/**
 * Links of a mail that are looked at; no mail to a person has so many, and what others have is not signed for each copy.
 * Tokens count to 65,534.
 */
export const MOST_LINKS = 5_000;

/** An address of ours. */
export type OwnAddress = NonNullable<ReturnType<NonNullable<HtmlOptions['isTracked']>>>;

/** The tracked links of one copy: one for each destination. */
export class LinkTable {
  readonly #linkUrl: HtmlOptions['linkUrl'];
  readonly #isTracked: HtmlOptions['isTracked'];
  readonly #links = new Map<string, TrackedLink>();

  constructor({ linkUrl, isTracked }: Pick<HtmlOptions, 'linkUrl' | 'isTracked'>) {
    this.#linkUrl = linkUrl;
    this.#isTracked = isTracked;
  }

  /** By first appearance. */
  get links(): TrackedLink[] {
    return [...this.#links.values()];
  }

  /** What an address is, if it is one of ours. */
  own(address: JudgedAddress): OwnAddress | undefined {
    return this.#isTracked && readThroughGateways(address, this.#isTracked);
  }

  /** The tracked address of a destination, or why it has none. @param longest how long it may be */
  track(destination: string, longest: number): TrackedLink | LinkReasonCode {
    const known = this.#links.get(destination);
    if (known !== undefined) return known.to.length <= longest ? known : 'too-long';
    // A tracked address holds its destination.
    if (destination.length > longest) return 'too-long';
    const index = this.#links.size + 1;
    const to = this.#linkUrl?.(destination, index) ?? destination;
    if (to === destination) return 'malformed';
    if (to.length > longest) return 'too-long';
    const link = { from: destination, to, index };
    this.#links.set(destination, link);
    return link;
  }
}
