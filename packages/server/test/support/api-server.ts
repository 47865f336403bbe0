import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CreateMessage, SmarthostState, SystemState } from '@waybill/sdk';
import { Accounts, createApi, type Api, type ApiDeps } from '../../src/api/api.ts';
import type { OpenedSession } from '../../src/api/auth/accounts.ts';
import { newWorkspaceId, systemRandom, type WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { Timeline } from '../../src/messages/messages.ts';
import { AddressPolicy, createSenders, NotifySettings, OutboundHttp } from '../../src/notify/notify.ts';
import { Privacy } from '../../src/privacy/privacy.ts';
import { QueueAdmin } from '../../src/relay/relay.ts';
import { StoredAccounts, type BeginWith } from '../../src/storage/account-store.ts';
import { DenyEntryStore } from '../../src/storage/deny-entry-store.ts';
import { openSqlite, type Engine } from '../../src/storage/engine.ts';
import { StoredIdempotency } from '../../src/storage/idempotency-store.ts';
import { KyselyNotifyStore } from '../../src/storage/notify-store.ts';
import { StoredPrivacy } from '../../src/storage/privacy-store.ts';
import { KyselyQueueAdminStore } from '../../src/storage/queue-admin-store.ts';
import { StatsStore } from '../../src/storage/stats-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import type { DenyEntry } from '../../src/tracking/tracking.ts';
import {
  insertEvent,
  pageToken,
  readPageToken,
  TestMails,
  type Gate,
  type SeededDelivery,
  type SeededEvent,
  type SeededMail,
} from './seeded-mails.ts';
import { temporaryDirectory } from './temp-dir.ts';

/** A workspace with a key to it. */
export interface Tenant {
  workspaceId: WorkspaceId;
  apiKey: string;
}

/** The API over SQLite in a temporary directory, on a port that the system chose. */
export interface ApiServer {
  url: string;
  api: Api;
  engine: Engine;
  accounts: Accounts;
  stats: StatsStore;
  privacyStore: StoredPrivacy;
  /** What the edge is told not to record. */
  denied: () => Promise<DenyEntry[]>;
  tenant: Tenant;
  /** What `now` is; tests may move it. */
  clock: { now: number };
  /** How often a mail was really accepted. */
  accepted: () => number;
  /** Makes the edge unreachable for the deny set. */
  edge: { isReachable: boolean; pushes: number };
  gate: Gate;
  newTenant(): Promise<Tenant>;
  fetch(path: string, init?: RequestInit & { key?: string }): Promise<Response>;
  seed(tenant: Tenant, mail?: Partial<SeededMail>): Promise<SeededDelivery[]>;
  addEvent(delivery: SeededDelivery, event?: Partial<SeededEvent>): Promise<void>;
  changed(): void;
  timeline: Timeline;
}

/** @param overrides of the dependencies; `open` gives an empty database of another engine */
export async function startApi(
  t: TestContext,
  overrides: {
    deps?: Partial<ApiDeps>;
    settings?: Partial<ApiDeps['settings']>;
    open?: () => Promise<Engine>;
    /** What the first user's workspace begins with. */
    beginWith?: BeginWith;
    smarthost?: SmarthostState;
  } = {},
): Promise<ApiServer> {
  const directory = await temporaryDirectory();
  const engine = await (overrides.open?.() ?? openSqlite(join(directory.path, 'waybill.db')));
  const clock = { now: Date.UTC(2026, 10, 23, 12) };
  const now = () => clock.now;
  const edge = { isReachable: true, pushes: 0 };
  const gate: ApiServer['gate'] = { wait: undefined };
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  const notifyStore = new KyselyNotifyStore(engine);
  const accounts = new Accounts({
    store: new StoredAccounts(engine.db, overrides.beginWith),
    clock: now,
    random: systemRandom,
  });
  const stats = new StatsStore(
    engine.db,
    (workspaceId, id) => `http://edge.test/r/${pageToken(workspaceId, id)}`,
  );
  const privacyStore = new StoredPrivacy(engine.db);
  const mails = new TestMails(engine, now, gate, changed);
  const addEvent = async (delivery: SeededDelivery, event: Partial<SeededEvent> = {}) => {
    await insertEvent(engine, delivery, { at: clock.now, ...event });
    changed();
  };
  const timeline = new Timeline({
    store: new KyselyTimelineStore(engine, now),
    // Nobody's address is looked up here.
    lookup: {
      prepare: async () => {},
      network: () => ({}),
      place: () => ({ grain: 'unknown' }),
      ranges: () => [],
    },
    clock: now,
  });
  timeline.onChange(changed);
  const policy = new AddressPolicy(['127.0.0.0/8']);
  const api = createApi({
    settings: {
      publicUrl: 'http://edge.test',
      demo: true,
      smtp: { host: '127.0.0.1', port: 2587, security: 'starttls' },
      trustedProxies: ['127.0.0.1'],
      allowedHosts: [],
      messageBodyLimitBytes: 35_000_000,
      dashboardDirectory: join(directory.path, 'dashboard'),
      attributions: ['IP geolocation by DB-IP (https://db-ip.com)'],
      ...overrides.settings,
    },
    accounts,
    reader: stats,
    messages: mails,
    queue: new QueueAdmin({
      store: new KyselyQueueAdminStore(engine),
      queue: { tryNow: () => {}, tellOutcomes: () => {} },
      smarthost: () => overrides.smarthost ?? null,
      clock: now,
    }),
    notifications: new NotifySettings({
      store: notifyStore,
      policy,
      senders: createSenders({
        http: new OutboundHttp(policy),
        ownMail: { send: async () => {} },
        clock: now,
      }),
      dashboardUrl: () => 'http://127.0.0.1',
      clock: now,
    }),
    privacy: new Privacy({
      store: privacyStore,
      timeline,
      denyPush: {
        push: async () => {
          if (!edge.isReachable) throw new Error('the edge is away');
          edge.pushes += 1;
        },
      },
      verifyPage: readPageToken,
      clock: now,
      logger: silentLogger,
    }),
    idempotency: new StoredIdempotency(engine),
    feed: {
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    readiness: { database: async () => {} },
    metrics: async () => [],
    installation: { state: async () => WELL, mailboxes: () => [] },
    clock: now,
    logger: silentLogger,
    ...overrides.deps,
  });
  const { host, port } = await api.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await api.close();
    await engine.db.destroy();
    await directory[Symbol.asyncDispose]();
  });
  const url = `http://${host}:${port}`;
  const newTenant = async (): Promise<Tenant> => {
    const workspaceId = newWorkspaceId();
    await new StoredAccounts(engine.db).createWorkspace({
      id: workspaceId,
      name: 'A workspace',
      mode: 'full',
      disclosure: 'none',
      addressRetentionDays: 30,
      hitRetentionDays: null,
      createdAt: now(),
    });
    const { secret } = await accounts.secrets.createApiKey(workspaceId, 'test');
    return { workspaceId, apiKey: secret };
  };
  const first = await accounts.ensureDefaultWorkspace();
  const { secret } = await accounts.secrets.createApiKey(first.id, 'test');
  const tenant: Tenant = { workspaceId: first.id, apiKey: secret };
  return {
    url,
    api,
    engine,
    accounts,
    stats,
    privacyStore,
    denied: () => new DenyEntryStore(engine).denyEntriesAfter(0),
    tenant,
    clock,
    accepted: () => mails.accepted,
    edge,
    gate,
    newTenant,
    changed,
    timeline,
    addEvent,
    seed: (of, mail = {}) => mails.seed(of.workspaceId, mail),
    fetch: async (path, { key = tenant.apiKey, ...init } = {}) => {
      const headers = new Headers(init.headers);
      if (key !== '' && !headers.has('authorization')) headers.set('authorization', `Bearer ${key}`);
      if (typeof init.body === 'string' && !headers.has('content-type')) {
        headers.set('content-type', 'application/json');
      }
      const answer = await fetch(`${url}${path}`, { ...init, headers });
      await checkAnswer(api, `${init.method ?? 'GET'} ${path}`, answer);
      return answer;
    },
  };
}

