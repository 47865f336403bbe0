import { z } from 'zod';
import { DEFAULT_DATA_DIR } from './environment.ts';
import {
  cidrs,
  dkimKeys,
  domain,
  flag,
  httpUrl,
  imapAccounts,
  integer,
  list,
  listen,
  listenOrOff,
  masterKeys,
  receipts,
  refreshTokens,
  urlOf,
} from './setting-kinds.ts';

/**
 * Every setting, once: name in the environment, how it is read, its default and what it does.
 * `docs/configuration.md` is generated from this table, and the parsed value's type comes from it.
 */

interface Setting<S extends z.ZodType> {
  schema: S;
  /** The text that is read when the environment does not say; undefined: the setting is absent. */
  default?: string;
  about: string;
  secret?: true;
}

type Given<S extends z.ZodType> = Setting<S> & { default: string };

function setting<S extends z.ZodType>(definition: Given<S>): Given<S>;
function setting<S extends z.ZodType>(definition: Setting<S>): Setting<S>;
function setting<S extends z.ZodType>(definition: Setting<S>): Setting<S> {
  return definition;
}

export const SETTINGS = {
  WAYBILL_HTTP_LISTEN: setting({
    schema: listen,
    default: '127.0.0.1:8420',
    about: 'Where the dashboard, the API, the demo inbox, `/healthz`, `/readyz` and `/metrics` listen.',
  }),
  WAYBILL_EDGE_LISTEN: setting({
    schema: listen,
    default: '127.0.0.1:8425',
    about: "Where pixels, links and the recipient's page listen. The only listener the world must reach.",
  }),
  WAYBILL_EDGE_MAX_CONNECTIONS: setting({
    schema: integer(10, 1_000_000),
    default: '20000',
    about:
      'Connections of readers at the same time. When it is full, idle ones make room; a newcomer is sent away with 503 only if there are none.',
  }),
  WAYBILL_EDGE_MAX_CONNECTIONS_PER_ADDRESS: setting({
    schema: integer(1, 1_000_000),
    default: '2000',
    about:
      'The same for one IPv4 address, or one IPv6 /64. Programs on this machine and `WAYBILL_TRUSTED_PROXIES` are limited only in total.',
  }),
  WAYBILL_EDGE_REPEATS_PER_MINUTE: setting({
    schema: integer(0, 1_000_000),
    default: '600',
    about:
      'How many hits in a minute are recorded of one address with one User-Agent on one and the same image or link; five minutes’ worth may come at once. Further ones get the same answer and are only counted. Readers who share a proxy are not one source, since each mail has images and links of its own, and programs on this machine are never limited. `0`: no limit.',
  }),
  WAYBILL_EDGE_MAX_HEAD_BYTES: setting({
    schema: integer(4_096, 1_048_576),
    default: '32768',
    about: 'The largest request line with headers that the edge reads, in bytes; more is answered with 431.',
  }),
  WAYBILL_EDGE_HEAD_TIMEOUT_SECONDS: setting({
    schema: integer(1, 300),
    default: '10',
    about: 'How long a reader may take to send a request; who is slower is answered with 408 and cut off.',
  }),
  WAYBILL_EDGE_WORKERS: setting({
    schema: integer(1, 64),
    default: '1',
    about:
      'Processes that listen at `WAYBILL_EDGE_LISTEN` together, each with a hit log of its own; the system divides the connections among them (Linux and BSD). One serves tens of thousands of hits a second.',
  }),
  WAYBILL_PUBLIC_URL: setting({
    schema: httpUrl,
    about:
      'What pixels and links begin with, as readers reach the edge listener. Default: `http://` and the edge listener’s address.',
  }),
  WAYBILL_DASHBOARD_URL: setting({
    schema: httpUrl,
    about:
      'The address of the dashboard in notifications. Default: `http://` and the HTTP listener’s address.',
  }),
  WAYBILL_SMTP_LISTEN: setting({
    schema: listenOrOff,
    default: '127.0.0.1:2587',
    about: 'Submission with STARTTLS (RFC 6409), or `off`.',
  }),
  WAYBILL_SMTPS_LISTEN: setting({
    schema: listenOrOff,
    default: 'off',
    about: 'Submission with implicit TLS (RFC 8314), or `off`.',
  }),
  WAYBILL_FILTER_LISTEN: setting({
    schema: listenOrOff,
    default: 'off',
    about:
      'Content filter for a mail server such as Postfix, or `off`. It takes mail without AUTH, from `WAYBILL_FILTER_NETWORKS` and for senders of `WAYBILL_FILTER_DOMAINS` only.',
  }),
  WAYBILL_FILTER_NETWORKS: setting({
    schema: cidrs,
    default: '127.0.0.0/8, ::1/128',
    about: 'Networks whose mail servers may use the content filter, comma-separated.',
  }),
  WAYBILL_FILTER_DOMAINS: setting({
    schema: list,
    default: '',
    about:
      'Sender domains whose mail the content filter instruments, comma-separated. Mail of other senders passes untouched.',
  }),
  WAYBILL_SMTP_PLAIN_ON_LOOPBACK: setting({
    schema: flag,
    default: '1',
    about:
      '`1`: mail programs on this machine may sign in to submission without TLS. `0`: TLS first, always.',
  }),
  WAYBILL_MAX_MESSAGE_BYTES: setting({
    schema: integer(10_000, 200_000_000),
    default: '26214400',
    about: 'The largest message that submission and the API take, in bytes.',
  }),
  WAYBILL_SMTP_MAX_RECIPIENTS: setting({
    schema: integer(1, 50_000),
    default: '500',
    about: 'How many recipients one mail may have. A mail program sends to the others in another mail.',
  }),
  WAYBILL_SMTP_MAX_CONNECTIONS: setting({
    schema: integer(1, 1_000_000),
    default: '12000',
    about: 'SMTP connections at the same time, on all listeners together.',
  }),
  WAYBILL_SMTP_MAX_CONNECTIONS_PER_ADDRESS: setting({
    schema: integer(1, 1_000_000),
    default: '100',
    about:
      'SMTP connections of one IPv4 address, or one IPv6 /64, at the same time. Programs on this machine and servers that use the content filter are limited only in total.',
  }),
  WAYBILL_SMTP_RECIPIENTS_PER_HOUR: setting({
    schema: integer(0, 100_000_000),
    default: '100000',
    about:
      'To how many recipients an SMTP credential, and also an address, may send in an hour; what a stolen password is good for. `0`: no limit. Programs on this machine are counted by credential only.',
  }),
  WAYBILL_SMTP_MEMORY_BYTES: setting({
    schema: integer(1_000_000, 1_000_000_000_000),
    about:
      'Memory for mails while they come in by SMTP, all together, in bytes; when it is used up, further mails are put off. Default: 268435456, or twice `WAYBILL_MAX_MESSAGE_BYTES`, which is the least.',
  }),
  WAYBILL_TLS_CERT: setting({
    schema: z.string(),
    about:
      'Path of the PEM certificate chain for SMTP. Default: a self-signed one, generated. Reloaded when it changes.',
  }),
  WAYBILL_TLS_KEY: setting({
    schema: z.string(),
    about: 'Path of the PEM private key that belongs to `WAYBILL_TLS_CERT`.',
  }),
  WAYBILL_SMARTHOST_URL: setting({
    schema: urlOf(['smtp:', 'smtps:'], 'smtp://user:pass@mail.example.org:587'),
    secret: true,
    about:
      'The mail server that mail goes out through. `?tls=` at its end chooses `off`, `opportunistic`, `require` or `verify`; default: `verify` for `smtps://` and where a password goes to another machine, else `opportunistic`. No address: mail is captured in the demo inbox.',
  }),
  WAYBILL_REVERSE_DNS: setting({
    schema: flag,
    default: '0',
    about:
      '`1`: ask the DNS for the host names of readers’ addresses, after their hits are recorded, to know gateways and crawlers by them. Tells your resolver, and whoever runs the reverse zones, which addresses loaded your mail; only names of known gateways and crawlers are kept. `0`: nobody is asked.',
  }),
  WAYBILL_DEMO: setting({
    schema: flag,
    default: '0',
    about:
      '`1`: capture mail in the demo inbox although the tracking address is a public one and no smarthost is set.',
  }),
  WAYBILL_PLAIN_TEXT: setting({
    schema: z.enum(['keep', 'links', 'alternative'], { error: 'is none of keep, links and alternative' }),
    default: 'keep',
    about:
      'What is done with mail that has no HTML. `keep`: it passes untouched. `links`: web addresses in its text lead over Waybill, as the reader sees. `alternative`: the text stays byte for byte, and HTML that says the same is put beside it and carries the pixel, unless it is longer than 200 KB.',
  }),
  WAYBILL_SPAM_CARE: setting({
    schema: z.enum(['none', 'links', 'pixel'], { error: 'is none of none, links and pixel' }),
    default: 'links',
    about:
      'What gives way where tracking would make a mail weigh over half a point more with SpamAssassin, which mistrusts short HTML with images by its length. `none`: nothing, all is tracked. `links`: links stay as they are, as many as must, and say so. `pixel`: where that is not enough, the mail carries no pixel either, and says so; of short mail with images that is about one in five. docs/adr/0014 has the figures.',
  }),
  WAYBILL_TRAP_LINK: setting({
    schema: flag,
    default: '0',
    about:
      '`1`: copies with tracked links carry one more link that nobody can see; who follows it is a machine, and so is what else came from there. The price: some 250 bytes, hidden markup that spam filters may hold against the mail, and a link that people meet where their mail program removes what keeps keyboard and screen reader away from it; docs/truth.md weighs it. Only in mode `full`, and never in HTML to paste.',
  }),
  WAYBILL_VERP_DOMAIN: setting({
    schema: domain,
    about:
      'A domain of yours whose mail comes to `WAYBILL_INBOUND_LISTEN`. Each copy then gets a return path of its own there, so that bounces find their delivery; senders still get them. Only for senders of this domain, of one above or below it, and of `WAYBILL_VERP_SENDER_DOMAINS`.',
  }),
  WAYBILL_VERP_SENDER_DOMAINS: setting({
    schema: list,
    default: '',
    about:
      'Further sender domains that get return paths of `WAYBILL_VERP_DOMAIN`, comma-separated. It replaces theirs in SPF checks.',
  }),
  WAYBILL_INBOUND_LISTEN: setting({
    schema: listenOrOff,
    default: 'off',
    about:
      'SMTP for bounces, receipts and answers to return paths of `WAYBILL_VERP_DOMAIN`, or `off`. It takes nothing else, and passes on to the sender what it takes.',
  }),
  WAYBILL_RECEIPTS: setting({
    schema: receipts,
    default: 'off',
    about:
      'What every mail asks for: `delivery`, that mail systems confirm it (DSN); `reading`, that the reader’s mail program does (MDN; most ask their user first, and copies that pass untouched do not ask); `delivery,reading`; or `off`. A mail says otherwise by its field `X-Waybill-Receipts`.',
  }),
  WAYBILL_IMAP_ACCOUNTS: setting({
    schema: imapAccounts,
    default: '',
    secret: true,
    about:
      'Mailboxes of senders over IMAP, separated by blanks or line ends: `imaps://USER:PASSWORD@HOST/?address=ann@example.org&watch=INBOX,Junk&sent=auto`, percent-encoded; `auth=oauth` instead of a password signs in by OAuth 2.0. Bounces, receipts and replies are found in the folders of `watch`; `sent` gets a copy of what the address sends, without a pixel. See [mailboxes](mailboxes.md); `waybill mailbox check` says what works.',
  }),
  WAYBILL_IMAP_OAUTH_TOKEN_URL: setting({
    schema: urlOf(['https:', 'http:'], 'https://login.microsoftonline.com/TENANT/oauth2/v2.0/token'),
    about:
      'Where access tokens come from for accounts of `WAYBILL_IMAP_ACCOUNTS` with `auth=oauth` (OAuth 2.0), for example `https://oauth2.googleapis.com/token`. In a private network it must be in `WAYBILL_WEBHOOK_ALLOWED_NETWORKS`.',
  }),
  WAYBILL_IMAP_OAUTH_CLIENT_ID: setting({
    schema: z.string().min(1),
    about: 'What Waybill is called there.',
  }),
  WAYBILL_IMAP_OAUTH_CLIENT_SECRET: setting({
    schema: z.string().min(1),
    secret: true,
    about: 'Waybill’s secret there; none for a public client.',
  }),
  WAYBILL_IMAP_OAUTH_SCOPE: setting({
    schema: z.string().min(1),
    about:
      'What access tokens are asked for, separated by blanks. Default: what the refresh token was given for.',
  }),
  WAYBILL_IMAP_OAUTH_REFRESH_TOKENS: setting({
    schema: refreshTokens,
    secret: true,
    about:
      'The refresh token of each account, as `USER:TOKEN` separated by blanks or line ends; for a single account the token alone. New ones that the service gives in its place are kept in the data directory.',
  }),
  WAYBILL_DKIM_KEYS: setting({
    schema: dkimKeys,
    default: '',
    about:
      'Private keys that mail is signed with (DKIM), as `DOMAIN:SELECTOR:PATH` separated by commas, PATH a PEM file; RSA, Ed25519 or one of each for a domain. `waybill dkim create DOMAIN` makes them. Reloaded when the files change.',
  }),
  WAYBILL_NOTIFY_FROM: setting({
    schema: z.string().regex(/^(?:[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, {
      error: 'is not a sender like Waybill <waybill@example.org>',
    }),
    default: 'Waybill <waybill@localhost>',
    about: 'The sender of notification mails.',
  }),
  WAYBILL_WEBHOOK_ALLOWED_NETWORKS: setting({
    schema: cidrs,
    default: '',
    about:
      'Networks that webhooks and SMS gateways may be in although they are private or local, comma-separated, for example `10.1.0.0/16`. All other private, local and reserved addresses are refused.',
  }),
  WAYBILL_QUEUE_CONCURRENCY: setting({
    schema: integer(1, 1_000),
    default: '20',
    about:
      'Copies on their way to the smarthost at the same time, each on a connection of its own. A server that says that it has enough gets fewer by itself.',
  }),
  WAYBILL_QUEUE_CONCURRENCY_PER_DESTINATION: setting({
    schema: integer(1, 1_000),
    default: '10',
    about: 'The same for copies to one recipient domain, so that none takes all places.',
  }),
  WAYBILL_QUEUE_FIRST_PAUSE_SECONDS: setting({
    schema: integer(1, 86_400),
    default: '15',
    about:
      'How long a copy that the smarthost put off waits until it is tried again, in seconds. The pause doubles with each further time. It does not grow while the smarthost itself fails: then single copies try whether it is back, and all others wait for that.',
  }),
  WAYBILL_QUEUE_LONGEST_PAUSE_SECONDS: setting({
    schema: integer(1, 604_800),
    default: '3600',
    about: 'The longest such pause, in seconds.',
  }),
  WAYBILL_QUEUE_EXPIRY_HOURS: setting({
    schema: integer(1, 8_760),
    default: '120',
    about:
      'How many hours a copy is tried; then it has failed, and its sender is told. It counts from acceptance, and for mail accepted after a change.',
  }),
  WAYBILL_QUEUE_RETENTION_DAYS: setting({
    schema: integer(1, 3650),
    default: '7',
    about:
      'How many days the mail queue remembers copies that it is done with; `waybill queue list` shows those that failed. Longer than `WAYBILL_QUEUE_EXPIRY_HOURS`.',
  }),
  WAYBILL_REPORT_RETENTION_DAYS: setting({
    schema: integer(30, 3650),
    default: '400',
    about:
      'How many days after a mail bounces, receipts and answers are taken at its return path, and how many days Waybill remembers which reports it has taken. What they said stays on the timelines.',
  }),
  WAYBILL_DEMO_RETENTION_DAYS: setting({
    schema: integer(1, 3650),
    default: '30',
    about: 'How many days the demo inbox keeps a captured mail.',
  }),
  WAYBILL_DATA_DIR: setting({
    schema: z.string().min(1),
    default: DEFAULT_DATA_DIR,
    about: 'Database, hit log, keys and certificates. Back it up whole; without `keys/` sent links break.',
  }),
  WAYBILL_DATABASE_URL: setting({
    schema: urlOf(
      ['sqlite:', 'postgres:', 'postgresql:'],
      'postgres://waybill:secret@db.example.org/waybill',
    ),
    default: 'sqlite:',
    secret: true,
    about: '`sqlite:` is a file in the data directory; or PostgreSQL 15 and newer.',
  }),
  WAYBILL_HIT_LOG_URL: setting({
    schema: z.literal('local:', { error: 'must be `local:`; this version has no other hit log' }),
    default: 'local:',
    about: '`local:` is a file in the data directory.',
  }),
  WAYBILL_MASTER_KEYS: setting({
    schema: masterKeys,
    secret: true,
    about:
      'The keys that sign tokens, as `ID:KEY` separated by commas or line ends, KEY 64 hexadecimal digits; the highest ID signs, all verify. Default: generated in `DATA_DIR/keys`.',
  }),
  WAYBILL_TRUSTED_PROXIES: setting({
    schema: cidrs,
    default: '',
    about: 'Networks of reverse proxies whose `X-Forwarded-For` counts, comma-separated.',
  }),
  WAYBILL_ALLOWED_HOSTS: setting({
    schema: list,
    default: '',
    about:
      'Further host names under which the dashboard may be opened, comma-separated. The listener’s own, `localhost` and the dashboard address always are.',
  }),
  WAYBILL_BOOTSTRAP_API_KEY: setting({
    schema: z.string().min(16, { error: 'is shorter than 16 characters: too easy to guess' }),
    secret: true,
    about: 'A first API key of the first workspace, for automation. At least 16 characters.',
  }),
  WAYBILL_LOG_LEVEL: setting({
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: 'is none of debug, info, warn, error and silent',
    }),
    default: 'warn',
    about: 'How much is logged, as JSON lines on standard error.',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** Parsed value of each setting; undefined where it has no default and was not given. */
export type Settings = {
  [N in SettingName]: (typeof SETTINGS)[N] extends { schema: infer S extends z.ZodType }
    ? z.output<S> | ((typeof SETTINGS)[N] extends { default: string } ? never : undefined)
    : never;
};
