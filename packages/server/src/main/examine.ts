import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCertificate } from '../cli/doctor/certificate.ts';
import { checkClock } from '../cli/doctor/clock.ts';
import { checkDataDirectory } from '../cli/doctor/data-directory.ts';
import { checkDisk } from '../cli/doctor/disk.ts';
import { look, within, type Finding } from '../cli/doctor/finding.ts';
import { ofLists } from '../cli/doctor/lists.ts';
import { ofMailboxes, ofSmarthost } from '../cli/doctor/mail-servers.ts';
import { checkNames } from '../cli/doctor/names.ts';
import { checkOutside } from '../cli/doctor/outside.ts';
import { checkPorts, type WantedPort } from '../cli/doctor/ports.ts';
import { listenUrl, loadConfig, unknownSettings, type Config } from '../config/load.ts';
import type { Listen } from '../config/setting-kinds.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { systemRandom } from '../kernel/ids.ts';
import { checkMailbox, readMailboxAccounts } from '../mailboxes/mailboxes.ts';
import { checkSmarthost, isLoopbackHost, isLoopbackUrl } from '../relay/relay.ts';
import type { LocalServer } from './local-file.ts';
import { openRangeLists } from './open-range-lists.ts';

const DNS_MS = 3_000;
const DEADLINE_MS = 30_000;

/** For `waybill doctor`: every check with what it needs of the configuration, all at once. */
export async function examine(clock: Clock, signal: AbortSignal): Promise<Finding[]> {
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const advice = 'docs/configuration.md lists all settings.';
    return [
      { topic: 'settings', level: 'problem', text: error.message.replaceAll(/\s*\n\s*/g, ' '), advice },
    ];
  }
  const running = await runningServer(config);
  const publicUrl = config.publicUrl ?? listenUrl(config.edgeListen);
  const checks: Record<string, () => Promise<Finding[]>> = {
    settings: async () => settings(),
    'data directory': () => checkDataDirectory(config.dataDir, process.getuid?.()),
    disk: () => checkDisk(config.dataDir),
    clock: () => checkClock(clock),
    ports: () => checkPorts(wantedPorts(config, running)),
    TLS: () => checkCertificate({ files: config.tls, isPublic: isSmtpPublic(config), now: clock() }),
    DNS: () => checkNames({ ...config, publicUrl }, new Resolver({ timeout: DNS_MS, tries: 2 })),
    'from outside': () => checkOutside(publicUrl, running !== undefined),
    smarthost: async () => {
      const { smarthostUrl } = config;
      const check = smarthostUrl === undefined ? undefined : await checkSmarthost(smarthostUrl);
      return ofSmarthost(check, isLoopbackUrl(publicUrl));
    },
    mailboxes: async () => {
      const accounts = readMailboxAccounts(config.imapAccounts);
      const tools = { clock, random: systemRandom, signal };
      return ofMailboxes(await Promise.all(accounts.map((account) => checkMailbox(account, tools))));
    },
    'address lists': async () => {
      const lists = openRangeLists(join(config.dataDir, 'tables'), () => {});
      return ofLists(await lists.states(), clock());
    },
  };
  const findings = await Promise.all(
    Object.entries(checks).map(([topic, check]) => look(topic, () => within(DEADLINE_MS, topic, check()))),
  );
  return findings.flat();
}

function settings(): Finding[] {
  const wrong = unknownSettings();
  if (wrong.length === 0) return [{ topic: 'settings', level: 'ok', text: 'all are valid' }];
  return wrong.map((text) => ({
    topic: 'settings',
    level: 'warning',
    text,
    advice: 'Mend the name, or take it away.',
  }));
}

/** The server of this data directory, when it answers. */
async function runningServer({ dataDir }: Config): Promise<LocalServer | undefined> {
  try {
    const local = JSON.parse(await readFile(join(dataDir, 'run', 'local.json'), 'utf8')) as LocalServer;
    const answer = await fetch(`${local.url}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? local : undefined;
  } catch {
    return undefined;
  }
}

function wantedPorts(config: Config, running: LocalServer | undefined): WantedPort[] {
  const port = (url: string | undefined): number | undefined =>
    url === undefined ? undefined : Number(new URL(url).port);
  const known: [string, Listen | undefined, number | undefined][] = [
    ['WAYBILL_EDGE_LISTEN', config.edgeListen, port(running?.edgeUrl)],
    ['WAYBILL_HTTP_LISTEN', config.httpListen, port(running?.url)],
    ['WAYBILL_SMTP_LISTEN', config.smtpListen, running?.smtp?.port],
    ['WAYBILL_SMTPS_LISTEN', config.smtpsListen, undefined],
    ['WAYBILL_FILTER_LISTEN', config.filterListen, undefined],
    ['WAYBILL_INBOUND_LISTEN', config.inboundListen, running?.inbound?.port],
  ];
  return known.flatMap(([setting, listen, actual]) => {
    if (listen === undefined) return [];
    // A server that runs could not have started without its listeners.
    const isOurs =
      running !== undefined && (actual === undefined || listen.port === 0 || actual === listen.port);
    return [{ setting, ...listen, port: isOurs ? (actual ?? listen.port) : listen.port, isOurs }];
  });
}

function isSmtpPublic({ smtpListen, smtpsListen, inboundListen }: Config): boolean {
  return [smtpListen, smtpsListen, inboundListen].some(
    (listen) => listen !== undefined && !isLoopbackHost(listen.host),
  );
}
