import type { Client } from '@waybill/sdk';
import type { Evidence } from './evidence.ts';

/** What kind of agent a User-Agent names. */
export type Species =
  | 'absent' /* not known whether one was sent */
  | 'blank'
  | 'bare' /* `Mozilla/5.0` and nothing else */
  | 'image-proxy'
  | 'gmail-prefetch'
  | 'mail-client'
  | 'browser'
  | 'embedded-browser'
  | 'dead-browser'
  | 'scanner'
  | 'preview-bot'
  | 'program'
  | 'app'; /* an app of an Apple device that says nothing of its purpose */

export interface Agent {
  species: Species;
  client: Client;
  /** The agent names itself or is in a reviewed table; otherwise its species was inferred from shape and words. */
  named: boolean;
  /** Apple's engine and nothing after it: Apple Mail, or another app's viewer. */
  engineOnly?: boolean;
  /** An old browser with marks of a real machine's installed software. */
  livedIn?: boolean;
  /** Of a desktop browser, see `BrowserAgent`. */
  yearsBehind?: 0 | 2 | 3;
  /** What the agent says of itself as evidence, kept by `identity.ts`. */
  said?: { open?: readonly Evidence[]; click?: readonly Evidence[] };
}
