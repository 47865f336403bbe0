import {
  sql,
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
} from 'kysely';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { TransactionPart } from '../messages/messages.ts';
import type {
  CapturedCopy,
  ClaimedMail,
  ClaimLimits,
  EndedAttempt,
  EnvelopeOptions,
  Outcome,
  QueueStore,
  SettledMail,
  UntrackedMail,
} from '../relay/relay.ts';
import type { Engine } from './engine.ts';
import { newQueueRow } from './queue-rows.ts';
import type { Database } from './schema.ts';
import { asPart, insertion, runStatements, transact, type Statement } from './statements.ts';

type Tx = Kysely<Database>;

/** Literals, not parameters: only then the engines see that an index of these rows alone will do. */
const READY = sql<SqlBool>`queue.state = 'ready'`;
const SENDING = sql<SqlBool>`queue.state = 'sending'`;
const SETTLED = sql<SqlBool>`queue.state = 'settled'`;

/** The mail queue on either engine. */
export class KyselyQueueStore implements QueueStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async recover(known: readonly EndedAttempt[]): Promise<number> {
    return this.#engine.db.transaction().execute(async (tx) => {
      await runStatements(tx, [
        {
          sql: `update queue set state = 'settled', outcome = ?
            where id = ? and attempts = ? and state = 'sending'`,
          rows: known.map(({ id, attempts, outcome }) => [JSON.stringify(outcome), id, attempts]),
        },
      ]);
      const { numUpdatedRows } = await tx
        .updateTable('queue')
        .set({ state: 'ready' })
        .where(SENDING)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    });
  }

  async claim(now: number, { copies, except }: ClaimLimits): Promise<ClaimedMail[]> {
    return this.#claim(
      this.#engine.db
        .selectFrom('queue')
        .select('id')
        .where(READY)
        .where('next_attempt_at', '<=', now)
        .where(this.#destinationsBut(except))
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(copies),
    );
  }

  async claimExpired(now: number, copies: number): Promise<ClaimedMail[]> {
    return this.#claim(
      this.#engine.db
        .selectFrom('queue')
        .select('id')
        .where(READY)
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(copies),
    );
  }

  async #claim(due: SelectQueryBuilder<Database, 'queue', { id: string }>): Promise<ClaimedMail[]> {
    const isPostgres = this.#engine.name === 'postgres';
    const locked = isPostgres ? due.forUpdate().skipLocked() : due;
    const rows = await this.#engine.db
      .updateTable('queue')
      .set((eb) => ({ state: 'sending', attempts: eb('attempts', '+', 1) }))
      // An array is made once; a joined subquery with a limit may be run again and claim more.
      .where(isPostgres ? sql<SqlBool>`id = any(array(${locked}))` : (eb) => eb('id', 'in', locked))
      .returningAll()
      .execute();
    return rows
      .sort((a, b) => a.next_attempt_at - b.next_attempt_at || (a.id < b.id ? -1 : 1))
      .map(toClaimed);
  }

  async content(id: string): Promise<Uint8Array | undefined> {
    const { db } = this.#engine;
    return (await db.selectFrom('contents').select('raw').where('id', '=', id).executeTakeFirst())?.raw;
  }

  async settle(
    outcomes: readonly { id: string; outcome: Outcome; captured?: CapturedCopy }[],
  ): Promise<void> {
    const settling: Statement = {
      sql: "update queue set state = 'settled', outcome = ? where id = ? and state = 'sending'",
      rows: outcomes.map(({ id, outcome }) => [JSON.stringify(outcome), id]),
    };
    const captures = outcomes.filter(({ captured }) => captured !== undefined);
    if (captures.length === 0) {
      await transact(this.#engine.db, [settling]);
      return;
    }
    await this.#engine.db.transaction().execute(async (tx) => {
      for (const { id, captured } of captures) if (captured !== undefined) await capture(tx, id, captured);
      await runStatements(tx, [settling]);
    });
  }

  async settled(limit: number): Promise<SettledMail[]> {
    const rows = await this.#engine.db
      .selectFrom('queue')
      .select(['id', 'delivery_id', 'attempts', 'outcome'])
      .where(SETTLED)
      .orderBy('next_attempt_at')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      deliveryId: row.delivery_id as DeliveryId | null,
      attempts: row.attempts,
      outcome: row.outcome === null ? {} : (JSON.parse(row.outcome) as Outcome),
    }));
  }

  async finish(told: readonly EndedAttempt[], now: number): Promise<void> {
    await transact(this.#engine.db, this.#finishing(told, now, 'settled'));
  }

  conclusion(outcomes: readonly EndedAttempt[], now: number): TransactionPart {
    return asPart(this.#finishing(outcomes, now, 'sending'));
  }

  #finishing(ended: readonly EndedAttempt[], now: number, from: 'sending' | 'settled'): Statement[] {
    const done = ended.filter(({ outcome }) => outcome.retryAt === undefined);
    const again = ended.filter(({ outcome }) => outcome.retryAt !== undefined);
    return [
      ...(this.#engine.name === 'postgres' ? [lockContents(done)] : []),
      {
        sql: `update queue set state = 'done', finished_at = ?, last_error = ?, outcome = null
          where id = ? and attempts = ? and state = '${from}'`,
        rows: done.map(({ id, attempts, outcome }) => [now, failureOf(outcome), id, attempts]),
      },
      {
        sql: `update queue set state = 'ready', next_attempt_at = ?, deferrals = ?, last_error = ?, outcome = null
          where id = ? and attempts = ? and state = '${from}'`,
        rows: again.map(({ id, attempts, outcome }) => [
          outcome.retryAt,
          outcome.deferrals ?? 0,
          outcome.error ?? null,
          id,
          attempts,
        ]),
      },
      // The content goes with the last copy that needs it.
      {
        sql: `delete from contents where id = (select content_id from queue where id = ?)
          and not exists (select 1 from queue where content_id = contents.id and state <> 'done')`,
        rows: done.map(({ id }) => [id]),
      },
    ];
  }

  async release(ids: readonly string[]): Promise<void> {
    await transact(this.#engine.db, [
      {
        sql: `update queue set state = 'ready', attempts = attempts - 1 where id = ? and state = 'sending'`,
        rows: ids.map((id) => [id]),
      },
    ]);
  }

  async nextDueAt(except: readonly string[]): Promise<number | undefined> {
    const row = await this.#engine.db
      .selectFrom('queue')
      .select('next_attempt_at')
      .where(READY)
      .where(this.#destinationsBut(except))
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
      if (known === undefined) await runStatements(tx, untrackedStatements(mail));
    });
  }

  #destinationsBut(except: readonly string[]): RawBuilder<SqlBool> {
    if (except.length === 0) return sql`1 = 1`;
    if (this.#engine.name === 'postgres') return sql`destination <> all(${[...except]}::text[])`;
    return sql`destination not in (select value from json_each(${JSON.stringify(except)}))`;
  }
}