/** Every good answer in every test must be what its route's schema says, to the field. */
async function checkAnswer(api: Api, request: string, answer: Response): Promise<void> {
  const [requestPath = ''] = request.split('?');
  const found = Object.entries(api.routes).find(([key]) =>
    new RegExp(`^${key.replace(/:\\w+/g, '[^/]+')}$`).test(requestPath),
  );
  const schema = found?.[1].answer.schema;
  if (schema === undefined || !answer.ok) return;
  assert.equal(answer.status, found?.[1].answer.status, request);
  const result = schema.safeParse(await answer.clone().json());
  assert.deepEqual(result.error?.issues, undefined, `${request} answers with what its schema does not say`);
}

/** Makes the first user and gives the session's cookie. */
export async function signedIn(server: ApiServer): Promise<string> {
  const link = await server.accounts.createSignInLink(server.url);
  const token = new URL(link ?? '').searchParams.get('token') ?? '';
  const opened: OpenedSession = await server.accounts.setUp({
    token,
    name: 'Ann',
    email: 'ann@example.org',
    password: 'correct horse battery',
    mode: 'full',
    ip: null,
  });
  return `waybill_session=${opened.secret}`;
}

export function json(body: unknown): { method: 'POST'; body: string } {
  return { method: 'POST', body: JSON.stringify(body) };
}

/** An installation without trouble. */
const WELL: SystemState = {
  startedAt: '2026-11-23T12:00:00.000Z',
  edge: {
    isUp: true,
    lastHeardAt: '2026-11-23T12:00:00.000Z',
    hits: 0,
    forged: 0,
    silenced: 0,
    unrecorded: 0,
    lastUnrecordedAt: null,
    repeated: 0,
    rejected: 0,
    refusedConnections: 0,
    durableWithinMs: null,
  },
  hits: { processed: 0, failures: 0, perSecond: null, lagSeconds: null, backlog: null },
  wayOut: { kind: 'demo' },
  disk: null,
  troubles: [],
};

export const MAIL: CreateMessage = {
  from: 'Ann <ann@example.org>',
  to: ['bob@example.net'],
  subject: 'The offer',
  html: '<p>Hello <a href="https://example.org/offer">offer</a></p>',
  send: true,
};

export function randomHex(): string {
  return randomBytes(16).toString('hex');
}
