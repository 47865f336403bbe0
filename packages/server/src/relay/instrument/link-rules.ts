import { CONTROL, MAY_BE_TEMPLATE, NOT_ASCII, SHORT_SEGMENT, type JudgedAddress } from './address-signs.ts';
import type { LinkReasonCode } from './link-reasons.ts';
import { holdsPlaceholder } from './placeholders.ts';

export interface LinkContext {
  unsubscribe: UnsubscribeTargets;
  /** Browsers encode the query of a link in the document's character set; true when that is a Unicode one. */
  unicode: boolean;
}

/** Internet Explorer, Outlook and some gateways cut longer addresses. Of the finished, tracked address. */
export const LONGEST_LINK = 2_000;

/**
 * Why a link with an http or https address is not to be tracked; undefined when it may be.
 *
 * @param text what it shows
 */
export function whyLeft(
  address: JudgedAddress,
  text: string,
  context: LinkContext,
): LinkReasonCode | undefined {
  return whyAddressLeft(address, text, context) ?? (showsAddress(text) ? 'shows-address' : undefined);
}

/** The same for an address in plain text. @param text the words around it */
export function whyAddressLeft(
  address: JudgedAddress,
  text: string,
  context: LinkContext,
): LinkReasonCode | undefined {
  const { href, signs } = address;
  if ((signs & MAY_BE_TEMPLATE) !== 0 && holdsPlaceholder(href)) return 'placeholder';
  if (!isSafeAddress(address, context)) return 'malformed';
  if (isUnsubscribe(address, text, context)) return 'unsubscribe';
  const isPath = (signs & SHORT_SEGMENT) !== 0 && href.includes('/l/');
  return isPath && LINK_OF_OTHERS.test(href) ? 'already-tracked' : undefined;
}

/** What comes back from the address exactly as it went in, whoever decodes it. */
function isSafeAddress({ href, signs, host }: JudgedAddress, { unicode }: LinkContext): boolean {
  const isAscii = (signs & NOT_ASCII) === 0;
  if ((signs & CONTROL) !== 0 || (!isAscii && (href.includes('\ufffd') || !href.isWellFormed())))
    return false;
  if (!(isAscii && host !== undefined) && !URL.canParse(href)) return false;
  return unicode || isAscii || !/\?[^#?]*[^\0-\x7f]/.test(href);
}

/** A tracked link of another server of ours, whose key is not here: not to be tracked again. */
const LINK_OF_OTHERS = /^https?:\/\/[^?#]+\/l\/[\w-]{40,}\?(?:[^#]*&)?to=https?%3A/i;

/** Words for leaving a list, in addresses and visible texts. */
const UNSUBSCRIBE =
  /unsub|opt[-_ ]?out|list-?remove|remove[-_]?me|abmeld|abbestell|austragen|desabonn|desinscri|darse de baja|cancelar (?:la )?su[bs]|cancelar inscri|descadastr|disiscri|cancella (?:la tua )?iscri|afmeld|uitschrijv|avregistrer|avprenumerer|frameld|wypisz|odhlas|leiratkoz/i;
/** The same in letters that are no ASCII; looked for only where there are some. */
const UNSUBSCRIBE_ABROAD =
  /d\u00e9sabonn|d\u00e9sinscri|odhl\u00e1s|отписа|配信停止|登録解除|退订|退訂|取消订阅|取消訂閱|수신\s?거부/i;

/** Leaving a list must work as its sender set it up, in one click (RFC 8058), and is nobody's reading. */
function isUnsubscribe({ href, host }: JudgedAddress, text: string, { unsubscribe }: LinkContext): boolean {
  if (UNSUBSCRIBE.test(href) || UNSUBSCRIBE.test(text) || leadsTo(href, host, unsubscribe)) return true;
  return /[^\0-\x7f]/.test(text) && UNSUBSCRIBE_ABROAD.test(text);
}

/** Whether an address is one of others, however it is spelled; what comes behind `#` stays in the browser. */
function leadsTo(href: string, host: string | undefined, { addresses, hosts }: UnsubscribeTargets): boolean {
  if (addresses.size === 0) return false;
  // Most links lead to other hosts: then nothing has to be parsed.
  if (host !== undefined && !hosts.has(host)) return false;
  return addresses.has(href) || addresses.has(canonicalAddress(href));
}

/** Where the message's List-Unsubscribe field leads (RFC 2369). */
export interface UnsubscribeTargets {
  /** As they are written, and as a browser would ask for them. */
  addresses: ReadonlySet<string>;
  hosts: ReadonlySet<string>;
}

export function unsubscribeTargets(written: readonly string[]): UnsubscribeTargets {
  const addresses = new Set(written.flatMap((target) => [target, canonicalAddress(target)]));
  return { addresses, hosts: new Set(written.map((target) => URL.parse(target)?.hostname ?? '')) };
}

/** An address in the spelling that a browser would ask for, the same text when it is none. */
export function canonicalAddress(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  url.hash = '';
  return url.href.replaceAll(/%[0-9a-f]{2}/g, (code) => code.toUpperCase());
}

/** Last labels that are file names' endings far more often than domains. */
const FILE_ENDING =
  /^(?:pdf|docx?|xlsx?|pptx?|odt|ods|odp|csv|txt|rtf|html?|xml|json|js|ts|css|php|jpe?g|png|gif|svg|webp|mp[34]|avi|wav|exe|msi|dmg|apk|iso|tar|gz|rar|7z|eml|ics|vcf|ppt|log|ini|cfg|yml|yaml)$/i;

/** What a host name cannot hold; letters of any script can be in one. */
const NOT_HOST = /[^\p{L}\p{N}.-]+/u;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const TOP_LEVEL = /^(?:xn--[a-z0-9-]+|\p{L}{2,24})$/iu;

/**
 * Whether the visible text shows an address. A tracked link leads elsewhere first, and mail programs and filters warn
 * of links that show one address and lead to another (Thunderbird's scam warning, rspamd's PHISHING).
 */
function showsAddress(visible: string): boolean {
  if (!mayShowAddress(visible)) return false;
  const text = withoutDisguise(visible);
  if (/https?:|www\.|:\/\/|[^\s@]@[^\s@]/i.test(text)) return true;
  // A host has a dot inside: most texts only have them behind words.
  return /[^\s.]\.+[^\s.]/.test(text) && text.split(NOT_HOST).some(isHost);
}

/** Whether there is a dot, a colon or an at sign, in ASCII or in full width; anything else than ASCII may hide one. */
function mayShowAddress(visible: string): boolean {
  for (let position = 0; position < visible.length; position += 1) {
    const code = visible.charCodeAt(position);
    if (code === 0x2e || code === 0x3a || code === 0x40) return true;
    if (code > 0x7f) return /[.:@\u3002\uff0e\uff61\uff20\uff1a\u2024\ufe52]/.test(visible);
  }
  return false;
}

/** Invisible and full-width characters must not hide an address. */
function withoutDisguise(visible: string): string {
  if (!/[^\0-\x7f]/.test(visible)) return visible;
  return visible
    .replaceAll(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .normalize('NFKC')
    .replaceAll('\u3002', '.');
}

function isHost(word: string): boolean {
  if (IPV4.test(word)) return true;
  const labels = word.split('.').filter((label) => label !== '');
  const last = labels.at(-1);
  return last !== undefined && labels.length > 1 && TOP_LEVEL.test(last) && !FILE_ENDING.test(last);
}
