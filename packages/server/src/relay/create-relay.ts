import { hostname } from 'node:os';
import type { SmarthostState } from '@waybill/sdk';
import type { Logger } from '../kernel/logger.ts';
import { MailIntake } from './accept.ts';
import { ApiMessages } from './api-messages.ts';
import { DEFAULT_RETRY } from './backoff.ts';
import type { ListenAddress } from './listener.ts';
import { OwnMail } from './own-mail.ts';
import { PassThroughMail } from './pass-through.ts';
import type { TrackingContext } from './copy-plan.ts';
import { NoticeSender } from './notice-sender.ts';
import { Pipeline } from './pipeline.ts';
import { PreparedMails } from './prepared-mails.ts';
import { Queue, type QueueState } from './queue.ts';
import { smarthostState } from './smarthost-state.ts';
import { QueueAdmin } from './queue-admin.ts';
import { NO_RETURN_PATHS } from './return-path.ts';
import { readSmarthostUrl } from './smarthost-url.ts';
import { DEFAULT_TIMEOUTS, SmarthostClient } from './smarthost.ts';
import { MailSigner, openSigningKeys } from './signing/signing.ts';
import { isLoopbackUrl, wayOut } from './way-out.ts';
import { openListeners } from './open-listeners.ts';
import type { RelayDeps, RelayTuning } from './relay-options.ts';

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
const DKIM_KEY_CHECK_MS = 30_000;
const GRACE_MS = 3_000;

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
    earlierPasses: deps.earlierPasses,
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
