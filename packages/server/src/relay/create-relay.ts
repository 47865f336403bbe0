import { hostname } from 'node:os';
import type { SmarthostState } from '@waybill/sdk';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { RandomBytes, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { MessageStore } from '../messages/messages.ts';
import { MailIntake } from './accept.ts';
import { ApiMessages } from './api-messages.ts';
import { AuthLimit, DEFAULT_AUTH_LIMITS, type AuthLimits } from './auth-limit.ts';
import { DEFAULT_RETRY, type RetryPolicy } from './backoff.ts';
import type { ProbePauses } from './circuit.ts';
import { certificateFromFiles, ownCertificate } from './certificate.ts';
import { listenSmtp, type ListenAddress, type SmtpListener } from './listener.ts';
import { listenInbound } from './inbound-listener.ts';
import { InboundMail, type ReportTaker, type ReturnPaths } from './inbound-mail.ts';
import { OwnMail } from './own-mail.ts';
import { PassThroughMail } from './pass-through.ts';
import type { TrackingContext } from './copy-plan.ts';
import type { PlainText, SpamCare } from './instrument/instrument.ts';
import { NoticeSender, type NoticedCopies } from './notice-sender.ts';
import { Pipeline } from './pipeline.ts';
import { PreparedMails } from './prepared-mails.ts';
import type {
  CredentialCheck,
  Objections,
  QueueStore,
  SentNotes,
  TransportTimeline,
  WorkspacePolicies,
} from './ports.ts';
import { Queue, type QueueState } from './queue.ts';
import { smarthostState } from './smarthost-state.ts';
import { QueueAdmin, type QueueAdminStore } from './queue-admin.ts';
import { NO_RETURN_PATHS, type ReturnPathSettings } from './return-path.ts';
import { readSmarthostUrl } from './smarthost-url.ts';
import type { SentMailboxes } from './sent-copy.ts';
import { DEFAULT_TIMEOUTS, SmarthostClient, type SmarthostTimeouts } from './smarthost.ts';
import { MailSigner, openSigningKeys, type SigningKeyFile } from './signing/signing.ts';
import { DEFAULT_SMTP_LIMITS, smtpShares, type SmtpLimits } from './smtp-limits.ts';
import type { Admission } from './smtp-session.ts';
import { isLoopbackUrl, wayOut } from './way-out.ts';

export interface RelaySettings {
  /** Undefined: no such listener. Port 0: the system chooses. */
  submission: ListenAddress | undefined;
  /** TLS from the start. */
  submissions: ListenAddress | undefined;
  filter: ListenAddress | undefined;
  /** For return paths; needs a VERP domain. */
  inbound?: ListenAddress | undefined;
  filterNetworks: readonly string[];
  filterDomains: readonly string[];
  allowPlainOnLoopback: boolean;
  maxMessageBytes: number;
  /** What operators choose; the defaults for the rest. */
  smtpLimits?: Partial<SmtpLimits>;
  /** Undefined: self-signed, kept in `dataDir/tls`. */
  tls: { certFile: string; keyFile: string } | undefined;
  smarthostUrl: string | undefined;
  demo: boolean;
  /** The defaults for what is not given. */
  queue?: RetryPolicy & { concurrency: number; concurrencyPerDestination: number };
  /** Private keys that mail is signed with (DKIM). */
  dkimKeys: readonly SigningKeyFile[];
  /** Absent: envelopes stay as senders give them, and nobody is asked for receipts. */
  returnPaths?: ReturnPathSettings;
  /** Mailbox of Waybill's own mail. */
  notifyFrom: string;
  dataDir: string;
  /** What pixels and links begin with, without a slash at the end. */
  publicUrl: string;
  /** What is done with mail that has no HTML; nothing when it is not given. */
  plainText?: PlainText;
  /** What gives way for the sake of spam filters; links when it is not given. */
  spamCare?: SpamCare;
  /** Copies with tracked links carry one more that nobody can see, which tells machines. */
  trapLink?: boolean;
}

/** What the tests make shorter. */
export interface RelayTuning {
  retry?: RetryPolicy;
  probePauses?: ProbePauses;
  timeouts?: SmarthostTimeouts;
  authLimits?: AuthLimits;
  smtpLimits?: Partial<SmtpLimits>;
  concurrency?: number;
  destinationConcurrency?: number;
  certificateCheckMs?: number;
  dkimKeyCheckMs?: number;
  /** How long `close` waits for copies on their way. */
  graceMs?: number;
}

export interface RelayDeps {
  settings: RelaySettings;
  keyring: TrackingContext['keyring'];
  messages: Pick<MessageStore, 'accept' | 'handedOver' | 'markSent'>;
  queue: QueueStore;
  sentNotes: SentNotes;
  queueAdmin: QueueAdminStore & NoticedCopies;
  timeline: TransportTimeline;
  credentials: CredentialCheck;
  policies: WorkspacePolicies;
  objections: Objections;
  /** For the inbound listener. */
  reports?: ReportTaker;
  returnPaths?: ReturnPaths;
  /** The workspace of mail that comes through the filter. */
  filterWorkspace: () => Promise<WorkspaceId>;
  /** Whose mailboxes get copies of what they send. */
  sentMailboxes?: SentMailboxes;
  /** A sender signed in from this address. */
  noteSenderAddress: (workspaceId: WorkspaceId, address: string) => Promise<void>;
  /** Binds a listener, perhaps patiently. @param setting name of the setting that chose the address */
  bind?: <T>(
    setting: string,
    listen: ListenAddress,
    bind: (listen: ListenAddress) => Promise<T>,
  ) => Promise<T>;
  clock: Clock;
  random: RandomBytes;
  logger: Logger;
  tuning?: RelayTuning;
}

export interface SendingState extends Pick<QueueState, 'ends' | 'openings' | 'limit' | 'running'> {
  /** Null when none is set. */
  smarthost: SmarthostState | null;
}

export interface Relay {
  /** Mail is captured in the demo inbox. */
  demo: boolean;
  /** Real addresses; undefined for a listener that is off. */
  submission: ListenAddress | undefined;
  submissions: ListenAddress | undefined;
  filter: ListenAddress | undefined;
  inbound: ListenAddress | undefined;
  intake: MailIntake;
  /** For the API. */
  messages: ApiMessages;
  queue: QueueAdmin;
  /** For metrics and readiness. */
  sending: () => SendingState;
  /** For notifications. */
  ownMail: OwnMail;
  /** Looks at the queue now: what is due there was changed from outside. */
  wake(): void;
  /** Takes nothing more, lets copies on their way arrive, ends within five seconds. */
  close(): Promise<void>;
}

const CONCURRENCY = 20;
const DESTINATION_CONCURRENCY = 10;
const BYTES_ON_THEIR_WAY = 64 * 1024 * 1024;
const CERTIFICATE_CHECK_MS = 30_000;
const DKIM_KEY_CHECK_MS = 30_000;
const GRACE_MS = 3_000;
const INBOUND_CONNECTIONS = 500;
/** Reports are about one copy each. */
const INBOUND_RECIPIENTS = 20;

/** @see createRelay in relay.ts */
export async function startRelay(deps: RelayDeps): Promise<Relay> {
  const { settings, clock, random, logger, tuning = {} } = deps;
  const context: TrackingContext = {
    keyring: deps.keyring,
    publicUrl: settings.publicUrl,
    ...(settings.plainText === undefined ? {} : { plainText: settings.plainText }),
    ...(settings.spamCare === undefined ? {} : { spamCare: settings.spamCare }),
    ...(settings.trapLink === undefined ? {} : { trapLink: settings.trapLink }),
  };
  const out = wayOut({
    smarthost: settings.smarthostUrl !== undefined,
    publicUrlIsLoopback: isLoopbackUrl(settings.publicUrl),
    demo: settings.demo,
  });
  const smarthost = smarthostOf(settings.smarthostUrl, tuning, logger);
  const retry = tuning.retry ?? settings.queue ?? DEFAULT_RETRY;
  const dkim = openSigningKeys(settings.dkimKeys, logger);
  const signer = new MailSigner({ keys: dkim.current, clock });
  const prepared = new PreparedMails();
  const pipeline = new Pipeline({ context, prepared, signer, smarthost, clock, logger });
  const queue = new Queue({
    store: deps.queue,
    notes: deps.sentNotes,
    timeline: deps.timeline,
    notices: noticeSender(deps, retry.expiryMs),
    send: (mail) => pipeline.send(mail),
    retry,
    limits: {
      total: tuning.concurrency ?? settings.queue?.concurrency ?? CONCURRENCY,
      perDestination:
        tuning.destinationConcurrency ?? settings.queue?.concurrencyPerDestination ?? DESTINATION_CONCURRENCY,
      bytes: BYTES_ON_THEIR_WAY,
    },
    probePauses: tuning.probePauses,
    clock,
    random,
    logger,
  });
  const shared = {
    policies: deps.policies,
    objections: deps.objections,
    context,
    signer,
    // What is only captured never comes back.
    returnPaths: out === 'capture' ? NO_RETURN_PATHS : (settings.returnPaths ?? NO_RETURN_PATHS),
    wayOut: out,
    expiryMs: retry.expiryMs,
    clock,
    random,
    onQueued: () => queue.wake(),
  };
  const stateOfSmarthost = (): SmarthostState | null =>
    smarthost === undefined ? null : smarthostState(queue);
  const intake = new MailIntake({
    ...shared,
    prepared,
    store: deps.messages,
    line: queue,
    sentMailboxes: deps.sentMailboxes,
    logger,
  });
  const passThrough = new PassThroughMail({ ...shared, queue: deps.queue });

  const listeners = await openListeners(deps, intake, passThrough);
  await queue.start();
  const dkimWatch = setInterval(() => dkim.reload(), tuning.dkimKeyCheckMs ?? DKIM_KEY_CHECK_MS);
  dkimWatch.unref();
  return {
    demo: out === 'capture',
    submission: listeners.submission?.address,
    submissions: listeners.submissions?.address,
    filter: listeners.filter?.address,
    inbound: listeners.inbound?.address,
    intake,
    messages: new ApiMessages({ ...shared, intake, store: deps.messages }),
    queue: new QueueAdmin({ store: deps.queueAdmin, queue, smarthost: stateOfSmarthost, clock }),
    sending: () => ({ ...queue.state, smarthost: stateOfSmarthost() }),
    ownMail: new OwnMail({ ...shared, queue: deps.queue, from: settings.notifyFrom }),
    wake: () => queue.wake(),
    close: async () => {
      clearInterval(dkimWatch);
      await Promise.all([listeners.close(), queue.stop(tuning.graceMs ?? GRACE_MS)]);
      smarthost?.close();
      deps.sentNotes.close();
    },
  };
}

/** Notices come from whom Waybill's other mails come from: the operator chose an address that can be sent from. */
function noticeSender({ settings, queue, queueAdmin, logger }: RelayDeps, expiryMs: number): NoticeSender {
  const { smarthostUrl } = settings;
  const from = {
    mailbox: settings.notifyFrom,
    host: hostname(),
    ...(smarthostUrl === undefined ? {} : { remoteHost: readSmarthostUrl(smarthostUrl).host }),
  };
  return new NoticeSender({ copies: queueAdmin, queue, from, expiryMs, logger });
}

function smarthostOf(
  url: string | undefined,
  tuning: RelayTuning,
  logger: Logger,
): SmarthostClient | undefined {
  if (url === undefined) return undefined;
  const timeouts = tuning.timeouts ?? DEFAULT_TIMEOUTS;
  return new SmarthostClient({ address: readSmarthostUrl(url), timeouts, logger });
}

interface OpenListeners {
  submission: SmtpListener | undefined;
  submissions: SmtpListener | undefined;
  filter: SmtpListener | undefined;
  inbound: SmtpListener | undefined;
  close(): Promise<void>;
}

async function openListeners(
  deps: RelayDeps,
  intake: MailIntake,
  passThrough: PassThroughMail,
): Promise<OpenListeners> {
  const { settings, logger, tuning = {} } = deps;
  const certificates =
    settings.tls === undefined
      ? await ownCertificate({ ...deps, directory: join(settings.dataDir, 'tls') })
      : certificateFromFiles({ ...settings.tls, logger });
  let certificate = certificates.current;
  const limits = {
    ...DEFAULT_SMTP_LIMITS,
    maxMessageBytes: settings.maxMessageBytes,
    ...settings.smtpLimits,
    ...tuning.smtpLimits,
  };
  const shares = smtpShares(limits, deps.clock);
  const open: SmtpListener[] = [];
  const openOne = async (
    setting: string,
    listen: ListenAddress | undefined,
    make: (listen: ListenAddress) => Promise<SmtpListener>,
  ): Promise<SmtpListener | undefined> => {
    if (listen === undefined) return undefined;
    const bind = deps.bind ?? ((_setting, address, makeThere) => makeThere(address));
    const listener = await bind(setting, listen, make);
    open.push(listener);
    return listener;
  };
  const start = (
    setting: string,
    listen: ListenAddress | undefined,
    admission: Admission,
    implicitTls = false,
  ): Promise<SmtpListener | undefined> =>
    openOne(setting, listen, (address) =>
      listenSmtp({
        listen: address,
        implicitTls,
        certificate,
        admission,
        shares,
        intake,
        pass: (mail) => passThrough.send(mail),
        logger,
      }),
    );
  const close = async (): Promise<void> => {
    await Promise.all(open.map((listener) => listener.close()));
  };
  const users = userAdmission(deps);
  const servers: Admission = {
    kind: 'networks',
    networks: settings.filterNetworks,
    domains: settings.filterDomains,
    workspaceId: deps.filterWorkspace,
  };
  try {
    const submission = await start('WAYBILL_SMTP_LISTEN', settings.submission, users);
    const submissions = await start('WAYBILL_SMTPS_LISTEN', settings.submissions, users, true);
    const filter = await start('WAYBILL_FILTER_LISTEN', settings.filter, servers);
    const inbound = await openOne('WAYBILL_INBOUND_LISTEN', settings.inbound, (listen) =>
      listenInbound({ listen, certificate, ...inboundParts(deps, limits, passThrough) }),
    );
    const watch = setInterval(() => {
      void certificates.changed().then((changed) => {
        if (changed === undefined) return;
        certificate = changed;
        for (const listener of open) listener.useCertificate(certificate);
        logger.info({}, 'the SMTP certificate was changed');
      });
    }, tuning.certificateCheckMs ?? CERTIFICATE_CHECK_MS);
    watch.unref();
    return {
      submission,
      submissions,
      filter,
      inbound,
      close: async () => {
        clearInterval(watch);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Strangers' limits are counted by themselves. @throws AppError `misconfigured` */
function inboundParts(deps: RelayDeps, limits: SmtpLimits, passThrough: PassThroughMail) {
  const { settings, keyring, reports, returnPaths, clock, logger } = deps;
  const domain = settings.returnPaths?.verpDomain;
  if (domain === undefined || reports === undefined || returnPaths === undefined) {
    throw new AppError('misconfigured', 'WAYBILL_INBOUND_LISTEN needs WAYBILL_VERP_DOMAIN: set that too.');
  }
  const name = hostname();
  const shares = smtpShares(
    { ...limits, maxConnections: INBOUND_CONNECTIONS, maxRecipients: INBOUND_RECIPIENTS },
    clock,
  );
  const inbound = new InboundMail({
    domain,
    keyring,
    reports,
    returnPaths,
    passThrough,
    hostName: name,
    limits: shares.limits,
    clock,
    logger,
  });
  return { inbound, shares, name, logger };
}

function userAdmission(deps: RelayDeps): Admission {
  return {
    kind: 'credentials',
    check: deps.credentials,
    limit: new AuthLimit(deps.tuning?.authLimits ?? DEFAULT_AUTH_LIMITS, deps.clock),
    allowPlainOnLoopback: deps.settings.allowPlainOnLoopback,
    onSender: (workspaceId, address) => {
      deps.noteSenderAddress(workspaceId, address).catch((err: unknown) => {
        deps.logger.warn({ err }, "a sender's address could not be noted");
      });
    },
  };
}
