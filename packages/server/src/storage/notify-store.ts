import type { Channel, ChannelConfig, Rule } from '@waybill/sdk';
import { sql, type Kysely, type Selectable, type SqlBool } from 'kysely';
import { toIso } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type {
  ClaimedNotification,
  DeliveryNotification,
  NotifyStore,
  Outcome,
  OutboxStore,
  RuleChange,
} from '../notify/notify.ts';
import { deleteOldest } from './aged-rows.ts';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';

/** What is left of a notification's content when it is done. */
const WIPED = '{}';

/** Channels, rules and the outbox on either engine. */
export class KyselyNotifyStore implements NotifyStore, OutboxStore {
  readonly #engine: Engine;
  readonly #db: Kysely<Database>;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#db = engine.db;
  }

  async channels(workspaceId: WorkspaceId): Promise<Channel[]> {
    const rows = await this.#db
      .selectFrom('channels')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(channelOf);
  }

  async channel(workspaceId: WorkspaceId, id: string): Promise<Channel | undefined> {
    const row = await this.#db
      .selectFrom('channels')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? undefined : channelOf(row);
  }

  addChannel(workspaceId: WorkspaceId, channel: Channel): Promise<void> {
    return insertChannel(this.#db, workspaceId, channel);
  }

  async changeChannel(
    workspaceId: WorkspaceId,
    id: string,
    { name, config }: { name?: string; config?: ChannelConfig },
  ): Promise<Channel | undefined> {
    const row = await this.#db
      .updateTable('channels')
      .set({
        id,
        ...(name === undefined ? {} : { name }),
        // What failed with the old configuration says nothing about the new one.
        ...(config === undefined
          ? {}
          : { kind: config.kind, config: JSON.stringify(config), last_error: null }),
      })
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? undefined : channelOf(row);
  }

  removeChannel(workspaceId: WorkspaceId, id: string): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('channels')
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await tx
        .deleteFrom('outbox')
        .where('workspace_id', '=', workspaceId)
        .where('channel_id', '=', id)
        .where('state', '=', 'pending')
        .execute();
      for (const rule of await readRules(tx, workspaceId)) {
        if (!rule.channelIds.includes(id)) continue;
        const channelIds = JSON.stringify(rule.channelIds.filter((other) => other !== id));
        await tx
          .updateTable('rules')
          .set({ channel_ids: channelIds })
          .where('workspace_id', '=', workspaceId)
          .where('id', '=', rule.id)
          .execute();
      }
      return true;
    });
  }

  forgetFinished(createdBefore: number, limit: number): Promise<number> {
    // The state is a literal, so that the index of finished rows will do.
    const condition = sql<SqlBool>`state <> 'pending' and created_at < ${createdBefore}`;
    return deleteOldest(this.#engine, 'outbox', { age: 'created_at', condition, limit });
  }

  rules(workspaceId: WorkspaceId): Promise<Rule[]> {
    return readRules(this.#db, workspaceId);
  }

  addRule(workspaceId: WorkspaceId, rule: Rule): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      await assertChannels(tx, workspaceId, rule.channelIds);
      await insertRule(tx, workspaceId, rule);
    });
  }

  changeRule(workspaceId: WorkspaceId, id: string, change: RuleChange): Promise<Rule | undefined> {
    const { name, trigger, channelIds, enabled } = change;
    return this.#db.transaction().execute(async (tx) => {
      if (channelIds !== undefined) await assertChannels(tx, workspaceId, channelIds);
      const row = await tx
        .updateTable('rules')
        .set({
          id,
          ...(name === undefined ? {} : { name }),
          ...(trigger === undefined ? {} : { trigger }),
          ...(channelIds === undefined ? {} : { channel_ids: JSON.stringify([...new Set(channelIds)]) }),
          ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
        })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : ruleOf(row);
    });
  }

  async removeRule(workspaceId: WorkspaceId, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('rules')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async claim(options: {
    now: number;
    leaseUntil: number;
    except: readonly string[];
  }): Promise<ClaimedNotification | undefined> {
    const { now, leaseUntil, except } = options;
    // A look without a write first: the outbox is empty nearly always.
    if ((await this.#due(now, except).executeTakeFirst()) === undefined) return undefined;
    // On SQLite a single writer claims at a time anyway.
    const due =
      this.#engine.name === 'postgres'
        ? this.#due(now, except).forUpdate().skipLocked()
        : this.#due(now, except);
    const row = await this.#db
      .updateTable('outbox')
      .set((eb) => ({ attempts: eb('attempts', '+', 1), next_attempt_at: leaseUntil }))
      .where('id', '=', due)
      .where('state', '=', 'pending')
      .returning(['id', 'workspace_id', 'channel_id', 'idempotency_key', 'attempts', 'payload'])
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const channel = await this.channel(row.workspace_id as WorkspaceId, row.channel_id);
    return {
      id: row.id,
      idempotencyKey: row.idempotency_key,
      attempts: row.attempts,
      notification: JSON.parse(row.payload) as DeliveryNotification,
      channel: channel === undefined ? undefined : { id: channel.id, config: channel.config },
    };
  }

  async finish(claimed: ClaimedNotification, outcome: Outcome): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      let update = tx
        .updateTable('outbox')
        .set(rowChange(outcome, claimed))
        .where('id', '=', claimed.id)
        .where('state', '=', 'pending');
      if (outcome.kind !== 'sent') update = update.where('attempts', '=', claimed.attempts);
      const { numUpdatedRows } = await update.executeTakeFirst();
      if (numUpdatedRows === 0n || claimed.channel === undefined || outcome.kind === 'released') return;
      await tx
        .updateTable('channels')
        .set(
          outcome.kind === 'sent'
            ? { last_error: null, last_sent_at: outcome.at }
            : { last_error: outcome.error },
        )
        .where('id', '=', claimed.channel.id)
        .execute();
    });
  }

  #due(now: number, except: readonly string[]) {
    const due = this.#db
      .selectFrom('outbox')
      .select('id')
      .where('state', '=', 'pending')
      .where('next_attempt_at', '<=', now)
      .orderBy('next_attempt_at')
      .orderBy('id')
      .limit(1);
    return except.length === 0 ? due : due.where('channel_id', 'not in', except);
  }
}

