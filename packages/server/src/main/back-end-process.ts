import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Accounts, createApi, type Metric } from '../api/api.ts';
import { listenUrl, type Config } from '../config/load.ts';
import { systemClock } from '../kernel/clock.ts';
import { systemRandom } from '../kernel/ids.ts';
import { createLogger } from '../kernel/logger.ts';
import { HitProcessor, Timeline } from '../messages/messages.ts';
import {
  AddressPolicy,
  createSenders,
  defaultsFor,
  Dispatcher,
  NotifySettings,
  OutboundHttp,
} from '../notify/notify.ts';
import { Privacy, Retention } from '../privacy/privacy.ts';
import { createRelay, isLoopbackUrl, loadRelay } from '../relay/relay.ts';
import { ReportIntake } from '../reports/reports.ts';
import { StoredAccounts } from '../storage/account-store.ts';
import { lockDataDir } from '../storage/data-dir-lock.ts';
import { pullBackFromFuture } from '../storage/clock-repair.ts';
import { countDepths } from '../storage/depths.ts';
import { DenyEntryStore } from '../storage/deny-entry-store.ts';
import { KyselyEarlierPasses } from '../storage/earlier-passes.ts';
import { StoredIdempotency } from '../storage/idempotency-store.ts';
import { LocalHitSource } from '../storage/local-hit-source.ts';
import { createLookup } from '../storage/lookup.ts';
import { KyselyMessageStore } from '../storage/message-store.ts';
import { insertDefaults, KyselyNotifyStore } from '../storage/notify-store.ts';
import { KyselyQueueAdminStore } from '../storage/queue-admin-store.ts';
import { KyselyQueuePurgeStore } from '../storage/queue-purge-store.ts';
import { KyselyQueueStore } from '../storage/queue-store.ts';
import { StoredPrivacy } from '../storage/privacy-store.ts';
import { KyselyReportStore } from '../storage/report-store.ts';
import { KyselySharedAddresses } from '../storage/shared-address-store.ts';
import { SentNoteFiles } from '../storage/sent-notes.ts';
import { StatsStore } from '../storage/stats-store.ts';
import { KyselyTimelineStore } from '../storage/timeline-store.ts';
import { Keyring, pageUrl, verifyPageToken } from '../tracking/tracking.ts';
import { banner } from './banner.ts';
import { ClockRepair } from './clock-repair.ts';
import { writableDisk } from './disk-check.ts';
import { areForThisMachine } from './own-listeners.ts';
import { EdgeLink } from './edge-link.ts';
import { startHousekeeping } from './housekeeping.ts';
import { onShutdown, send, type FromBackEnd, type Ports, type ToBackEnd } from './ipc.ts';
import { demoPassword, loadMasterKeys, secretFile } from './keys.ts';
import { removeLocalFile, writeLocalFile } from './local-file.ts';
import { imapTokens } from './imap-tokens.ts';
import { mailboxesOf } from './mailbox-list.ts';
import { mailboxMetrics } from './mailbox-metrics.ts';
import { backEndMetrics, depthMetrics, ProcessMetrics } from './metrics.ts';
import { relayMetrics } from './relay-metrics.ts';
import { relaySettings } from './relay-settings.ts';
import { openDatabase } from './open-database.ts';
import { openHostCheck } from './open-host-check.ts';
import { openMailboxes } from './open-mailboxes.ts';
import { purges } from './purges.ts';
import { retryListen } from './retry-listen.ts';
import { systemState } from './system-state.ts';

const LOCK_WAIT_MS = 10_000;
/** Of the dispatcher, twice: with room for what a gateway asks for. */
const LONGEST_NOTIFICATION_PAUSE_MS = 4 * 3_600_000;
const LOCAL_USER = 'demo';
const DASHBOARD = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url));
const ATTRIBUTIONS = ['Place data: IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0.'];

type Start = Extract<ToBackEnd, { type: 'start-back-end' }>;

/**
 * API, dashboard, relay, judgement and notifications, and the store behind them.
 * @param load the settings; called when it is told to start, since before that nobody knows whether they are right
 */
