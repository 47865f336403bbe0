import type { Client } from '@waybill/sdk';
import browsers from '../../data/browsers.json' with { type: 'json' };

const NAMED = new Map(browsers.named.map(([token, name], rank) => [token ?? '', { name: name ?? '', rank }]));
const PHRASES = browsers.phrases.map(([phrase, name]) => ({ phrase: phrase ?? '', name: name ?? '' }));
const ANY_PHRASE = new RegExp(
  PHRASES.map(({ phrase }) => phrase.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|'),
);
const PLAIN = new Set(browsers.plain);
const STALE_BELOW = new Map(Object.entries(browsers.stale.desktopBelow));
const VERY_STALE_BELOW = new Map(Object.entries(browsers.stale.veryDesktopBelow));
const DEAD_BELOW = new Map(Object.entries(browsers.dead.desktopBelow));

const GENERIC = new Set([
  'Chrome',
  'Chrome WebView',
  'Electron app',
  'Firefox',
  'In-app browser',
  'Safari',
  'WebKit',
  'Gecko browser',
  'Browser',
]);
const PRODUCT = /([^\s/();,[\]]+)(?:\/([^\s();,[\]]*))?/g;
const ENGINE = /applewebkit|gecko\/|trident|msie \d|presto|khtml|goanna|nintendo/;
/** Consoles, televisions and readers keep the browser that they were made with. */
const APPLIANCE =
  /playstation|nintendo|xbox|smart-?tv|\btv\b|bravia|web0s|tizen|hbbtv|netcast|viera|aquos|roku|crkey|appletv|kindle|kobo|\baft[a-z]{1,4}\b/;

export interface BrowserAgent {
  client: Client;
  /** A browser inside another app, e.g. a mail program's own viewer. */
  embedded: boolean;
  /** An app or device by its own name, see `phrases`. */
  isApp: boolean;
  /** A desktop browser too old to be a present-day reader's. */
  dead: boolean;
  /** The name says no more than what many apps are built on. */
  generic: boolean;
  /** Says the rendering engine and nothing more, as Apple Mail does. */
  engineOnly: boolean;
  /** Product tokens that no known browser carries, those with a version first. */
  foreign: string[];
  /** Years that a desktop browser is behind at the date of the table: 0 up to two, 2, 3 or more. */
  yearsBehind: 0 | 2 | 3;
  /** Carries marks of software that was installed on a real machine, which made-up strings lack. */
  livedIn: boolean;
}

/** @param agent a User-Agent in lower case; undefined is returned when it is not shaped like a browser's */
export function parseBrowser(agent: string): BrowserAgent | undefined {
  if (!/^(?:mozilla|opera)\/\d/.test(agent) || !agent.includes('(') || !ENGINE.test(agent)) return undefined;
  const products = productsOf(agent);
  const unknown = [...products].filter(([token]) => !NAMED.has(token) && !PLAIN.has(token));
  const versioned = unknown.filter(([, version]) => version !== '');
  const foreign = [...versioned, ...unknown.filter(([, version]) => version === '')].map(([token]) => token);
  const os = osOf(agent);
  const device = deviceOf(agent, os);
  // Android's WebView, and that of Windows' own mail program.
  const webview = /; ?wv\)|; webview\/\d/.test(agent);
  const engineOnly =
    products.has('applewebkit') &&
    !products.has('safari') &&
    !products.has('version') &&
    named(products) === undefined;
  const { name, version } = nameOf(agent, products, { webview, engineOnly });
  const dead = device === 'desktop' && !webview && foreign.length === 0 && isDead(agent, name, version);
  const livedIn =
    /\.net(?: clr|4)|slcc|media center|infopath|tablet pc/.test(agent) ||
    isLastOfSystem(agent, name, version);
  const client: Client = {
    name,
    device,
    ...(version === undefined ? {} : { version }),
    ...(os === undefined ? {} : { os }),
  };
  return {
    client,
    isApp: ANY_PHRASE.test(agent),
    embedded: webview || (engineOnly && device !== 'desktop'),
    dead,
    engineOnly,
    foreign,
    generic: GENERIC.has(name),
    livedIn,
    yearsBehind: device === 'desktop' && !livedIn ? yearsBehind(name, version) : 0,
  };
}

function isDead(agent: string, name: string, version: string | undefined): boolean {
  // Internet Explorer's engine never ran there: a made-up string.
  if (/trident\/|msie/.test(agent) && /mac os x (?:v?1\d|v10)|linux/.test(agent)) return true;
  return Number.parseInt(version ?? '', 10) < (DEAD_BELOW.get(name) ?? 0);
}

function yearsBehind(name: string, version: string | undefined): 0 | 2 | 3 {
  const major = Number.parseInt(version ?? '', 10);
  if (major < (VERY_STALE_BELOW.get(name) ?? 0)) return 3;
  return major < (STALE_BELOW.get(name) ?? 0) ? 2 : 0;
}

/** The last version that an old system can run is still somebody's. */
function isLastOfSystem(agent: string, name: string, version: string | undefined): boolean {
  const major = Number.parseInt(version ?? '', 10);
  return browsers.dead.lastOfSystem.some(
    (row) =>
      row.browser === name && row.major === major && row.systems.some((system) => agent.includes(system)),
  );
}

