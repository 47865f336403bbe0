import { sql, type Kysely } from 'kysely';
import type { SecretRecord } from '../api/api.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Database } from './schema.ts';

type Table = 'api_keys' | 'smtp_credentials';

/** What the two tables call the name and the public part of a secret. */
const COLUMNS = {
  api_keys: { name: 'name', publicPart: 'prefix', allowedFrom: sql<string | null>`null` },
  smtp_credentials: {
    name: 'label',
    publicPart: 'username',
    allowedFrom: sql.ref<string | null>('allowed_from'),
  },
} as const;

interface SecretRow {
  id: string;
  workspace_id: number;
  name: string;
  public_part: string;
  allowed_from: string | null;
  secret_hash: string;
  created_at: number;
  last_used_at: number | null;
}

/** API keys and SMTP credentials are stored alike; this is either of the two tables. */
export class SecretTable {
  readonly #db: Kysely<Database>;
  readonly #table: Table;

  constructor(db: Kysely<Database>, table: Table) {
    this.#db = db;
    this.#table = table;
  }

  async list(workspaceId: WorkspaceId): Promise<SecretRecord[]> {
    const rows = await this.#valid()
      .where('workspace_id', '=', workspaceId)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
    return rows.map(recordOf);
  }

  async find(column: 'secret_hash' | 'username', value: string): Promise<SecretRecord | undefined> {
    const row = await this.#valid()
      .where(sql.ref<string>(column), '=', value)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('workspaces')
            .select('workspaces.id')
            .whereRef('workspaces.id', '=', sql.ref<number>('workspace_id'))
            .where('workspaces.disabled_at', 'is', null),
        ),
      )
      .executeTakeFirst();
    return row === undefined ? undefined : recordOf(row);
  }

  /** @returns false when id, hash or user name is taken */
  async insert(secret: SecretRecord): Promise<boolean> {
    const result = await this.#insertInto(secret)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  }

  async put(secret: SecretRecord): Promise<void> {
    const { name, publicPart } = COLUMNS[this.#table];
    const inserted = await this.insert(secret);
    if (inserted) return;
    // Either the id exists and is renewed, or the same secret is there under another id and serves as well.
    await sql`
      update ${sql.table(this.#table)}
      set ${sql.ref(name)} = ${secret.name}, ${sql.ref(publicPart)} = ${secret.publicPart},
          secret_hash = ${secret.secretHash}, workspace_id = ${secret.workspaceId}, revoked_at = null
      where id = ${secret.id}`.execute(this.#db);
  }

  async revoke(workspaceId: WorkspaceId, id: string, at: number): Promise<boolean> {
    const result = await this.#db
      .updateTable(this.#table)
      .set({ revoked_at: at })
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  /** Of an SMTP credential. @returns it as it is now, undefined when the workspace has no such valid one */
  async allowFrom(
    workspaceId: WorkspaceId,
    id: string,
    allowedFrom: readonly string[] | null,
  ): Promise<SecretRecord | undefined> {
    await this.#db
      .updateTable('smtp_credentials')
      .set({ allowed_from: allowedFrom === null ? null : JSON.stringify(allowedFrom) })
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute();
    const row = await this.#valid()
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? undefined : recordOf(row);
  }

  async noteUse(id: string, at: number): Promise<void> {
    await this.#db.updateTable(this.#table).set({ last_used_at: at }).where('id', '=', id).execute();
  }

  #valid() {
    const { name, publicPart, allowedFrom } = COLUMNS[this.#table];
    return this.#db
      .selectFrom(this.#table)
      .select(['id', 'workspace_id', 'secret_hash', 'created_at', 'last_used_at'])
      .select([sql.ref<string>(name).as('name'), sql.ref<string>(publicPart).as('public_part')])
      .select(allowedFrom.as('allowed_from'))
      .where('revoked_at', 'is', null);
  }

  #insertInto(secret: SecretRecord) {
    const common = {
      id: secret.id,
      workspace_id: secret.workspaceId,
      secret_hash: secret.secretHash,
      created_at: secret.createdAt,
      last_used_at: secret.lastUsedAt,
      revoked_at: null,
    };
    return this.#table === 'api_keys'
      ? this.#db.insertInto('api_keys').values({ ...common, name: secret.name, prefix: secret.publicPart })
      : this.#db.insertInto('smtp_credentials').values({
          ...common,
          user_id: null,
          label: secret.name,
          username: secret.publicPart,
          allowed_from: secret.allowedFrom === null ? null : JSON.stringify(secret.allowedFrom),
        });
  }
}

function recordOf(row: SecretRow): SecretRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id as WorkspaceId,
    name: row.name,
    publicPart: row.public_part,
    allowedFrom: row.allowed_from === null ? null : (JSON.parse(row.allowed_from) as string[]),
    secretHash: row.secret_hash,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
