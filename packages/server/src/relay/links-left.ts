import type { UntouchedLink } from '@waybill/sdk';
import type { LinksLeft } from '../messages/messages.ts';

/** What a message's row holds of them at most: it must not grow with the mail. */
const MOST_KEPT = 100;
const LONGEST_KEPT = 200;
const MOST_CHARACTERS = 6_000;

/** What the author marked (one-time sign-in, for one), or what takes a reader off a list, works for whoever has it. */
const SECRET: ReadonlySet<string> = new Set(['marked', 'unsubscribe', 'already-tracked']);

/** What is kept of links that stay as they are: how many for which reason, and the first ones. */
export function linksLeft(links: readonly UntouchedLink[]): LinksLeft | undefined {
  if (links.length === 0) return undefined;
  const counts = new Map<string, number>();
  const first: LinksLeft['first'] = [];
  let characters = 0;
  for (const { url, reason } of links) {
    counts.set(reason.code, (counts.get(reason.code) ?? 0) + 1);
    if (first.length >= MOST_KEPT || characters >= MOST_CHARACTERS) continue;
    const kept = keptOf(url, SECRET.has(reason.code));
    first.push([reason.code, kept]);
    characters += kept.length;
  }
  return { counts: [...counts], first };
}

function keptOf(url: string, isSecret: boolean): string {
  const shown = isSecret ? withoutSecret(url) : url;
  return shown.length > LONGEST_KEPT ? `${shown.slice(0, LONGEST_KEPT)}\u2026` : shown;
}

/** Whose server it is stays: `https://shop.example/…`. */
function withoutSecret(url: string): string {
  const origin =
    /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? /^[a-z][a-z\d+.-]*:/i.exec(url)?.[0] ?? '';
  return origin.length < url.length ? `${origin}/\u2026`.replace(/:\/\u2026$/, ':\u2026') : url;
}
