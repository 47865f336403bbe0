import { plainHost, SHORT_SEGMENT, type JudgedAddress } from './address-signs.ts';
import type { HtmlOptions } from './html-options.ts';

type IsTracked = NonNullable<HtmlOptions['isTracked']>;

/** A gateway that rewrites addresses in the mail it passes on, and how to read the one inside. */
interface Gateway {
  host: RegExp;
  /** The address inside, undefined when there is none. */
  inside: (address: string) => string | undefined;
}

/** The first of these parameters that an address has, as URLSearchParams would read it, at a fraction of its cost. */
const parameter =
  (...names: string[]) =>
  (address: string): string | undefined => {
    const [withoutFragment = ''] = address.split('#', 1);
    const query = withoutFragment.indexOf('?');
    if (query === -1) return undefined;
    const given = withoutFragment.slice(query + 1).split('&', MOST_PARAMETERS);
    for (const name of names) {
      const found = given.find((each) => each.startsWith(name) && each[name.length] === '=');
      if (found !== undefined) return formDecoded(found.slice(name.length + 1));
    }
    return undefined;
  };

function fragment(address: string): string | undefined {
  const hash = address.indexOf('#');
  return hash === -1 ? undefined : address.slice(hash + 1);
}

/** No gateway writes so many. */
const MOST_PARAMETERS = 100;

/** Percent codes that are none, or no UTF-8, are read as leniently as URLSearchParams does. */
function formDecoded(value: string): string {
  const spaced = value.includes('+') ? value.replaceAll('+', ' ') : value;
  if (!spaced.includes('%')) return spaced;
  return decoded(spaced) ?? new URLSearchParams(`v=${value}`).get('v') ?? '';
}

/** Mimecast and others keep the address to themselves: such links cannot be turned back. */
const GATEWAYS: readonly Gateway[] = [
  // Microsoft Defender Safe Links
  { host: /\.safelinks\.protection\.(?:outlook\.com|office365\.us|outlook\.cn)$/, inside: parameter('url') },
  // Proofpoint URL Defense: https://help.proofpoint.com, "URL Defense decoder"
  { host: /^urldefense(?:\.proofpoint)?\.(?:com|us)$/, inside: proofpoint },
  // Barracuda Link Protection
  { host: /^linkprotect\.cudasvc\.com$/, inside: parameter('a') },
  // Google's redirect, in mail copied from Gmail and Docs
  { host: /^(?:www\.)?google\.[a-z.]+$/, inside: parameter('q', 'url') },
  // Cisco Secure Email: the address is the rest of the path
  {
    host: /^secure-web\.cisco\.com$/,
    inside: (address) => decoded(/^\/[^/]+\/(.+)$/.exec(URL.parse(address)?.pathname ?? '')?.[1]),
  },
  // Trellix (FireEye), Symantec
  { host: /^protect\d?\.fireeye\.com$|^clicktime\.symantec\.com$/, inside: parameter('u') },
  // Trend Micro Time-of-Click Protection
  { host: /\.trendmicro\.(?:com|eu)$/, inside: parameter('url') },
  // Sophos Time of Click
  {
    host: /\.protection\.sophos\.com$/,
    inside: (address) => Buffer.from(parameter('u')(address) ?? '', 'base64').toString(),
  },
  // Image proxies: Gmail has the address as the fragment, Yahoo as a parameter
  { host: /\.googleusercontent\.com$/, inside: fragment },
  { host: /\.yusercontent\.com$/, inside: parameter('url') },
];

/** Gateways wrap what others have wrapped; nobody has seen more of them. */
const MOST_LAYERS = 5;

/** Everything shorter holds no address inside another. */
const INSIDE = /http|aHR0c/i;

/** Recognises our own addresses also where gateways and image proxies have wrapped them. */
export function readThroughGateways(
  { href: address, signs, host }: JudgedAddress,
  isTracked: IsTracked,
): ReturnType<IsTracked> {
  const own = (signs & SHORT_SEGMENT) === 0 ? undefined : isTracked(address);
  if (own !== undefined || (host !== undefined && gatewayOf(host) === undefined)) return own;
  let inner = INSIDE.test(address.slice(4)) ? unwrap(address, host) : undefined;
  for (let layer = 1; layer < MOST_LAYERS && inner !== undefined; layer += 1) {
    const found = isTracked(inner);
    if (found !== undefined) return found;
    inner = INSIDE.test(inner.slice(4)) ? unwrap(inner, plainHost(inner, 0, inner.length)) : undefined;
  }
  return undefined;
}

/** The host that was asked for last: most addresses of a mail have the same. */
let latest: { host: string; gateway: Gateway | undefined } = { host: '', gateway: undefined };

const ANY_GATEWAY = new RegExp(GATEWAYS.map(({ host }) => host.source).join('|'));

function gatewayOf(host: string): Gateway | undefined {
  if (host !== latest.host) {
    const gateway = ANY_GATEWAY.test(host) ? GATEWAYS.find((each) => each.host.test(host)) : undefined;
    latest = { host, gateway };
  }
  return latest.gateway;
}

/** @param host undefined of an address that has to be parsed to know it */
function unwrap(address: string, host = URL.parse(address)?.hostname): string | undefined {
  const inside = host === undefined ? undefined : gatewayOf(host)?.inside(address);
  return inside !== undefined && /^https?:\/\//i.test(inside) ? inside : undefined;
}

const PROOFPOINT_VERSION = /^https?:\/\/[^/?#]*\/(v[12])\//i;

function proofpoint(address: string): string | undefined {
  switch (PROOFPOINT_VERSION.exec(address)?.[1]) {
    case 'v1':
      return parameter('u')(address);
    case 'v2':
      // "-" for "%" and "_" for "/".
      return decoded(parameter('u')(address)?.replaceAll('-', '%').replaceAll('_', '/'));
    default:
      return proofpoint3(address);
  }
}

/** `…/v3/__TEXT__;KEPT!…`: some characters of the address are kept apart from the others. */
function proofpoint3(address: string): string | undefined {
  const start = address.indexOf('/v3/__');
  const [, text, codes = ''] =
    /^.{6}(.+)__;([\w-]*)(?:!|$)/.exec(start === -1 ? '' : address.slice(start)) ?? [];
  const whole = text && putBack(text, Buffer.from(codes, 'base64url').toString());
  return whole?.replace(/^(https?:\/)(?=[^/])/i, '$1/');
}

const RUN_LENGTHS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * `*` stands for the next of the characters kept apart, `**X` for a run of them, from two on.
 *
 * @returns undefined when there are too few of them
 */
function putBack(text: string, kept: string): string | undefined {
  const characters = Array.from(kept);
  let whole = '';
  let position = 0;
  for (let next = 0; next < characters.length;) {
    const star = text.indexOf('*', position);
    if (star === -1) break;
    const isRun = text[star + 1] === '*' && star + 2 < text.length;
    const count = isRun ? RUN_LENGTHS.indexOf(text.charAt(star + 2)) + 2 : 1;
    whole += text.slice(position, star) + characters.slice(next, next + count).join('');
    next += count;
    position = star + (isRun ? 3 : 1);
  }
  return text.includes('*', position) ? undefined : whole + text.slice(position);
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
