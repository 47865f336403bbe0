import { join } from 'node:path';
import { systemClock } from '../../src/kernel/clock.ts';
import {
  newDeliveryId,
  newMessageId,
  systemRandom,
  type DeliveryId,
  type WorkspaceId,
} from '../../src/kernel/ids.ts';
import { createLogger, silentLogger, type Logger } from '../../src/kernel/logger.ts';
import {
  DEFAULT_MAILBOX_TIMING,
  Mailboxes,
  readMailboxAccounts,
  type AccessTokens,
  type MailboxAccount,
  type MailboxTiming,
} from '../../src/mailboxes/mailboxes.ts';
import { newTrackingNumber, Timeline, type NewMail } from '../../src/messages/messages.ts';
import { ReportIntake } from '../../src/reports/reports.ts';
import { openSqlite, type Engine } from '../../src/storage/engine.ts';
import { KyselyMailboxStore } from '../../src/storage/mailbox-store.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyReportStore } from '../../src/storage/report-store.ts';
import { KyselySharedAddresses } from '../../src/storage/shared-address-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { Keyring } from '../../src/tracking/tracking.ts';
import { IMAP_PASSWORD, type TestDovecot } from './dovecot.ts';
import { homeLookup } from './home-reader.ts';

export const ANN = 'ann@example.org';
export const BOB = 'bob@example.net';
export const WORKSPACE = 1 as WorkspaceId;

/** Times in which a test can wait. */
export const QUICK_MAILBOXES: MailboxTiming = {
  ...DEFAULT_MAILBOX_TIMING,
  reconnect: { firstMs: 50, longestMs: 200 },
  signIn: { firstMs: 60_000, longestMs: 60_000 },
  pollMs: 100,
  sentAfterMs: 0,
  sentRetry: { firstMs: 50, longestMs: 100 },
};

/** Watched mailboxes on real stores, as the server wires them. */
export interface MailboxBench extends AsyncDisposable {
  engine: Engine;
  mailboxes: Mailboxes;
  /** A tracked mail of Ann to Bob that is out. @returns its delivery */
  sent(messageIdHeader: string, changes?: Partial<NewMail>): Promise<DeliveryId>;
  /** What a delivery's timeline tells beside its way out, in order. */
  events(delivery: DeliveryId): Promise<string[]>;
  /** Accepted and not in Sent yet. */
  sentCopy(messageIdHeader: string, raw: Uint8Array): Promise<void>;
  /** Ends the connections and the database; another bench may open the directory then. */
  close(): Promise<void>;
}

export interface BenchOptions {
  /** `WAYBILL_IMAP_ACCOUNTS` */
  accounts: string;
  timing?: Partial<MailboxTiming>;
  logger?: Logger;
  tokensOf?: (account: MailboxAccount) => AccessTokens | undefined;
  /** Called with each message that is about to be taken. */
  beforeTake?: () => Promise<void>;
}

export function accountOf({ imap }: Pick<TestDovecot, 'imap'>, parameters = '', user = ANN): string {
  const query = parameters === '' ? '' : `?${parameters}`;
  return `imap://${encodeURIComponent(user)}:${IMAP_PASSWORD}@${imap.host}:${imap.port}/${query}`;
}

export async function openBench(directory: string, options: BenchOptions): Promise<MailboxBench> {
  const engine = await openSqlite(join(directory, 'waybill.db'));
  const clock = systemClock;
  const timing = { ...QUICK_MAILBOXES, ...options.timing };
  const timeline = new Timeline({ store: new KyselyTimelineStore(engine, clock), lookup: homeLookup, clock });
  const messages = new KyselyMessageStore(engine);
  const logger =
    options.logger ?? (process.env['DEBUG'] === '1' ? createLogger('debug', 'test') : silentLogger);
  const shared = new KyselySharedAddresses(engine);
  const intake = new ReportIntake({
    store: new KyselyReportStore(engine),
    timeline,
    shared,
    keyring: new Keyring(new Map([[1, new Uint8Array(32).fill(7)]])),
    logger,
  });
  const mailboxes = new Mailboxes({
    accounts: readMailboxAccounts(options.accounts),
    defaultWorkspaceId: WORKSPACE,
    store: new KyselyMailboxStore(engine),
    intake: {
      take: async (mail) => {
        await options.beforeTake?.();
        return intake.take(mail);
      },
    },
    shared,
    ...(options.tokensOf === undefined ? {} : { tokensOf: options.tokensOf }),
    timing,
    clock,
    random: systemRandom,
    logger,
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= mailboxes.stop().then(() => engine.db.destroy()));
  const accept = async (messageIdHeader: string, changes: Partial<NewMail>): Promise<DeliveryId> => {
    const id = newDeliveryId();
    await messages.accept(newMail(id, messageIdHeader, changes));
    return id;
  };
  return {
    engine,
    mailboxes,
    sent: async (messageIdHeader, changes = {}) => {
      const id = await accept(messageIdHeader, changes);
      const now = clock();
      await timeline.recordTransport({
        deliveryId: id,
        at: now,
        type: 'relayed',
        transport: 'sent',
        reasons: [],
        source: `relay:${id}:1`,
      });
      return id;
    },
    events: async (delivery) => {
      const rows = await engine.db
        .selectFrom('events')
        .select('type')
        .where('delivery_id', '=', delivery)
        .where('type', 'not in', ['accepted', 'relayed'])
        .orderBy('position')
        .execute();
      return rows.map(({ type }) => type);
    },
    sentCopy: async (messageIdHeader, raw) => {
      const copy = mailboxes.copyOf({ workspaceId: WORKSPACE, from: ANN, source: 'submission' });
      if (copy === undefined) throw new Error('this account wants no copies');
      const dueAt = clock() + copy.afterMs;
      const sentCopy = { id: newMessageId(), accountId: copy.accountId, messageIdHeader, raw, dueAt };
      await accept(messageIdHeader, { sentCopy });
      mailboxes.wake();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function newMail(id: DeliveryId, messageIdHeader: string, changes: Partial<NewMail>): NewMail {
  return {
    messageId: newMessageId(),
    workspaceId: WORKSPACE,
    from: `Ann <${ANN}>`,
    to: [BOB],
    cc: [],
    subject: 'The parcel',
    messageIdHeader,
    mode: 'full',
    source: 'submission',
    sizeBytes: 100,
    createdAt: Date.now() - 60_000,
    sentAt: Date.now() - 59_000,
    deliveries: [
      {
        id,
        trackingNumber: newTrackingNumber(systemRandom),
        recipient: BOB,
        pixelUrl: 'http://127.0.0.1/o/x.gif',
        untouched: null,
      },
    ],
    links: [],
    ...changes,
  };
}
