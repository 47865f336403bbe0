import type {
  CreatedMessage,
  CreateMessage,
  Preview,
  SystemState,
  WatchedMailbox,
  Workspace,
} from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { NotifySettings } from '../notify/notify.ts';
import type { Privacy } from '../privacy/privacy.ts';
import type { QueueAdmin } from '../relay/relay.ts';
import type { StatsReader } from '../stats/stats.ts';
import type { Accounts } from './auth/auth.ts';
import type { IdempotencyStore } from './idempotency.ts';
import type { Metric } from './metrics.ts';

/** Port: the way in for mails given over HTTP. Input is validated; intended errors are AppErrors. */
export interface MessageService {
  /**
   * Sends (`send: true`) or instruments only.
   * @param id the id the message is to have. A repeated request has the same one; the second acceptance of
   *   an id must fail with `conflict` and change nothing
   */
  create(workspaceId: WorkspaceId, message: CreateMessage, id?: MessageId): Promise<CreatedMessage>;
  /**
   * The answer to a request to instrument only whose mail is there already: with the same HTML again.
   * @returns undefined for a mail that is sent by Waybill, or is not there
   */
  createdBefore(
    workspaceId: WorkspaceId,
    message: CreateMessage,
    id: MessageId,
  ): Promise<CreatedMessage | undefined>;
  /** @returns the time (ms) that counts, the first call's; undefined when the workspace has no such message */
  markSent(workspaceId: WorkspaceId, id: MessageId, at: number): Promise<number | undefined>;
  /** Stores nothing, tracks nothing. `to` may be empty. */
  preview(workspaceId: WorkspaceId, message: CreateMessage): Promise<Preview>;
}

/** Port: says that events were added or changed, of whichever workspace. */
export interface ChangeFeed {
  /** @returns a function that ends the subscription */
  onChange(listener: () => void): () => void;
}

/** Port: what runs here, as whoever runs it sees it. */
export interface Installation {
  state(): Promise<SystemState>;
  mailboxes(workspaceId: WorkspaceId): WatchedMailbox[];
}

export interface ApiSettings {
  /** What pixels and links begin with. */
  publicUrl: string;
  /** True while mail is captured in the demo inbox. */
  demo: boolean;
  smtp: Workspace['smtp'];
  /** CIDRs whose X-Forwarded-* count. */
  trustedProxies: readonly string[];
  /** Host names beyond the listener's own and localhost. */
  allowedHosts: readonly string[];
  /** Of a mail given as JSON, with its attachments in base64. */
  messageBodyLimitBytes: number;
  /** Where the dashboard's build is. */
  dashboardDirectory: string;
  /** Sentences that the licences of place data ask us to show. */
  attributions: readonly string[];
}

export interface ApiDeps {
  settings: ApiSettings;
  accounts: Accounts;
  reader: StatsReader;
  messages: MessageService;
  queue: QueueAdmin;
  notifications: NotifySettings;
  privacy: Privacy;
  idempotency: IdempotencyStore;
  feed: ChangeFeed;
  /** Rejects, with the reason, while the named part does not work. */
  readiness: Readonly<Record<string, () => Promise<void>>>;
  /** What fails and does not make the process unready. */
  degraded?: () => readonly string[];
  metrics: () => Promise<readonly Metric[]>;
  installation: Installation;
  clock: Clock;
  logger: Logger;
}
