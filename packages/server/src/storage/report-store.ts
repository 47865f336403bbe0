import type { Mode } from '@waybill/sdk';
import { sql, type SqlBool } from 'kysely';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';
import type {
  MatchedDelivery,
  ReportClue,
  ReportedDelivery,
  ReportKind,
  ReportRecord,
  ReportStore,
  TakenReport,
} from '../reports/reports.ts';
import type { ReturnPaths } from '../relay/relay.ts';
import { deleteOldest } from './aged-rows.ts';
import type { Engine } from './engine.ts';

const MAX_FOUND = 1_000;

/** Reports that were taken, and the deliveries that others may be about. */
export class KyselyReportStore implements ReportStore, ReturnPaths {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async taken(key: string): Promise<TakenReport | undefined> {
    const row = await this.#engine.db
      .selectFrom('reports')
      .select(['kind', 'matched'])
      .where('key', '=', key)
      .executeTakeFirst();
    return row && { kind: row.kind as ReportKind, matched: JSON.parse(row.matched) as MatchedDelivery[] };
  }

  async find(workspaceId: WorkspaceId, clue: ReportClue): Promise<ReportedDelivery[]> {
    const all = this.#engine.db
      .selectFrom('deliveries')
      .innerJoin('messages', 'messages.id', 'deliveries.message_id')
      .select([
        'deliveries.id',
        'deliveries.message_id',
        'deliveries.tracking_number',
        'deliveries.recipient',
      ])
      .select(['deliveries.objected_at', 'deliveries.untouched_code'])
      .select(['messages.from_address', 'messages.mode'])
      .where('deliveries.workspace_id', '=', workspaceId)
      .orderBy('messages.created_at', 'desc')
      .orderBy('messages.id')
      .orderBy('deliveries.id')
      .limit(MAX_FOUND);
    const query = () => {
      switch (clue.kind) {
        case 'delivery':
          return all.where('deliveries.id', '=', clue.id);
        case 'message':
          return all.where('deliveries.message_id', '=', clue.id);
        case 'message-id':
          return all
            .where('messages.workspace_id', '=', workspaceId)
            .where('messages.message_id_header', '=', clue.header);
        case 'envelope-id':
          return all.where(
            'deliveries.id',
            'in',
            this.#engine.db
              .selectFrom('return_paths')
              .select('delivery_id')
              .where('workspace_id', '=', workspaceId)
              .where('envelope_id', '=', clue.envelopeId),
          );
      }
    };
    const rows = await query().execute();
    return rows.map((row) => ({
      deliveryId: row.id as DeliveryId,
      messageId: row.message_id as MessageId,
      trackingNumber: row.tracking_number,
      recipient: row.recipient,
      author: row.from_address,
      mode: row.mode as Mode,
      objected: row.objected_at !== null || row.untouched_code === 'recipient-objected',
    }));
  }

  async returnPath(
    workspaceId: WorkspaceId,
    deliveryId: string,
  ): Promise<{ envelopeFrom: string; notify: string | null } | undefined> {
    const row = await this.#engine.db
      .selectFrom('return_paths')
      .select(['envelope_from', 'notify'])
      .where('delivery_id', '=', deliveryId)
      .where('workspace_id', '=', workspaceId)
      .executeTakeFirst();
    return row && { envelopeFrom: row.envelope_from, notify: row.notify };
  }

  /** What is remembered of reports, oldest first; what they said is on the timelines and stays. */
  deleteReports(receivedBefore: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`received_at < ${receivedBefore}`;
    return deleteOldest(this.#engine, 'reports', { age: 'received_at', condition, limit });
  }

  /** Whom a return path's mail is for; mail to it is refused from then on. */
  deleteReturnPaths(madeBefore: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`created_at < ${madeBefore}`;
    return deleteOldest(this.#engine, 'return_paths', { age: 'created_at', condition, limit });
  }

  async remember(record: ReportRecord): Promise<void> {
    await this.#engine.db
      .insertInto('reports')
      .values({
        key: record.key,
        workspace_id: record.workspaceId,
        kind: record.kind,
        via: record.via,
        matched: JSON.stringify(record.matched),
        parsed: JSON.stringify(record.parsed),
        received_at: record.receivedAt,
      })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
  }
}