export function osOf(agent: string): string | undefined {
  // Most are one of these, and say nothing of the others.
  if (agent.includes('windows nt') && !/phone|android|ce;|iemobile|ios/.test(agent)) return 'Windows';
  if (/windows phone|windows mobile|windows ce|iemobile/.test(agent)) return 'Windows Phone';
  if (/iphone|ipod|ipad|\bios[ /]\d|watchos/.test(agent)) return 'iOS';
  if (/\btizen\b/.test(agent)) return 'Tizen';
  if (/\bkaios\b/.test(agent)) return 'KaiOS';
  if (/web0s|webos|hpwos/.test(agent)) return 'webOS';
  if (/android|dalvik/.test(agent)) return 'Android';
  if (/symbian|symbos|series ?60/.test(agent)) return 'Symbian';
  if (/windows|win32|win64|\bwin(?:9[58]|nt)/.test(agent)) return 'Windows';
  if (/mac ?os|macintosh|\bmacos\//.test(agent)) return 'macOS';
  if (/\bcros\b/.test(agent)) return 'ChromeOS';
  if (/linux|ubuntu|x11|wayland/.test(agent)) return 'Linux';
  // CFNetwork of Apple devices names only the kernel; the processor is named on Macs alone.
  if (/darwin\//.test(agent)) return /mobile/.test(agent) ? 'iOS' : 'macOS';
  if (/blackberry|\bbb10\b/.test(agent)) return 'BlackBerry';
  return undefined;
}

export function deviceOf(agent: string, os: string | undefined): 'desktop' | 'phone' | 'tablet' | 'unknown' {
  if (/ipad|kindle|kobo|playbook|\(tablet;|; tablet;/.test(agent)) return 'tablet';
  if (APPLIANCE.test(agent)) return os === 'Tizen' && /mobile/.test(agent) ? 'phone' : 'unknown';
  if (PHONE_SYSTEMS.has(os ?? '') || /webos\/|hpwos|midp|j2me|opera (?:mini|mobi)|\(mobile;/.test(agent))
    return 'phone';
  // Tablets' browsers leave the word out; what is no browser says nothing either way.
  if (os === 'Android')
    return /mobile|\bphone\b/.test(agent) || !agent.startsWith('mozilla') ? 'phone' : 'tablet';
  return os === undefined ? 'unknown' : 'desktop';
}

const PHONE_SYSTEMS = new Set(['iOS', 'Windows Phone', 'BlackBerry', 'Symbian', 'KaiOS']);

/** Products outside of comments, with their versions. */
function productsOf(agent: string): Map<string, string> {
  const products = new Map<string, string>();
  let bare = agent;
  for (let before = ''; before !== bare;) {
    before = bare;
    bare = bare.replace(/\([^()]*\)?/g, ' ');
  }
  for (const [, token = '', version = ''] of bare.matchAll(PRODUCT)) {
    if (/[a-z]/.test(token) && !products.has(token)) products.set(token, version);
  }
  return products;
}

function named(products: ReadonlyMap<string, string>): { name: string; version?: string } | undefined {
  let best: { name: string; rank: number; version: string } | undefined;
  for (const [token, version] of products) {
    const known = NAMED.get(token);
    if (known !== undefined && (best === undefined || known.rank < best.rank)) best = { ...known, version };
  }
  if (best === undefined) return undefined;
  const version = /^\d+(?:\.\d+)*/.exec(best.version)?.[0];
  return version === undefined ? { name: best.name } : { name: best.name, version };
}

function nameOf(
  agent: string,
  products: ReadonlyMap<string, string>,
  { webview, engineOnly }: { webview: boolean; engineOnly: boolean },
): { name: string; version?: string } {
  const versionToken = /^\d+(?:\.\d+)*/.exec(products.get('version') ?? '')?.[0];
  const withVersion = (name: string): { name: string; version?: string } =>
    versionToken === undefined ? { name } : { name, version: versionToken };
  const phrase = ANY_PHRASE.test(agent)
    ? PHRASES.find(({ phrase: piece }) => agent.includes(piece))
    : undefined;
  if (phrase !== undefined) return withVersionAfter(agent, phrase);
  const found = named(products);
  if (found?.name === 'Opera' && products.has('opera') && versionToken !== undefined)
    return withVersion('Opera');
  if (found !== undefined)
    return webview && found.name === 'Chrome' ? { ...found, name: 'Chrome WebView' } : found;
  const explorer = /msie (\d+[\d.]*)/.exec(agent)?.[1] ?? /trident\/.*rv:(\d+[\d.]*)/.exec(agent)?.[1];
  if (explorer !== undefined) return { name: 'Internet Explorer', version: explorer };
  if (engineOnly) return { name: /iphone|ipad|ipod/.test(agent) ? 'In-app browser' : 'WebKit' };
  if (products.has('safari')) return withVersion(/android/.test(agent) ? 'Android Browser' : 'Safari');
  return { name: products.has('gecko') ? 'Gecko browser' : 'Browser' };
}

function withVersionAfter(
  agent: string,
  { phrase, name }: { phrase: string; name: string },
): { name: string; version?: string } {
  const version = /^[a-z ]*[/ ]?v?(\d+(?:\.\d+)*)/.exec(
    agent.slice(agent.indexOf(phrase) + phrase.length),
  )?.[1];
  return version === undefined ? { name } : { name, version };
}
