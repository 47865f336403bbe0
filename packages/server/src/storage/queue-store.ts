import type { Transaction } from 'kysely';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type {
  CapturedCopy,
  EnvelopeOptions,
  Outcome,
  QueuedMail,
  QueueStore,
  SettledMail,
  UntrackedMail,
} from '../relay/relay.ts';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';

type Tx = Transaction<Database>;

/** The mail queue on either engine. */
export class KyselyQueueStore implements QueueStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async recover(): Promise<number> {
    const { numUpdatedRows } = await this.#engine.db
      .updateTable('queue')
      .set({ state: 'ready' })
      .where('state', '=', 'sending')
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async claim(now: number, limit: number): Promise<QueuedMail[]> {
    return this.#engine.db.transaction().execute(async (tx) => {
      let due = tx
        .selectFrom('queue')
        .select('id')
        .where('state', '=', 'ready')
        .where('next_attempt_at', '<=', now)
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(limit);
      if (this.#engine.name === 'postgres') due = due.forUpdate().skipLocked();
      const ids = (await due.execute()).map(({ id }) => id);
      if (ids.length === 0) return [];
      await tx
        .updateTable('queue')
        .set((eb) => ({ state: 'sending', attempts: eb('attempts', '+', 1) }))
        .where('id', 'in', ids)
        .execute();
      return readClaimed(tx, ids);
    });
  }

  async settle(id: string, outcome: Outcome, captured?: CapturedCopy): Promise<void> {
    await this.#engine.db.transaction().execute(async (tx) => {
      const row = await tx
        .updateTable('queue')
        .set({ state: 'settled', outcome: JSON.stringify(outcome) })
        .where('id', '=', id)
        .where('state', '=', 'sending')
        .returning(['workspace_id', 'delivery_id', 'envelope_to'])
        .executeTakeFirst();
      if (row === undefined || captured === undefined) return;
      await tx
        .insertInto('captured')
        .values({
          id,
          workspace_id: row.workspace_id,
          delivery_id: row.delivery_id,
          tracking_number: captured.trackingNumber,
          recipient: row.envelope_to,
          from_address: captured.from,
          subject: captured.subject,
          raw: captured.raw,
          captured_at: captured.at,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    });
  }

  async settled(limit: number): Promise<SettledMail[]> {
    const rows = await this.#engine.db
      .selectFrom('queue')
      .select(['id', 'delivery_id', 'attempts', 'outcome'])
      .where('state', '=', 'settled')
      .orderBy('next_attempt_at')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      deliveryId: row.delivery_id as DeliveryId | null,
      attempts: row.attempts,
      outcome: readOutcome(row.outcome),
    }));
  }

  async finish(told: { id: string; attempts: number }, now: number): Promise<void> {
    await this.#engine.db.transaction().execute(async (tx) => {
      if (this.#engine.name === 'postgres') await lockContent(tx, told.id);
      const row = await tx
        .selectFrom('queue')
        .select(['content_id', 'outcome'])
        .where('id', '=', told.id)
        .where('attempts', '=', told.attempts)
        .where('state', '=', 'settled')
        .executeTakeFirst();
      if (row === undefined) return;
      const { retryAt, error } = readOutcome(row.outcome);
      const change =
        retryAt === undefined
          ? { state: 'done', finished_at: now, last_error: null }
          : { state: 'ready', next_attempt_at: retryAt, last_error: error ?? null };
      await tx
        .updateTable('queue')
        .set({ ...change, outcome: null })
        .where('id', '=', told.id)
        .execute();
      if (retryAt === undefined) await freeContent(tx, row.content_id);
    });
  }

  async nextDueAt(): Promise<number | undefined> {
    const row = await this.#engine.db
      .selectFrom('queue')
      .select('next_attempt_at')
      .where('state', '=', 'ready')
      .orderBy('next_attempt_at')
      .limit(1)
      .executeTakeFirst();
    return row?.next_attempt_at;
  }

  async enqueueUntracked(mail: UntrackedMail): Promise<void> {
    await this.#engine.db.transaction().execute(async (tx) => {
      const known = await tx
        .selectFrom('queue')
        .select('id')
        .where('id', '=', `${mail.id}:0`)
        .executeTakeFirst();
      if (known !== undefined) return;
      await tx
        .insertInto('contents')
        .values({
          id: mail.id,
          workspace_id: mail.workspaceId,
          raw: mail.raw,
          size_bytes: mail.raw.length,
          created_at: mail.createdAt,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
      const rows = mail.recipients.map(({ address, options }, index) => ({
        id: `${mail.id}:${index}`,
        workspace_id: mail.workspaceId,
        delivery_id: null,
        message_id: null,
        content_id: mail.id,
        envelope_from: mail.envelopeFrom,
        envelope_to: address,
        envelope_options: JSON.stringify(options),
        state: 'ready',
        attempts: 0,
        next_attempt_at: mail.createdAt,
        last_error: null,
        created_at: mail.createdAt,
        expires_at: mail.expiresAt,
        finished_at: null,
      }));
      await tx
        .insertInto('queue')
        .values(rows)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    });
  }
}

async function readClaimed(tx: Tx, ids: readonly string[]): Promise<QueuedMail[]> {
  const rows = await tx
    .selectFrom('queue')
    .innerJoin('contents', 'contents.id', 'queue.content_id')
    .select([
      'queue.id',
      'queue.workspace_id',
      'queue.delivery_id',
      'queue.envelope_from',
      'queue.envelope_to',
      'queue.envelope_options',
      'queue.attempts',
      'queue.last_error',
      'queue.expires_at',
      'contents.raw',
    ])
    .where('queue.id', 'in', ids)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id as WorkspaceId,
    deliveryId: row.delivery_id as DeliveryId | null,
    raw: row.raw,
    envelopeFrom: row.envelope_from,
    envelopeTo: row.envelope_to,
    options: JSON.parse(row.envelope_options) as EnvelopeOptions,
    attempts: row.attempts,
    lastError: row.last_error,
    expiresAt: row.expires_at,
  }));
}

/** Two copies that end at the same time would each see the other as not done, and nobody would free the content. */
async function lockContent(tx: Tx, queueId: string): Promise<void> {
  await tx
    .selectFrom('contents')
    .select('contents.id')
    .where('contents.id', '=', (eb) =>
      eb.selectFrom('queue').select('queue.content_id').where('queue.id', '=', queueId),
    )
    .forUpdate()
    .execute();
}

/** The content goes with the last copy that needs it. */
async function freeContent(tx: Tx, contentId: string): Promise<void> {
  await tx
    .deleteFrom('contents')
    .where('id', '=', contentId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('queue')
            .select('queue.id')
            .where('queue.content_id', '=', contentId)
            .where('queue.state', '!=', 'done'),
        ),
      ),
    )
    .execute();
}

function readOutcome(json: string | null): Outcome {
  return json === null ? {} : (JSON.parse(json) as Outcome);
}
