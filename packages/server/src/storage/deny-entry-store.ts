import type { WorkspaceId } from '../kernel/ids.ts';
import type { DenyEntry } from '../tracking/tracking.ts';
import type { Engine } from './engine.ts';

/** What the edge must not record, in the order of its versions. */
export class DenyEntryStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async denyEntriesAfter(version: number): Promise<DenyEntry[]> {
    const rows = await this.#engine.db
      .selectFrom('deny_entries')
      .selectAll()
      .where('version', '>', version)
      .orderBy('version')
      .execute();
    return rows.map((row) => ({
      version: row.version,
      kind: row.kind as DenyEntry['kind'],
      workspaceId: row.workspace_id as WorkspaceId,
      target: row.target,
      effect: row.effect as DenyEntry['effect'],
    }));
  }
}
