import { SHORT_SEGMENT, type JudgedAddress } from './address-signs.ts';
import type { HtmlOptions } from './html-options.ts';

type IsTracked = NonNullable<HtmlOptions['isTracked']>;

/** A gateway that rewrites addresses in the mail it passes on, and how to read the one inside. */
interface Gateway {
  host: RegExp;
  /** The address inside, undefined when there is none. */
  inside: (url: URL) => string | undefined;
}

const parameter =
  (...names: string[]) =>
  ({ searchParams }: URL): string | undefined =>
    names.map((name) => searchParams.get(name)).find((value) => value !== null) ?? undefined;

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
    inside: ({ pathname }) => decoded(/^\/[^/]+\/(.+)$/.exec(pathname)?.[1]),
  },
  // Trellix (FireEye), Symantec
  { host: /^protect\d?\.fireeye\.com$|^clicktime\.symantec\.com$/, inside: parameter('u') },
  // Trend Micro Time-of-Click Protection
  { host: /\.trendmicro\.(?:com|eu)$/, inside: parameter('url') },
  // Sophos Time of Click
  {
    host: /\.protection\.sophos\.com$/,
    inside: (url) => Buffer.from(parameter('u')(url) ?? '', 'base64').toString(),
  },
  // Image proxies: Gmail has the address as the fragment, Yahoo as a parameter
  { host: /\.googleusercontent\.com$/, inside: ({ hash }) => hash.slice(1) },
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
  if (own !== undefined || !isGateway(host)) return own;
  let inner = INSIDE.test(address.slice(4)) ? unwrap(address) : undefined;
  for (let layer = 1; layer < MOST_LAYERS && inner !== undefined; layer += 1) {
    const found = isTracked(inner);
    if (found !== undefined) return found;
    inner = INSIDE.test(inner.slice(4)) ? unwrap(inner) : undefined;
  }
  return undefined;
}

/** The host that was asked for last: most addresses of a mail have the same. */
let latest = { host: '', gateway: false };

/** Whether an address may be a gateway's. @param host undefined of an address that has to be parsed to know it */
function isGateway(host: string | undefined): boolean {
  if (host === undefined) return true;
  if (host !== latest.host) latest = { host, gateway: GATEWAYS.some((gateway) => gateway.host.test(host)) };
  return latest.gateway;
}

function unwrap(address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null) return undefined;
  const inside = GATEWAYS.find(({ host }) => host.test(url.hostname))?.inside(url);
  return inside !== undefined && /^https?:\/\//i.test(inside) ? inside : undefined;
}

function proofpoint({ pathname, searchParams, href }: URL): string | undefined {
  const given = searchParams.get('u');
  if (pathname.startsWith('/v1/')) return given ?? undefined;
  // Version 2: "-" for "%" and "_" for "/".
  if (pathname.startsWith('/v2/')) return decoded(given?.replaceAll('-', '%').replaceAll('_', '/'));
  const start = href.indexOf('/v3/__');
  const [, text, codes = ''] =
    /^.{6}(.+)__;([\w-]*)(?:!|$)/.exec(start === -1 ? '' : href.slice(start)) ?? [];
  return text === undefined ? undefined : proofpoint3(text, Buffer.from(codes, 'base64url').toString());
}

const RUN_LENGTHS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Version 3: `*` stands for the next of the characters kept apart, `**X` for a run of them, from two on. */
function proofpoint3(text: string, kept: string): string {
  const characters = Array.from(kept);
  let next = 0;
  return text
    .replaceAll(/\*(?:\*(.))?/g, (_, run?: string) => {
      const count = run === undefined ? 1 : RUN_LENGTHS.indexOf(run) + 2;
      next += count;
      return characters.slice(next - count, next).join('');
    })
    .replace(/^(https?:\/)(?=[^/])/i, '$1/');
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
