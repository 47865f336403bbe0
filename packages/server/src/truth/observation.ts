import type { Actor, Client, Network, Place, Reason } from '@waybill/sdk';

/** One hit as the judgement wants to see it. An absent field is unknown; `userAgent: ''` was really sent blank. */
export interface Observation {
  kind: 'open' | 'click';
  method?: string;
  userAgent?: string;
  ip?: string;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** Since the mail went out; negative when it came before. */
  secondsAfterSend?: number;
  /** Time of the hit, ms since 1970; preferred over `secondsAfterSend` for distances between hits. */
  atMs?: number;
  /** Any name of the link within the message. */
  link?: string | number;
  /** How many different links the message has. */
  linkCount?: number;
  /** The link is invisible to people. */
  honeypot?: boolean;
  /** The address was used by the sender in recent sessions. */
  senderAddress?: boolean;
  /** End of the address's host name, by forward-confirmed reverse DNS; see `tellingSuffix`. */
  host?: string;
  /** Of a click: what the same address did with other recipients' copies around the same time. */
  elsewhere?: readonly Elsewhere[];
  /** Hits on earlier mails to the same recipient. */
  earlier?: readonly Observation[];
  /** The recipient had answered the mail by then: its image is in the answer, too. */
  afterReply?: boolean;
}

/** A link that the same address followed in another copy. */
export interface Elsewhere {
  /** Which copy; any name. */
  copy: string;
  /** From this hit to that one; negative when that came before. */
  secondsApart: number;
  link?: string | number;
  userAgent?: string;
}

export interface Judgement {
  actor: Actor;
  /** Probability that `actor` is right, 0..0.99, by the rule in `evidence.ts`; 0 for `unknown`, which claims nothing. */
  confidence: number;
  /** What speaks for the judgement, strongest first, then what speaks against it. */
  reasons: Reason[];
  client: Client;
  network: Network;
  place: Place;
}

/**
 * Published address ranges that mean something to the rules. Their data files are in `packages/server/data/ranges`
 * and name their source and date.
 */
export type RangeName =
  | 'google-image-proxy'
  | 'google-special-crawler'
  | 'apple-private-relay'
  | 'apple'
  | 'exchange-online'
  | 'defender-detonation'
  | 'barracuda'
  | 'security-vendor'
  | 'security-vendor-weak'
  | 'web-gateway'
  | 'mail-ru-image-proxy'
  | 'telegram';

/** What is known of addresses without asking anybody. Answers at once; an unknown address gives empty answers. */
export interface Lookup {
  network(ip: string): Network;
  /** Where the address is registered to be; the judgement decides whether that tells of a person. */
  place(ip: string): Place;
  ranges(ip: string): readonly RangeName[];
}
