import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { SETTINGS, type SettingName, type Settings } from './schema.ts';
import type { Listen } from './setting-kinds.ts';

export interface ImapOauth {
  client: {
    tokenUrl: string;
    clientId: string;
    clientSecret: string | undefined;
    scope: string | undefined;
  };
  /** By user name in lower case; a single one may be under the empty name. */
  refreshTokens: ReadonlyMap<string, string>;
}

/** The whole configuration, checked as a combination. Made once, at the start, and passed down. */
export interface Config {
  httpListen: Listen;
  edgeListen: Listen;
  edgeWorkers: number;
  /** Undefined: `http://` and the edge's real address. Without a slash at the end. */
  publicUrl: string | undefined;
  dashboardUrl: string | undefined;
  edgeLimits: {
    maxConnections: number;
    maxConnectionsPerAddress: number;
    /** 0: no limit. */
    repeatsPerMinute: number;
    maxHeadBytes: number;
    headTimeoutMs: number;
  };
  smtpListen: Listen | undefined;
  smtpsListen: Listen | undefined;
  filterListen: Listen | undefined;
  filterNetworks: readonly string[];
  filterDomains: readonly string[];
  plainOnLoopback: boolean;
  maxMessageBytes: number;
  smtpLimits: {
    maxRecipients: number;
    maxConnections: number;
    maxConnectionsPerAddress: number;
    /** 0: no limit. */
    recipientsPerHour: number;
    memoryBytes: number;
  };
  /** Undefined: self-signed, generated. */
  tls: { certFile: string; keyFile: string } | undefined;
  smarthostUrl: string | undefined;
  demo: boolean;
  /** Host names of readers' addresses are asked for. */
  reverseDns: boolean;
  plainText: 'keep' | 'links' | 'alternative';
  spamCare: 'none' | 'links' | 'pixel';
  trapLink: boolean;
  verpDomain: string | undefined;
  verpSenderDomains: readonly string[];
  inboundListen: Listen | undefined;
  /** Addresses with passwords, as `readMailboxAccounts` reads them; empty: none. */
  imapAccounts: string;
  /** How accounts with `auth=oauth` get access tokens; undefined: there is none. */
  imapOauth: ImapOauth | undefined;
  receipts: { delivery: boolean; reading: boolean };
  /** Paths are absolute. */
  dkimKeys: readonly { domain: string; selector: string; path: string }[];
  queue: {
    concurrency: number;
    concurrencyPerDestination: number;
    firstPauseMs: number;
    longestPauseMs: number;
    expiryMs: number;
  };
  queueRetentionDays: number;
  reportRetentionDays: number;
  demoRetentionDays: number;
  notifyFrom: string;
  webhookAllowedNetworks: readonly string[];
  /** Absolute path. */
  dataDir: string;
  database: { engine: 'sqlite' } | { engine: 'postgres'; url: string };
  /** Undefined: the files in `dataDir/keys`. */
  masterKeys: ReadonlyMap<number, Uint8Array> | undefined;
  trustedProxies: readonly string[];
  allowedHosts: readonly string[];
  bootstrapApiKey: string | undefined;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/**
 * Reads the environment, the only place that does.
 * @throws AppError `misconfigured`, naming every wrong setting and how to mend it
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = [];
  const values = new Map<SettingName, unknown>();
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const text = readText(name, environment, problems);
    if (text === undefined) continue;
    const parsed = SETTINGS[name].schema.safeParse(text);
    if (parsed.success) values.set(name, parsed.data);
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}${shown(name, text)}`);
  }
  const settings = Object.fromEntries(values) as unknown as Settings;
  if (problems.length === 0) problems.push(...wrongCombinations(settings));
  if (problems.length > 0) {
    throw new AppError('misconfigured', `The configuration is not valid:\n  ${problems.join('\n  ')}`);
  }
  return toConfig(settings);
}

function readText(name: SettingName, environment: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const file = environment[`${name}_FILE`];
  const direct = environment[name];
  if (file !== undefined && file !== '') {
    if (direct !== undefined && direct !== '') {
      problems.push(`${name} and ${name}_FILE are both set: keep one of them`);
      return undefined;
    }
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  }
  const fallback = (SETTINGS[name] as { default?: string }).default;
  return direct === undefined || direct === '' ? fallback : direct;
}

/** Names that look like ours and are not: a misspelt setting would silently do nothing. One sentence each. */
export function unknownSettings(environment: NodeJS.ProcessEnv = process.env): string[] {
  // These belong to the command line and to the tests, not to the server.
  const others = new Set(['WAYBILL_URL', 'WAYBILL_API_KEY', 'WAYBILL_CHROMIUM']);
  const testOnly = /^WAYBILL_(?:CORPUS|TRUTH|TEST|LAUNCH)_/;
  return Object.keys(environment)
    .filter((name) => name.startsWith('WAYBILL_') && !others.has(name) && !testOnly.test(name))
    .filter((name) => !(name.replace(/_FILE$/, '') in SETTINGS) && !(name in SETTINGS))
    .map((name) => `${name} is no setting of Waybill: see docs/configuration.md for the names`);
}

/** Names of settings that this environment gives, and otherwise than `other`. One that it does not give differs from nothing. */
export function settingsUnlike(
  other: NodeJS.ProcessEnv,
  environment: NodeJS.ProcessEnv = process.env,
): SettingName[] {
  const isGiven = (name: string): boolean => (environment[name] ?? '') !== '';
  return (Object.keys(SETTINGS) as SettingName[]).filter(
    (name) =>
      name !== 'WAYBILL_DATA_DIR' &&
      (isGiven(name) || isGiven(`${name}_FILE`)) &&
      readText(name, environment, []) !== readText(name, other, []),
  );
}

function shown(name: SettingName, text: string): string {
  return 'secret' in SETTINGS[name] ? '' : ` (it is ${JSON.stringify(text)})`;
}

function wrongCombinations(settings: Settings): string[] {
  const problems: string[] = [];
  if ((settings.WAYBILL_TLS_CERT === undefined) !== (settings.WAYBILL_TLS_KEY === undefined)) {
    problems.push('WAYBILL_TLS_CERT and WAYBILL_TLS_KEY belong together: set both or neither');
  }
  if (settings.WAYBILL_MASTER_KEYS?.size === 0) {
    problems.push('WAYBILL_MASTER_KEYS holds no key: leave it out to have one generated');
  }
  // A server that takes mail from half the Internet without AUTH is an open relay.
  for (const network of settings.WAYBILL_FILTER_NETWORKS.filter(isHugeNetwork)) {
    problems.push(
      `WAYBILL_FILTER_NETWORKS has ${network}, with which strangers could send: name your mail servers`,
    );
  }
  const { WAYBILL_SMTP_MEMORY_BYTES: memory, WAYBILL_MAX_MESSAGE_BYTES: largest } = settings;
  if (memory !== undefined && memory < 2 * largest) {
    problems.push('WAYBILL_SMTP_MEMORY_BYTES is less than twice WAYBILL_MAX_MESSAGE_BYTES: raise it');
  }
  if (settings.WAYBILL_INBOUND_LISTEN !== undefined && settings.WAYBILL_VERP_DOMAIN === undefined) {
    problems.push('WAYBILL_INBOUND_LISTEN takes mail for WAYBILL_VERP_DOMAIN only: set that too');
  }
  problems.push(...wrongQueue(settings), ...wrongOauth(settings));
  const { WAYBILL_HTTP_LISTEN: http, WAYBILL_EDGE_LISTEN: edge } = settings;
  if (http.port !== 0 && http.port === edge.port && http.host === edge.host) {
    problems.push('WAYBILL_HTTP_LISTEN and WAYBILL_EDGE_LISTEN are the same: give each its own port');
  }
  return problems;
}

function wrongQueue(settings: Settings): string[] {
  const problems: string[] = [];
  if (settings.WAYBILL_QUEUE_LONGEST_PAUSE_SECONDS < settings.WAYBILL_QUEUE_FIRST_PAUSE_SECONDS) {
    problems.push(
      'WAYBILL_QUEUE_LONGEST_PAUSE_SECONDS is less than WAYBILL_QUEUE_FIRST_PAUSE_SECONDS: raise it',
    );
  }
  // What is forgotten while copies of the same mail are still tried would be missing in the reasons for them.
  if (settings.WAYBILL_QUEUE_RETENTION_DAYS * 24 <= settings.WAYBILL_QUEUE_EXPIRY_HOURS) {
    problems.push('WAYBILL_QUEUE_RETENTION_DAYS is not longer than WAYBILL_QUEUE_EXPIRY_HOURS: raise it');
  }
  return problems;
}

function wrongOauth(settings: Settings): string[] {
  const { WAYBILL_IMAP_OAUTH_TOKEN_URL: tokenUrl } = settings;
  const needed = [
    'WAYBILL_IMAP_OAUTH_TOKEN_URL',
    'WAYBILL_IMAP_OAUTH_CLIENT_ID',
    'WAYBILL_IMAP_OAUTH_REFRESH_TOKENS',
  ] as const;
  const missing = needed.filter((name) => settings[name] === undefined);
  const problems =
    missing.length === 0 || missing.length === needed.length
      ? []
      : [
          `${needed.join(', ')} belong together: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing`,
        ];
  if (tokenUrl !== undefined && !isHttpsOrLocal(new URL(tokenUrl))) {
    problems.push(
      'WAYBILL_IMAP_OAUTH_TOKEN_URL would send its secrets unprotected: it must begin with https://',
    );
  }
  return problems;
}

function isHttpsOrLocal({ protocol, hostname }: URL): boolean {
  return (
    protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  );
}

/** No network of one owner is larger. */
function isHugeNetwork(network: string): boolean {
  const [address = '', prefix] = network.split('/');
  return prefix !== undefined && Number(prefix) < (isIP(address) === 6 ? 16 : 8);
}

function toConfig(settings: Settings): Config {
  const { WAYBILL_TLS_CERT: certFile, WAYBILL_TLS_KEY: keyFile } = settings;
  const databaseUrl = settings.WAYBILL_DATABASE_URL;
  return {
    httpListen: settings.WAYBILL_HTTP_LISTEN,
    edgeListen: settings.WAYBILL_EDGE_LISTEN,
    edgeWorkers: settings.WAYBILL_EDGE_WORKERS,
    publicUrl: settings.WAYBILL_PUBLIC_URL,
    dashboardUrl: settings.WAYBILL_DASHBOARD_URL,
    edgeLimits: {
      maxConnections: settings.WAYBILL_EDGE_MAX_CONNECTIONS,
      maxConnectionsPerAddress: settings.WAYBILL_EDGE_MAX_CONNECTIONS_PER_ADDRESS,
      repeatsPerMinute: settings.WAYBILL_EDGE_REPEATS_PER_MINUTE,
      maxHeadBytes: settings.WAYBILL_EDGE_MAX_HEAD_BYTES,
      headTimeoutMs: settings.WAYBILL_EDGE_HEAD_TIMEOUT_SECONDS * 1_000,
    },
    smtpListen: settings.WAYBILL_SMTP_LISTEN,
    smtpsListen: settings.WAYBILL_SMTPS_LISTEN,
    filterListen: settings.WAYBILL_FILTER_LISTEN,
    filterNetworks: settings.WAYBILL_FILTER_NETWORKS,
    filterDomains: settings.WAYBILL_FILTER_DOMAINS.map((domain) => domain.toLowerCase()),
    plainOnLoopback: settings.WAYBILL_SMTP_PLAIN_ON_LOOPBACK,
    maxMessageBytes: settings.WAYBILL_MAX_MESSAGE_BYTES,
    smtpLimits: {
      maxRecipients: settings.WAYBILL_SMTP_MAX_RECIPIENTS,
      maxConnections: settings.WAYBILL_SMTP_MAX_CONNECTIONS,
      maxConnectionsPerAddress: settings.WAYBILL_SMTP_MAX_CONNECTIONS_PER_ADDRESS,
      recipientsPerHour: settings.WAYBILL_SMTP_RECIPIENTS_PER_HOUR,
      memoryBytes:
        settings.WAYBILL_SMTP_MEMORY_BYTES ?? Math.max(268_435_456, 2 * settings.WAYBILL_MAX_MESSAGE_BYTES),
    },
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    smarthostUrl: settings.WAYBILL_SMARTHOST_URL,
    demo: settings.WAYBILL_DEMO,
    reverseDns: settings.WAYBILL_REVERSE_DNS,
    plainText: settings.WAYBILL_PLAIN_TEXT,
    spamCare: settings.WAYBILL_SPAM_CARE,
    trapLink: settings.WAYBILL_TRAP_LINK,
    verpDomain: settings.WAYBILL_VERP_DOMAIN,
    verpSenderDomains: settings.WAYBILL_VERP_SENDER_DOMAINS.map((domain) => domain.toLowerCase()),
    inboundListen: settings.WAYBILL_INBOUND_LISTEN,
    imapAccounts: settings.WAYBILL_IMAP_ACCOUNTS,
    imapOauth: toImapOauth(settings),
    receipts: settings.WAYBILL_RECEIPTS,
    dkimKeys: settings.WAYBILL_DKIM_KEYS.map((key) => ({ ...key, path: resolve(key.path) })),
    queue: {
      concurrency: settings.WAYBILL_QUEUE_CONCURRENCY,
      concurrencyPerDestination: settings.WAYBILL_QUEUE_CONCURRENCY_PER_DESTINATION,
      firstPauseMs: settings.WAYBILL_QUEUE_FIRST_PAUSE_SECONDS * 1_000,
      longestPauseMs: settings.WAYBILL_QUEUE_LONGEST_PAUSE_SECONDS * 1_000,
      expiryMs: settings.WAYBILL_QUEUE_EXPIRY_HOURS * 3_600_000,
    },
    queueRetentionDays: settings.WAYBILL_QUEUE_RETENTION_DAYS,
    reportRetentionDays: settings.WAYBILL_REPORT_RETENTION_DAYS,
    demoRetentionDays: settings.WAYBILL_DEMO_RETENTION_DAYS,
    notifyFrom: settings.WAYBILL_NOTIFY_FROM,
    webhookAllowedNetworks: settings.WAYBILL_WEBHOOK_ALLOWED_NETWORKS,
    dataDir: resolve(settings.WAYBILL_DATA_DIR),
    database: databaseUrl.startsWith('sqlite:')
      ? { engine: 'sqlite' }
      : { engine: 'postgres', url: databaseUrl },
    masterKeys: settings.WAYBILL_MASTER_KEYS,
    trustedProxies: settings.WAYBILL_TRUSTED_PROXIES,
    allowedHosts: settings.WAYBILL_ALLOWED_HOSTS,
    bootstrapApiKey: settings.WAYBILL_BOOTSTRAP_API_KEY,
    logLevel: settings.WAYBILL_LOG_LEVEL,
  };
}

function toImapOauth(settings: Settings): ImapOauth | undefined {
  const {
    WAYBILL_IMAP_OAUTH_TOKEN_URL: tokenUrl,
    WAYBILL_IMAP_OAUTH_CLIENT_ID: clientId,
    WAYBILL_IMAP_OAUTH_REFRESH_TOKENS: refreshTokens,
  } = settings;
  if (tokenUrl === undefined || clientId === undefined || refreshTokens === undefined) return undefined;
  const clientSecret = settings.WAYBILL_IMAP_OAUTH_CLIENT_SECRET;
  return {
    client: { tokenUrl, clientId, clientSecret, scope: settings.WAYBILL_IMAP_OAUTH_SCOPE },
    refreshTokens,
  };
}

/** `http://host:port` of a listener, with brackets around IPv6; wildcard addresses become loopback. */
export function listenUrl({ host, port }: Listen): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${port}`;
}

/**
 * What tracked addresses begin with: what was given with the command, else the setting; undefined when neither is.
 * @throws AppError `misconfigured` for what is no such address
 */
export function loadPublicUrl(
  given?: string,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const problems: string[] = [];
  const text = given ?? readText('WAYBILL_PUBLIC_URL', environment, problems);
  const parsed = SETTINGS.WAYBILL_PUBLIC_URL.schema.safeParse(text);
  if (text !== undefined && !parsed.success) {
    const what = given === undefined ? 'WAYBILL_PUBLIC_URL' : '--public-url';
    const issues = parsed.error.issues.map(({ message }) => message).join(' and ');
    problems.push(`${what} ${issues} (it is ${JSON.stringify(text)})`);
  }
  if (problems.length > 0) throw new AppError('misconfigured', problems.join('; '));
  return parsed.data;
}
