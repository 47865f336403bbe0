import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { Keyring, linkUrl, pixelUrl } from '../../src/tracking/tracking.ts';

/** What the load consists of: as many different requests as a benchmark can hold, like those that mail programs send. */

export const MASTER_KEY = '11'.repeat(32);
const keyring = new Keyring(new Map([[1, Buffer.from(MASTER_KEY, 'hex')]]));
const DIFFERENT = 4_000;
/** One in so many pixels has a token that is not ours. */
const FORGED_EVERY = 20;

export interface Requests {
  paths: string[];
  /** How many of the paths have a signature of ours. */
  validShare: number;
}

export function pixelRequests(): Requests {
  const paths = Array.from({ length: DIFFERENT }, (_, n) => {
    const path = pixelUrl(keyring, '', claims(n));
    return n % FORGED_EVERY === 0 ? forged(path) : path;
  });
  return { paths, validShare: 1 - 1 / FORGED_EVERY };
}

export function forgedRequests(): Requests {
  return { paths: pixelRequests().paths.map(forged), validShare: 0 };
}

export function linkRequests(): Requests {
  const paths = Array.from({ length: DIFFERENT }, (_, n) =>
    linkUrl(
      keyring,
      '',
      { ...claims(n), linkIndex: 1 + (n % 12) },
      `https://shop.example.org/offers/${n % 40}?utm_source=newsletter&utm_campaign=autumn#top`,
    ),
  );
  return { paths, validShare: 1 };
}

function claims(n: number) {
  const subject = n.toString(16).padStart(8, '0').repeat(4);
  return { workspaceId: (1 + (n % 5)) as WorkspaceId, subject, linkIndex: 0, mode: 'full' as const };
}

/** Another last but one character of the MAC. */
function forged(path: string): string {
  const at = path.lastIndexOf('.') - 2;
  return path.slice(0, at) + (path[at] === 'A' ? 'B' : 'A') + path.slice(at + 1);
}

const BROWSERS = ['120.0.0.0', '121.0.0.0', '122.0.6261.94', '123.0.0.0', '124.0.0.0', '131.0.0.0'];
const SYSTEMS = [
  'Windows NT 10.0; Win64; x64',
  'X11; Linux x86_64',
  'Macintosh; Intel Mac OS X 10_15_7',
  'Linux; Android 14; Pixel 8',
];
const LANGUAGES = ['en-US,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.8', 'fr', 'es-ES,es;q=0.9', 'ja,en-US;q=0.7'];

/** Header sets, each of them what some mail program or proxy sends. */
export function headerSets(): Record<string, string>[] {
  const browsers = BROWSERS.flatMap((version) =>
    SYSTEMS.map((system, n) => ({
      'User-Agent': `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36`,
      Accept: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
      'Accept-Encoding': 'gzip, deflate',
      'Accept-Language': LANGUAGES[n % LANGUAGES.length] ?? 'en',
      Referer: 'https://mail.example.com/',
      'Sec-CH-UA-Platform': '"Windows"',
      Connection: 'keep-alive',
    })),
  );
  const programs = ['115.6.0', '128.3.1', '102.15.1'].map((version) => ({
    'User-Agent': `Mozilla/5.0 (X11; Linux x86_64; rv:${version.slice(0, 3)}.0) Gecko/20100101 Thunderbird/${version}`,
    Accept: 'image/avif,image/webp,*/*',
    'Accept-Language': 'en-US,en;q=0.5',
    'Accept-Encoding': 'gzip, deflate',
    Connection: 'keep-alive',
  }));
  const others = [
    {
      'User-Agent':
        'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
      'Accept-Encoding': 'gzip,deflate,br',
    },
    { 'User-Agent': 'Mozilla/5.0', Accept: '*/*', 'Accept-Language': 'en-US,en;q=0.9' },
    { Accept: '*/*', 'User-Agent': 'Mail/3774.600.62 CFNetwork/1568.200.51 Darwin/24.1.0' },
  ];
  return [...browsers, ...programs, ...others];
}