function toClaimed(row: Selectable<Database['queue']>): ClaimedMail {
  return {
    id: row.id,
    workspaceId: row.workspace_id as WorkspaceId,
    deliveryId: row.delivery_id as DeliveryId | null,
    contentId: row.content_id,
    sizeBytes: row.size_bytes,
    envelopeFrom: row.envelope_from,
    envelopeTo: row.envelope_to,
    options: JSON.parse(row.envelope_options) as EnvelopeOptions,
    attempts: row.attempts,
    deferrals: row.deferrals,
    lastError: row.last_error,
    expiresAt: row.expires_at,
  };
}

function untrackedStatements({ id, workspaceId, raw, createdAt, ...mail }: UntrackedMail): Statement[] {
  const content = { id, workspace_id: workspaceId, raw, size_bytes: raw.length, created_at: createdAt };
  const rows = mail.recipients.map(({ address, options }, index) =>
    newQueueRow({
      id: `${id}:${index}`,
      workspaceId,
      deliveryId: null,
      messageId: null,
      contentId: id,
      sizeBytes: raw.length,
      envelopeFrom: mail.envelopeFrom,
      envelopeTo: address,
      envelopeOptions: JSON.stringify(options),
      createdAt,
      expiresAt: mail.expiresAt,
    }),
  );
  return [
    insertion('contents', [content], { onConflict: 'id' }),
    insertion('queue', rows, { onConflict: 'id' }),
  ];
}

/** Why a copy was given up, in words; null when it was not. */
function failureOf({ fact }: Outcome): string | null {
  if (fact?.type !== 'bounced') return null;
  return fact.reasons.map(({ text }) => text).join(' ');
}

async function capture(tx: Tx, id: string, captured: CapturedCopy): Promise<void> {
  const row = await tx
    .selectFrom('queue')
    .select(['workspace_id', 'delivery_id', 'envelope_to'])
    .where('id', '=', id)
    .where(SENDING)
    .executeTakeFirst();
  if (row === undefined) return;
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
}

/**
 * Two copies that end at the same time would each see the other as not done, and nobody would free the content. One
 * statement in one order for all of them, so that two transactions cannot wait for each other.
 */
function lockContents(done: readonly { id: string }[]): Statement {
  return {
    sql: `select id from contents where id in (select content_id from queue where id = any(?::text[]))
      order by id for update`,
    rows: done.length === 0 ? [] : [[done.map(({ id }) => id)]],
  };
}
