import { sql, type SqlBool } from 'kysely';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { SharedAddresses, SharedBecause } from '../messages/messages.ts';
import { deleteOldest } from './aged-rows.ts';
import type { Engine } from './engine.ts';

/** Addresses behind which several people read, on either engine. */
export class KyselySharedAddresses implements SharedAddresses {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async note(
    workspaceId: WorkspaceId,
    addresses: readonly string[],
    because: SharedBecause,
    at: number,
  ): Promise<void> {
    const { db } = this.#engine;
    for (const address of new Set(addresses.map((each) => each.toLowerCase()))) {
      // The index is of the addresses as they were written; lists are nearly always written in lower case.
      const known = await db
        .selectFrom('deliveries')
        .select('id')
        .where('workspace_id', '=', workspaceId)
        .where('recipient', 'in', [address, ...addresses.filter((each) => each.toLowerCase() === address)])
        .limit(1)
        .executeTakeFirst();
      if (known === undefined) continue;
      await db
        .insertInto('shared_addresses')
        .values({ workspace_id: workspaceId, address, because, seen_at: at })
        .onConflict((conflict) =>
          conflict.columns(['workspace_id', 'address']).doUpdateSet({
            because,
            seen_at: sql`case when shared_addresses.seen_at > ${at} then shared_addresses.seen_at else ${at} end`,
          }),
        )
        .execute();
    }
  }

  forget(seenBefore: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`seen_at < ${seenBefore}`;
    return deleteOldest(this.#engine, 'shared_addresses', { age: 'seen_at', condition, limit });
  }
}
