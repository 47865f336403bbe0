import { judgeAddress } from './address-signs.ts';
import type { ByteEdit, RawEdit } from './encoded-body.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import type { LeftLink } from './untouched-links.ts';
import { LONGEST_LINK, unsubscribeTargets, whyAddressLeft, type UnsubscribeTargets } from './link-rules.ts';
import { LinkTable, MOST_LINKS } from './link-table.ts';
import { toByteEdits, toRawEdits, type OpenedEntity } from './opened-entity.ts';
import type { PreparedMessage } from './prepared-message.ts';
import { findAddresses, type TextAddress } from './text-addresses.ts';
import { LONGEST_LINE } from './unencoded.ts';

export interface TextPlan {
  edits: readonly ByteEdit[];
  links: TrackedLink[];
  /** Addresses that stay, in order; when they are to be tracked. */
  left: LeftLink[];
}

/**
 * Decides what becomes of the addresses in plain text: ours are turned back, and, if `options` says so, those that may
 * be are tracked. The reader sees the address that is followed, so nothing is shown that is not true.
 */
export function planText(
  opened: OpenedEntity,
  options: Pick<HtmlOptions, 'linkUrl' | 'isTracked'>,
  unsubscribe: UnsubscribeTargets,
): TextPlan {
  const { text } = opened.text;
  const table = new LinkTable(options);
  const room = new LineRoom(text, opened.unfoldable);
  const edits: TextEdit[] = [];
  const left: LeftLink[] = [];
  let judgedAddresses = 0;
  const addresses = findAddresses(text);
  for (const [index, address] of addresses.entries()) {
    const { start, end } = address;
    const href = text.slice(start, end);
    const judged = judgeAddress(href);
    const own = table.own(judged);
    const isOthers = own !== undefined && (own.kind === 'pixel' || own.destination === undefined);
    if (isOthers || (address.cut && own === undefined)) {
      const code = isOthers ? 'already-tracked' : 'cut-address';
      if (options.linkUrl !== null) left.push({ at: start, href, code });
      continue;
    }
    if (own?.kind === 'trap') {
      // Where HTML was turned to text, in the brackets that programs put around a link's address.
      const bracketed = text[start - 1] === '<' && text[end] === '>' ? 1 : 0;
      edits.push({ start: start - bracketed, end: end + bracketed, text: '' });
      continue;
    }
    const destination = own?.destination ?? href;
    let goal = destination;
    if (options.linkUrl !== null) {
      judgedAddresses += 1;
      const leading = own === undefined ? judged : judgeAddress(destination);
      const refusal =
        judgedAddresses > MOST_LINKS
          ? 'too-many-links'
          : whyAddressLeft(leading, wordsAround(opened, addresses, index), { unsubscribe, unicode: true });
      const longest = Math.min(LONGEST_LINK, room.longest(address));
      const tracked = refusal ?? table.track(destination, longest);
      if (typeof tracked === 'string') left.push({ at: start, href: destination, code: tracked });
      else goal = tracked.to;
    }
    const target = spelled(goal);
    if (target === href) continue;
    room.take(target.length - href.length);
    edits.push({ start, end, text: target });
  }
  return { edits: toByteEdits(opened, edits), links: table.links, left };
}

/** In plain text there is no other spelling of what is no ASCII. */
function spelled(address: string): string {
  return /^[\x21-\x7e]+$/.test(address) ? address : new URL(address).href;
}

/** How far words around an address are looked at, and how many other addresses are among them. */
const MOST_WORDS = 300;
const MOST_NEIGHBOURS = 20;

/**
 * The words of its line and of the one before. Without the addresses among them: they get longer, and then a second pass
 * would look at other words.
 */
function wordsAround(
  { text: opened }: OpenedEntity,
  addresses: readonly TextAddress[],
  index: number,
): string {
  const { text } = opened;
  let before = '';
  for (let at = index; before.length < MOST_WORDS && at >= 0 && at > index - MOST_NEIGHBOURS; at -= 1) {
    const end = addresses[at]?.start ?? 0;
    const start = Math.max(addresses[at - 1]?.end ?? 0, end - (MOST_WORDS - before.length));
    before = opened.read(start, end) + before;
    if (start > (addresses[at - 1]?.end ?? 0)) break;
  }
  let after = '';
  for (let at = index; after.length < MOST_WORDS && at < index + MOST_NEIGHBOURS; at += 1) {
    const { end } = addresses[at] ?? { end: text.length };
    const next = addresses[at + 1]?.start ?? text.length;
    after += opened.read(end, Math.min(next, end + MOST_WORDS - after.length));
    if (after.includes('\n')) break;
  }
  const [line = ''] = after.split('\n', 1);
  return `${before.split('\n').slice(-2).join('\n')} ${line}`;
}

/** Keeps lines that cannot be folded within what a mail allows. */
class LineRoom {
  readonly #text: string;
  readonly #limited: boolean;
  #end = -1;
  #length = 0;

  constructor(text: string, limited: boolean) {
    this.#text = text;
    this.#limited = limited;
  }

  /** How long what stands in an address's place may be. Addresses come in order. */
  longest({ start, end }: TextAddress): number {
    if (start > this.#end) {
      const newline = this.#text.indexOf('\n', start);
      this.#end = newline === -1 ? this.#text.length : newline;
      this.#length = this.#end - (this.#text.lastIndexOf('\n', start) + 1);
    }
    return this.#limited ? end - start + LONGEST_LINE - this.#length : Infinity;
  }

  /** The line got longer, or shorter. */
  take(growth: number): void {
    this.#length += growth;
  }
}

/** Turns our links back in the plain text beside HTML: a reply quotes them there too. */
export function restoreTexts(
  { quotedTexts }: Pick<PreparedMessage, 'quotedTexts'>,
  { isTracked }: Pick<HtmlOptions, 'isTracked'>,
): RawEdit[] {
  if (isTracked === undefined) return [];
  return quotedTexts.flatMap((opened) =>
    toRawEdits(opened, planText(opened, { linkUrl: null, isTracked }, unsubscribeTargets([])).edits),
  );
}