export async function runBackEndProcess(load: () => Config): Promise<void> {
  // Until all is up there is nothing to drain: what is under way is a transaction or can be done again.
  let drain = async (): Promise<void> => {};
  onShutdown(() => drain());
  const early: ToBackEnd[] = [];
  const keepEarly = (message: ToBackEnd): void => void early.push(message);
  process.on('message', keepEarly);
  const start = await firstMessage(early);
  const config = load();
  const logger = createLogger(config.logLevel, 'back-end');
  const clock = systemClock;
  const startedAt = clock();
  const unlock = lockDataDir(config.dataDir, 'back-end', LOCK_WAIT_MS);
  // Threads are waited for, and files; this one has code to load meanwhile.
  const [engine, lookup] = await Promise.all([
    openDatabase(config),
    createLookup({
      fetchedDirectory: join(config.dataDir, 'tables'),
      onMissing: (sentence) => process.stderr.write(`waybill: ${sentence}\n`),
    }),
    loadRelay(),
  ]);

  const masterKeys = loadMasterKeys(config.dataDir, config.masterKeys);
  const keyring = new Keyring(masterKeys);
  const edgeUrl = listenUrl(start.edge);
  const publicUrl = config.publicUrl ?? edgeUrl;
  let dashboardUrl = config.dashboardUrl ?? listenUrl(config.httpListen);

  const timeline = new Timeline({ store: new KyselyTimelineStore(engine, clock), lookup, clock });
  const edgeLink = new EdgeLink(new DenyEntryStore(engine), clock);
  const privacyStore = new StoredPrivacy(engine.db);
  const privacy = new Privacy({
    store: privacyStore,
    timeline,
    denyPush: edgeLink,
    verifyPage: (token) => verifyPageToken(keyring, token),
    clock,
    logger,
  });

  const notifyStore = new KyselyNotifyStore(engine);
  const accounts = new Accounts({
    store: new StoredAccounts(engine.db, (trx, { workspaceId, email }) =>
      insertDefaults(trx, workspaceId, defaultsFor(email, clock)),
    ),
    clock,
    random: systemRandom,
  });
  const { id: defaultWorkspaceId } = await accounts.ensureDefaultWorkspace();
  if (config.bootstrapApiKey !== undefined) await accounts.ensureBootstrapApiKey(config.bootstrapApiKey);
  const cliKey = secretFile(
    config.dataDir,
    'cli-api-key',
    () => `wb_${Buffer.from(systemRandom(32)).toString('base64url')}`,
  );
  await accounts.ensureLocalCliKey(cliKey);

  const reportStore = new KyselyReportStore(engine);
  const shared = new KyselySharedAddresses(engine);
  const reportIntake = new ReportIntake({ store: reportStore, timeline, shared, keyring, logger });

  const mailboxes = openMailboxes({
    accounts: config.imapAccounts,
    tokensOf: imapTokens(config, clock),
    engine,
    intake: reportIntake,
    shared,
    defaultWorkspaceId,
    clock,
    logger,
  });

  const relay = await createRelay({
    settings: relaySettings(config, { ports: start.ports, publicUrl }),
    keyring,
    messages: new KyselyMessageStore(engine),
    earlierPasses: new KyselyEarlierPasses(engine),
    queue: new KyselyQueueStore(engine),
    sentNotes: new SentNoteFiles(join(config.dataDir, 'queue', 'sent-notes'), logger),
    queueAdmin: new KyselyQueueAdminStore(engine),
    timeline,
    credentials: accounts.secrets,
    policies: accounts,
    objections: privacy,
    reports: reportIntake,
    returnPaths: reportStore,
    sentMailboxes: mailboxes,
    filterWorkspace: async () => defaultWorkspaceId,
    noteSenderAddress: (workspaceId, address) => accounts.noteSenderAddress(workspaceId, address),
    bind: retryListen,
    clock,
    random: systemRandom,
    logger,
  });
  // A password that is printed at each start is for this machine, never for a listener that others reach.
  const local =
    relay.demo || areForThisMachine([config.smtpListen, config.smtpsListen])
      ? { user: LOCAL_USER, password: demoPassword(masterKeys) }
      : undefined;
  if (local === undefined) await accounts.withdrawDemoCredential();
  else await accounts.ensureDemoCredential(local.user, local.password);

  const policy = new AddressPolicy([...config.webhookAllowedNetworks]);
  const senders = createSenders({ ownMail: relay.ownMail, http: new OutboundHttp(policy), clock });
  const dispatcher = new Dispatcher({
    store: notifyStore,
    senders,
    dashboardUrl: () => dashboardUrl,
    clock,
    logger,
  });
  const hitSource = new LocalHitSource(join(config.dataDir, 'hits'), logger, config.edgeWorkers);
  const hostCheck = config.reverseDns ? openHostCheck({ timeline, lookup, clock, logger }) : undefined;
  const processor = new HitProcessor({
    source: hitSource,
    timeline,
    clock,
    logger,
    ...(hostCheck === undefined ? {} : { onRecorded: (hits) => hostCheck.consider(hits) }),
  });

  const processMetrics = new ProcessMetrics();
  processMetrics.start();
  const metrics = async (): Promise<Metric[]> => [
    ...backEndMetrics({
      edge: edgeLink.metrics(),
      processor: processor.metrics(),
      // Counted behind what was written, which without the database may never have been asked for.
      backlog: await processor.backlog().catch(() => undefined),
      dispatcher: dispatcher.metrics(),
    }),
    ...relayMetrics(relay.sending()),
    ...processMetrics.metrics(),
    // Without its database the back end has more to say than ever.
    ...(await countDepths(engine.db).then(depthMetrics, () => [])),
    ...(await mailboxMetrics(mailboxes)),
  ];
  const smarthostHost = config.smarthostUrl === undefined ? undefined : new URL(config.smarthostUrl).host;
  const api = createApi({
    settings: {
      publicUrl,
      demo: relay.demo,
      smtp: {
        host: relay.submission?.host ?? hostname(),
        port: relay.submission?.port ?? 0,
        security: 'starttls',
      },
      trustedProxies: config.trustedProxies,
      allowedHosts: [...config.allowedHosts, ...hostOf(config.dashboardUrl)],
      messageBodyLimitBytes: Math.ceil(config.maxMessageBytes * 1.4),
      dashboardDirectory: DASHBOARD,
      attributions: ATTRIBUTIONS,
    },
    accounts,
    reader: new StatsStore(engine.db, (workspaceId, subject) =>
      pageUrl(keyring, publicUrl, { workspaceId, subject }),
    ),
    messages: {
      create: (...mail) => relay.messages.create(...mail),
      createdBefore: (...mail) => relay.messages.createdBefore(...mail),
      preview: (...draft) => relay.messages.preview(...draft),
      markSent: async (...sent) => {
        // Hits of the modes `day` and `aggregate` bear no time: those before this call must be through before it counts.
        await processor.caughtUp();
        return relay.messages.markSent(...sent);
      },
    },
    queue: relay.queue,
    notifications: new NotifySettings({
      store: notifyStore,
      policy,
      senders,
      dashboardUrl: () => dashboardUrl,
      clock,
    }),
    privacy,
    idempotency: new StoredIdempotency(engine),
    feed: timeline,
    readiness: {
      database: async () => {
        await engine.db.selectFrom('settings').select('name').limit(1).execute();
      },
      disk: writableDisk(config.dataDir, clock),
    },
    // Mail is taken and kept meanwhile, so it is no reason to take the back end away.
    degraded: () => (relay.sending().smarthost?.state === 'down' ? ['smarthost'] : []),
    metrics,
    installation: {
      state: () =>
        systemState({
          edge: edgeLink,
          metrics,
          wayOut: relay.demo ? { kind: 'demo' } : { kind: 'smarthost', host: smarthostHost ?? '' },
          dataDir: config.dataDir,
          startedAt,
          clock,
        }),
      mailboxes: (workspaceId) => mailboxesOf(mailboxes.states(), workspaceId),
    },
    clock,
    logger,
  });

  const http = await retryListen('WAYBILL_HTTP_LISTEN', config.httpListen, (listen) =>
    api.listen({ ...listen, port: start.ports.http ?? listen.port }),
  );
  const httpUrl = listenUrl(http);
  dashboardUrl = config.dashboardUrl ?? httpUrl;

  timeline.onChange(() => dispatcher.wake());
  const clockRepair = new ClockRepair({
    repair: (now) =>
      pullBackFromFuture(engine.db, now, {
        mail: 2 * config.queue.longestPauseMs,
        notification: LONGEST_NOTIFICATION_PAUSE_MS,
      }),
    wake: () => {
      relay.wake();
      dispatcher.wake();
    },
    clock,
    logger,
  });
  clockRepair.start();
  dispatcher.start();
  processor.start();
  mailboxes.start();
  const retention = new Retention({ store: privacyStore, clock });
  const stopHousekeeping = startHousekeeping(
    {
      accounts: () => api.housekeep(),
      retention: () => retention.run(),
      ...purges(config, { queue: new KyselyQueuePurgeStore(engine), reports: reportStore, shared }, clock),
      mailboxes: () => mailboxes.housekeep(),
      notifications: () => dispatcher.housekeep(),
      hitLog: async () => hitSource.trim(await timeline.durableCursors()),
    },
    logger,
  );

  const handle = (message: ToBackEnd): void =>
    edgeLink.handle(message, () => {
      edgeLink
        .push()
        .catch((error: unknown) => logger.error({ err: error }, 'the edge could not be brought up to date'));
    });
  process.off('message', keepEarly);
  for (const message of early) handle(message);
  process.on('message', handle);

  drain = async () => {
    clockRepair.stop();
    processMetrics.stop();
    retention.stop();
    await Promise.all([
      api.close(),
      relay.close(),
      mailboxes.stop(),
      processor.stop(),
      hostCheck?.stop(),
      dispatcher.stop(),
      stopHousekeeping(),
    ]);
    await hitSource.close();
    await engine.db.destroy();
    removeLocalFile(config.dataDir);
    unlock();
  };

  const ports: Ports = {
    http: http.port,
    ...(relay.submission === undefined ? {} : { smtp: relay.submission.port }),
    ...(relay.submissions === undefined ? {} : { smtps: relay.submissions.port }),
    ...(relay.filter === undefined ? {} : { filter: relay.filter.port }),
    ...(relay.inbound === undefined ? {} : { inbound: relay.inbound.port }),
  };
  writeLocalFile(config.dataDir, {
    url: httpUrl,
    apiKey: cliKey,
    edgeUrl,
    smtp: relay.submission ?? null,
    smtps: relay.submissions ?? null,
    filter: relay.filter ?? null,
    inbound: relay.inbound ?? null,
    processes: { supervisor: process.ppid, backEnd: process.pid },
  });
  tell({ type: 'back-end-ready', httpUrl, ports });
  if (start.first) {
    process.stdout.write(
      banner({
        dashboardUrl,
        signInLink: await accounts.createSignInLink(dashboardUrl),
        publicUrl,
        smtp: relay.submission,
        smtps: relay.submissions,
        filter: relay.filter,
        inbound: relay.inbound,
        credential: local,
        demo: relay.demo,
        trackingIsLocal: isLoopbackUrl(publicUrl),
        smarthostHost,
        dataDir: config.dataDir,
      }),
    );
  }
}

function tell(message: FromBackEnd): void {
  send(process, message);
}

async function firstMessage(early: ToBackEnd[]): Promise<Start> {
  for (;;) {
    const index = early.findIndex(({ type }) => type === 'start-back-end');
    const [message] = index === -1 ? [] : early.splice(index, 1);
    if (message?.type === 'start-back-end') return message;
    await new Promise<void>((resolve) => process.once('message', () => setImmediate(resolve)));
  }
}

function hostOf(url: string | undefined): string[] {
  return url === undefined ? [] : [new URL(url).hostname];
}
