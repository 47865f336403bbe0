/**
 * Agents as their makers document them, in several versions, systems and locales, and addresses of each kind of
 * network. Put together by hand from published forms; no line of anybody's traffic.
 */
const chrome = (system: string, version: number): string =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
const WINDOWS = 'Windows NT 10.0; Win64; x64';
const MAC = 'Macintosh; Intel Mac OS X 10_15_7';

export const BROWSERS: readonly string[] = [
  chrome(WINDOWS, 140),
  chrome(MAC, 143),
  chrome('X11; Linux x86_64', 144),
  `${chrome(WINDOWS, 143)} Edg/143.0.0.0`,
  chrome('Linux; Android 10; K', 143).replace(' Safari', ' Mobile Safari'),
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  `Mozilla/5.0 (${MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15`,
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
];

export const MAIL_CLIENTS: readonly string[] = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.2.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.9.1',
  'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18129; Pro)',
  'Mozilla/4.0 (compatible; ms-office; MSOffice 16)',
  `Mozilla/5.0 (${MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko)`,
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  `Mozilla/5.0 (${WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0 OneOutlook/1.2025.1001.100`,
];

export const SCANNERS: readonly string[] = ['Barracuda Sentinel (EE)', 'virustotalcloud', 'Google-Safety'];
export const PREVIEW_BOTS: readonly string[] = [
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'TelegramBot (like TwitterBot)',
  'WhatsApp/2.24.20.89 A',
  'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
];
export const PROGRAMS: readonly string[] = [
  'curl/8.10.1',
  'Wget/1.24.5',
  'python-requests/2.32.3',
  'Go-http-client/2.0',
  'okhttp/4.12.0',
  'axios/1.7.9',
  'Apache-HttpClient/5.3 (Java/21.0.2)',
  chrome('X11; Linux x86_64', 143).replace('Chrome', 'HeadlessChrome'),
];
export const IMAGE_PROXIES: readonly string[] = [
  'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
  'SeznamEmailProxy/2.0.21',
];

export const GMAIL_DISPLAY =
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
export const GMAIL_PREFETCH =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
export const APPLE_PRIVACY = 'Mozilla/5.0';
export const DEAD_BROWSERS: readonly string[] = [
  'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)',
  chrome('Windows NT 6.1; WOW64', 41),
  'Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1) Gecko/20061010 Firefox/2.0',
];

/** Real networks, since the published ranges and the table of networks are part of what is tested. */
export const FROM = {
  home: ['91.10.10.10', '24.60.1.2', '81.2.69.160', '86.200.10.10', '2003:e8::1'],
  servers: ['3.80.10.10', '18.204.10.1', '5.9.10.10', '51.15.10.10', '104.238.130.5'],
  azure: ['20.42.10.10'],
  googleDisplay: ['66.249.84.1', '74.125.210.5'],
  googlePrefetch: ['66.249.87.5', '66.249.90.7'],
  appleRelay: ['172.225.183.168', '104.28.77.146', '2a02:26f7:c38a:4000::f0f'],
  gateways: ['40.92.1.1', '104.47.10.10', '40.94.20.30', '3.24.133.130', '67.231.144.10', '205.139.110.10'],
  webGateway: ['165.225.72.10'],
} as const;
