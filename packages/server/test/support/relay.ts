import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Accounts } from '../../src/api/api.ts';
import { systemClock, type Clock } from '../../src/kernel/clock.ts';
import { systemRandom, type WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { Timeline } from '../../src/messages/messages.ts';
import { createRelay, type Relay, type RelaySettings, type RelayTuning } from '../../src/relay/relay.ts';
import { StoredAccounts } from '../../src/storage/account-store.ts';
import { KyselyEarlierPasses } from '../../src/storage/earlier-passes.ts';
import { openSqlite, type Engine } from '../../src/storage/engine.ts';
import type { SyncFile } from '../../src/storage/log-sync.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { StoredPrivacy } from '../../src/storage/privacy-store.ts';
import { KyselyQueueAdminStore } from '../../src/storage/queue-admin-store.ts';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { SentNoteFiles } from '../../src/storage/sent-notes.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { Keyring } from '../../src/tracking/tracking.ts';
import { SmtpDialogue } from './smtp-dialogue.ts';

export const USER = 'demo';
export const PASSWORD = 'a password of the test';
export const KEYRING = new Keyring(new Map([[1, new Uint8Array(32).fill(7)]]));

/** Times in which a test can wait for a retry. */
export const QUICK: RelayTuning = {
  retry: { firstPauseMs: 60, longestPauseMs: 120, expiryMs: 60_000 },
  probePauses: { firstMs: 60, longestMs: 120, longestRefusedMs: 120 },
  timeouts: {
    connectMs: 2_000,
    greetingMs: 2_000,
    commandMs: 5_000,
    dataStartMs: 5_000,
    dataBlockMs: 5_000,
    dataEndMs: 5_000,
    idleMs: 1_000,
  },
  authLimits: { windowMs: 60_000, perName: 10, perAddress: 50, firstDelayMs: 1, longestDelayMs: 5 },
  graceMs: 2_000,
};

/** A relay on real stores in a directory, as the server wires it. */
export interface TestRelay {
  relay: Relay;
  engine: Engine;
  workspaceId: WorkspaceId;
  submission: { host: string; port: number };
  /** Ends listeners, queue and database. */
  close(): Promise<void>;
}

export async function startTestRelay(
  directory: string,
  options: {
    settings?: Partial<RelaySettings>;
    tuning?: RelayTuning;
    clock?: Clock;
    /** Takes the database's log to the disk. */
    syncFile?: SyncFile;
  } = {},
): Promise<TestRelay> {
  const clock = options.clock ?? systemClock;
  const engine = await openSqlite(join(directory, 'waybill.db'), options.syncFile);
  const accounts = new Accounts({
    store: new StoredAccounts(engine.db),
    clock,
    random: systemRandom,
  });
  const { id: workspaceId } = await accounts.ensureDefaultWorkspace();
  await accounts.ensureDemoCredential(USER, PASSWORD);
  const privacy = new StoredPrivacy(engine.db);
  const started = createRelay({
    settings: {
      submission: { host: '127.0.0.1', port: 0 },
      submissions: undefined,
      filter: undefined,
      filterNetworks: ['127.0.0.0/8', '::1/128'],
      filterDomains: [],
      allowPlainOnLoopback: true,
      maxMessageBytes: 1_000_000,
      tls: undefined,
      smarthostUrl: undefined,
      demo: false,
      dkimKeys: [],
      notifyFrom: 'Waybill <waybill@localhost>',
      dataDir: directory,
      publicUrl: 'http://127.0.0.1:8425',
      ...options.settings,
    },
    keyring: KEYRING,
    messages: new KyselyMessageStore(engine),
    earlierPasses: new KyselyEarlierPasses(engine),
    queue: new KyselyQueueStore(engine),
    sentNotes: new SentNoteFiles(join(directory, 'queue', 'sent-notes'), silentLogger),
    queueAdmin: new KyselyQueueAdminStore(engine),
    timeline: new Timeline({ store: new KyselyTimelineStore(engine, clock), lookup: NO_LOOKUP, clock }),
    credentials: accounts.secrets,
    policies: { workspace: (id) => accounts.workspace(id) },
    objections: { isObjected: (id, addresses) => privacy.objectedAmong(id, addresses) },
    filterWorkspace: async () => workspaceId,
    noteSenderAddress: (id, address) => accounts.noteSenderAddress(id, address),
    clock,
    random: systemRandom,
    logger: silentLogger,
    tuning: { ...QUICK, ...options.tuning },
  });
  const relay = await started.catch(async (error: unknown) => {
    await engine.db.destroy();
    throw error;
  });
  return {
    relay,
    engine,
    workspaceId,
    submission: relay.submission ?? { host: '', port: 0 },
    close: async () => {
      await relay.close();
      await engine.db.destroy();
    },
  };
}

/** Transport events ask for neither network nor place. */
const NO_LOOKUP = {
  network: () => ({}),
  ranges: () => [],
  place: () => ({ grain: 'unknown' as const }),
  prepare: async () => {},
};

/** Says the bytes as they are. @returns the reply to the data */
export async function submit(
  relay: TestRelay,
  raw: string,
  { to = ['ann@example.net'], from = 'sender@example.org', parameters = '', rcpt = '' } = {},
): Promise<string> {
  const client = await SmtpDialogue.open(relay.submission);
  try {
    await client.signIn(USER, PASSWORD);
    assert.match(await client.command(`MAIL FROM:<${from}>${parameters}`), /^250/);
    for (const address of to) assert.match(await client.command(`RCPT TO:<${address}>${rcpt}`), /^250/);
    assert.match(await client.command('DATA'), /^354/);
    client.write(`${raw.replaceAll(/^\./gm, '..')}.\r\n`);
    return await client.reply();
  } finally {
    client.close();
  }
}

export interface TimelineRow {
  recipient: string;
  transport: string;
  verdict: string;
  events: { type: string; codes: string[]; texts: string[] }[];
}

/** Each delivery with its events, in the order of the recipients' addresses. */
export async function timelines(engine: Engine): Promise<TimelineRow[]> {
  const deliveries = await engine.db.selectFrom('deliveries').selectAll().orderBy('recipient').execute();
  const events = await engine.db.selectFrom('events').selectAll().orderBy('position').execute();
  return deliveries.map((delivery) => ({
    recipient: delivery.recipient,
    transport: delivery.transport,
    verdict: delivery.verdict_state,
    events: events
      .filter((event) => event.delivery_id === delivery.id)
      .map((event) => {
        const reasons = JSON.parse(event.reasons ?? '[]') as { code: string; text: string }[];
        return {
          type: event.type,
          codes: reasons.map(({ code }) => code),
          texts: reasons.map(({ text }) => text),
        };
      }),
  }));
}
