import type { JudgedAddress } from './address-signs.ts';
import { readThroughGateways } from './gateway-address.ts';
import type { HtmlOptions, TrackedLink } from './html-options.ts';
import type { LinkReasonCode } from './link-reasons.ts';

/** Tokens count links in 16 bits, and the last number is the trap's; whatever has more is no mail to a person. */
const MOST_LINKS = 65_534;

export interface ReadAddress {
  destination: string;
  own: boolean;
  /** Of a link of ours that nobody can see: it goes. */
  trap: boolean;
}

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

  /** Where an address leads in the end, and whether it is one of ours; undefined when it must stay as it is. */
  read(address: JudgedAddress): ReadAddress | undefined {
    const own = this.#isTracked && readThroughGateways(address, this.#isTracked);
    if (own === undefined) return { destination: address.href, own: false, trap: false };
    if (own.kind === 'pixel' || own.destination === undefined) return undefined;
    return { destination: own.destination, own: true, trap: own.kind === 'trap' };
  }

  /** The tracked address of a destination, or the destination when it has none or one that is too long. */
  track(destination: string, longest: number): string {
    const known = this.#links.get(destination);
    if (known !== undefined) return known.to.length <= longest ? known.to : destination;
    if (this.#linkUrl === null || this.#links.size >= MOST_LINKS) return destination;
    const index = this.#links.size + 1;
    const to = this.#linkUrl(destination, index);
    if (to === destination || to.length > longest) return destination;
    this.#links.set(destination, { from: destination, to, index });
    return to;
  }

  /** Why {@link track} gave the destination itself. */
  whyNot(destination: string): LinkReasonCode {
    if (this.#links.has(destination)) return 'too-long';
    if (this.#links.size >= MOST_LINKS) return 'too-many-links';
    return this.#linkUrl?.(destination, this.#links.size + 1) === destination ? 'malformed' : 'too-long';
  }
}
