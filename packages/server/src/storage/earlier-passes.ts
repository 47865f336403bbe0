import type { Mode } from '@waybill/sdk';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { EarlierPasses } from '../relay/relay.ts';
import { chunks } from './chunks.ts';
import type { Engine } from './engine.ts';

/** No mail passes that often: an id of so many mails is one that its program always uses, and tells nothing. */
const TELLING = 10;

interface Row {
  message_id_header: string | null;
  mode: string;
  created_at: number;
}

/** Mail that was accepted lately, by its Message-ID, on either engine. */
export class KyselyEarlierPasses implements EarlierPasses {
  readonly #db: Engine['db'];

  constructor({ db }: Pick<Engine, 'db'>) {
    this.#db = db;
  }

  async modesSince(
    workspaceId: WorkspaceId,
    messageIdHeaders: readonly string[],
    since: number,
  ): ReturnType<EarlierPasses['modesSince']> {
    const rows: Row[] = [];
    for (const part of chunks([...messageIdHeaders])) rows.push(...(await this.#read(workspaceId, part)));
    const byId = Map.groupBy(rows, ({ message_id_header: id }) => id);
    return [...byId].flatMap(([messageIdHeader, found]) =>
      messageIdHeader === null || found.length >= TELLING
        ? []
        : found
            .filter(({ mode, created_at: at }) => mode !== 'full' && at >= since)
            .map(({ mode }) => ({ messageIdHeader, mode: mode as Mode })),
    );
  }

  /** Never more than so many rows of an id; where an id of thousands hides the others, each is asked for alone. */
  async #read(workspaceId: WorkspaceId, ids: readonly string[]): Promise<Row[]> {
    const limit = ids.length * TELLING;
    const rows = await this.#db
      .selectFrom('messages')
      .select(['message_id_header', 'mode', 'created_at'])
      .where('workspace_id', '=', workspaceId)
      .where('message_id_header', 'in', ids)
      .limit(limit)
      .execute();
    if (rows.length < limit || ids.length === 1) return rows;
    return (await Promise.all(ids.map((id) => this.#read(workspaceId, [id])))).flat();
  }
}
