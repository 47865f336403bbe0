import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { checkCertificate } from '../cli/doctor/certificate.ts';
import { checkClock } from '../cli/doctor/clock.ts';
import { checkDataDirectory } from '../cli/doctor/data-directory.ts';
import { checkDatabase } from './check-database.ts';
import { checkDisk } from '../cli/doctor/disk.ts';
import { look, within, type Finding } from '../cli/doctor/finding.ts';
import { ofLists } from '../cli/doctor/lists.ts';
import { ofMailboxes, ofSmarthost } from '../cli/doctor/mail-servers.ts';
import { checkNames } from '../cli/doctor/names.ts';
import { checkOutside } from '../cli/doctor/outside.ts';
import { checkPorts, type WantedPort } from '../cli/doctor/ports.ts';
import { listenUrl, loadConfig, settingsUnlike, unknownSettings, type Config } from '../config/load.ts';
import type { Listen } from '../config/setting-kinds.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { systemRandom } from '../kernel/ids.ts';
import { checkMailbox, readMailboxAccounts } from '../mailboxes/mailboxes.ts';
import { checkSmarthost, isLoopbackHost, isLoopbackUrl } from '../relay/relay.ts';
import type { LocalServer } from './local-file.ts';
import { openRangeLists } from './open-range-lists.ts';
import { runningServer, type RunningServer } from './running-server.ts';

const DNS_MS = 3_000;
const DEADLINE_MS = 30_000;

/**
 * For `waybill doctor`: every check with what it needs of the configuration, all at once. Beside a server that runs it is that
 * server's configuration, as far as the system tells it: whoever calls the doctor from a shell rarely has its settings there.
 */
export async function examine(clock: Clock, signal: AbortSignal): Promise<Finding[]> {
  const given = configOf();
  if (!('dataDir' in given)) return [given];
  const running = await runningServer(given.dataDir);
  const config = running?.environment === undefined ? given : configOf(running.environment);
  if (!('dataDir' in config)) return [config];
  const local = running?.local;
  const publicUrl = config.publicUrl ?? local?.edgeUrl ?? listenUrl(config.edgeListen);
  const checks: Record<string, () => Promise<Finding[]>> = {
    settings: async () => settings(running),
    'data directory': () => checkDataDirectory(given.dataDir, process.getuid?.()),
    database: () => checkDatabase({ database: config.database, dataDir: given.dataDir }),
    disk: () => checkDisk(given.dataDir),
    clock: () => checkClock(clock, given.dataDir),
    ports: () => checkPorts(wantedPorts(config, local)),
    TLS: () => checkCertificate({ files: config.tls, isPublic: isSmtpPublic(config), now: clock() }),
    DNS: () => checkNames({ ...config, publicUrl }, new Resolver({ timeout: DNS_MS, tries: 2 })),
    'from outside': () => checkOutside(publicUrl, local !== undefined),
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
      const lists = openRangeLists(join(given.dataDir, 'tables'), () => {});
      return ofLists(await lists.states(), clock());
    },
  };
  const findings = await Promise.all(
    Object.entries(checks).map(([topic, check]) => look(topic, () => within(DEADLINE_MS, topic, check()))),
  );
  return findings.flat();
}

/** @returns what is wrong with it instead, when it is */
function configOf(environment?: NodeJS.ProcessEnv): Config | Finding {
  try {
    return loadConfig(environment);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const advice = 'docs/configuration.md lists all settings.';
    return { topic: 'settings', level: 'problem', text: error.message.replaceAll(/\s*\n\s*/g, ' '), advice };
  }
}

function settings(running: RunningServer | undefined): Finding[] {
  const topic = 'settings';
  const environment = running?.environment;
  const findings: Finding[] = unknownSettings(environment).map((text) => ({
    topic,
    level: 'warning',
    text,
    advice: 'Mend the name, or take it away.',
  }));
  const others = environment === undefined ? [] : settingsUnlike(environment);
  if (others.length > 0) {
    findings.push({
      topic,
      level: 'warning',
      text: `the server that runs was started with other values of ${others.join(', ')} than are set here; its own are looked at`,
      advice: 'If those here are the newer ones, start the server again with them.',
    });
  }
  if (running !== undefined && environment === undefined) {
    const text =
      'what the server that runs was started with cannot be seen from here; the settings of this call are looked at';
    findings.push({ topic, level: 'unknown', text });
  }
  if (findings.length > 0) return findings;
  const whose = environment === undefined ? '' : ', as the server that runs was started with them';
  return [{ topic, level: 'ok', text: `all are valid${whose}` }];
}

/** Of a server that runs, the ports that it has. */
function wantedPorts(config: Config, running: LocalServer | undefined): WantedPort[] {
  const known: [string, Listen | undefined, Listener][] = [
    ['WAYBILL_EDGE_LISTEN', config.edgeListen, listenerAt(running?.edgeUrl)],
    ['WAYBILL_HTTP_LISTEN', config.httpListen, listenerAt(running?.url)],
    ['WAYBILL_SMTP_LISTEN', config.smtpListen, running?.smtp],
    ['WAYBILL_SMTPS_LISTEN', config.smtpsListen, running?.smtps],
    ['WAYBILL_FILTER_LISTEN', config.filterListen, running?.filter],
    ['WAYBILL_INBOUND_LISTEN', config.inboundListen, running?.inbound],
  ];
  return known.flatMap(([setting, listen, actual]) =>
    listen === undefined
      ? []
      : [
          {
            setting,
            host: listen.host,
            port: actual?.port ?? listen.port,
            // Null: it runs without this one, which is set here only.
            isOurs: running !== undefined && actual !== null,
          },
        ],
  );
}

/** Undefined: it is not told. */
type Listener = { port: number } | null | undefined;

function listenerAt(url: string | undefined): Listener {
  return url === undefined ? undefined : { port: Number(new URL(url).port) };
}

function isSmtpPublic({ smtpListen, smtpsListen, inboundListen }: Config): boolean {
  return [smtpListen, smtpsListen, inboundListen].some(
    (listen) => listen !== undefined && !isLoopbackHost(listen.host),
  );
}