/** Channel and rule of a new workspace, inside the transaction that makes its first user. */
export async function insertDefaults(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  defaults: { channel: Channel; rule: Rule },
): Promise<void> {
  await insertChannel(db, workspaceId, defaults.channel);
  await insertRule(db, workspaceId, defaults.rule);
}

async function insertChannel(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  channel: Channel,
): Promise<void> {
  await db
    .insertInto('channels')
    .values({
      id: channel.id,
      workspace_id: workspaceId,
      name: channel.name,
      kind: channel.config.kind,
      config: JSON.stringify(channel.config),
      created_at: Date.parse(channel.createdAt),
      last_error: channel.lastError,
      last_sent_at: channel.lastSentAt === null ? null : Date.parse(channel.lastSentAt),
    })
    .execute();
}

async function insertRule(db: Kysely<Database>, workspaceId: WorkspaceId, rule: Rule): Promise<void> {
  await db
    .insertInto('rules')
    .values({
      id: rule.id,
      workspace_id: workspaceId,
      name: rule.name,
      trigger: rule.trigger,
      channel_ids: JSON.stringify(rule.channelIds),
      enabled: rule.enabled ? 1 : 0,
      created_at: Date.parse(rule.createdAt),
    })
    .execute();
}

async function readRules(db: Kysely<Database>, workspaceId: WorkspaceId): Promise<Rule[]> {
  const rows = await db
    .selectFrom('rules')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(ruleOf);
}

async function assertChannels(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  channelIds: readonly string[],
): Promise<void> {
  if (channelIds.length === 0) return;
  const rows = await db
    .selectFrom('channels')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', channelIds)
    .execute();
  const known = new Set(rows.map(({ id }) => id));
  const fields = channelIds.flatMap((id, index) =>
    known.has(id) ? [] : [{ field: `channelIds.${index}`, message: 'is not a channel of this workspace' }],
  );
  if (fields.length > 0)
    throw new AppError('invalid-input', 'The rule names an unknown channel.', { fields });
}

function rowChange(outcome: Outcome, { attempts }: ClaimedNotification): Partial<Database['outbox']> {
  switch (outcome.kind) {
    case 'sent':
      return { state: 'sent', sent_at: outcome.at, last_error: null, payload: WIPED };
    case 'retry':
      return { next_attempt_at: outcome.at, last_error: outcome.error };
    case 'failed':
      return { state: 'failed', last_error: outcome.error, payload: WIPED };
    case 'released':
      return { next_attempt_at: outcome.at, attempts: attempts - 1 };
  }
}

function channelOf(row: Selectable<Database['channels']>): Channel {
  return {
    id: row.id,
    name: row.name,
    config: JSON.parse(row.config) as ChannelConfig,
    createdAt: toIso(row.created_at),
    lastError: row.last_error,
    lastSentAt: row.last_sent_at === null ? null : toIso(row.last_sent_at),
  };
}

function ruleOf(row: Selectable<Database['rules']>): Rule {
  return {
    id: row.id,
    name: row.name,
    trigger: row.trigger as Rule['trigger'],
    channelIds: JSON.parse(row.channel_ids) as string[],
    enabled: row.enabled === 1,
    createdAt: toIso(row.created_at),
  };
}
