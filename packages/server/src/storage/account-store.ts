import type { Disclosure, Mode } from '@waybill/sdk';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type {
  AccountStore,
  SecretKind,
  SecretRecord,
  SessionRecord,
  UserRecord,
  WorkspaceChange,
  WorkspaceRecord,
} from '../api/api.ts';
import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Database } from './schema.ts';
import { SecretTable } from './secret-table.ts';

export type BeginWith = (trx: Transaction<Database>, user: UserRecord) => Promise<void>;

/** Workspaces, users, sessions and secrets on either engine. */
export class StoredAccounts implements AccountStore {
  readonly #db: Kysely<Database>;
  readonly #secrets: Record<SecretKind, SecretTable>;

  readonly #beginWith: BeginWith;

  /** @param beginWith what a workspace's first user finds there, written in the same transaction */
  constructor(db: Kysely<Database>, beginWith: BeginWith = async () => {}) {
    this.#db = db;
    this.#beginWith = beginWith;
    this.#secrets = {
      'api-key': new SecretTable(db, 'api_keys'),
      'smtp-credential': new SecretTable(db, 'smtp_credentials'),
    };
  }

  async firstWorkspace(): Promise<WorkspaceRecord | undefined> {
    const row = await this.#db
      .selectFrom('workspaces')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : workspaceOf(row);
  }

  async createWorkspace(workspace: WorkspaceRecord): Promise<void> {
    await this.#db
      .insertInto('workspaces')
      .values({
        id: workspace.id,
        name: workspace.name,
        mode: workspace.mode,
        disclosure: workspace.disclosure,
        address_retention_days: workspace.addressRetentionDays,
        hit_retention_days: workspace.hitRetentionDays,
        created_at: workspace.createdAt,
        disabled_at: null,
      })
      .execute();
  }

  async workspace(id: WorkspaceId): Promise<WorkspaceRecord | undefined> {
    const row = await this.#db
      .selectFrom('workspaces')
      .selectAll()
      .where('id', '=', id)
      .where('disabled_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? undefined : workspaceOf(row);
  }

  async updateWorkspace(id: WorkspaceId, change: WorkspaceChange): Promise<WorkspaceRecord | undefined> {
    await this.#db
      .updateTable('workspaces')
      .set({
        id,
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.mode === undefined ? {} : { mode: change.mode }),
        ...(change.disclosure === undefined ? {} : { disclosure: change.disclosure }),
        ...(change.addressRetentionDays === undefined
          ? {}
          : { address_retention_days: change.addressRetentionDays }),
        ...(change.hitRetentionDays === undefined ? {} : { hit_retention_days: change.hitRetentionDays }),
      })
      .where('id', '=', id)
      .execute();
    return this.workspace(id);
  }

  async anyUser(): Promise<boolean> {
    const row = await this.#db.selectFrom('users').select('id').limit(1).executeTakeFirst();
    return row !== undefined;
  }

  async userByEmail(email: string): Promise<UserRecord | undefined> {
    const row = await this.#db
      .selectFrom('users')
      .innerJoin('workspaces', 'workspaces.id', 'users.workspace_id')
      .selectAll('users')
      .where('users.email', '=', email)
      .where('workspaces.disabled_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? undefined : userOf(row);
  }

  async createSignInLink(link: { tokenHash: string; createdAt: number; expiresAt: number }): Promise<void> {
    await this.#db
      .insertInto('sign_in_links')
      .values({
        token_hash: link.tokenHash,
        created_at: link.createdAt,
        expires_at: link.expiresAt,
        consumed_at: null,
      })
      .execute();
  }

  async signInLinkIsOpen(tokenHash: string, now: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('sign_in_links')
      .select('token_hash')
      .where('token_hash', '=', tokenHash)
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return row !== undefined && !(await this.anyUser());
  }

  createFirstUser(first: {
    tokenHash: string;
    now: number;
    mode: Mode;
    user: UserRecord;
    session: SessionRecord;
  }): Promise<'created' | 'link-invalid' | 'user-exists'> {
    const { tokenHash, now, mode, user, session } = first;
    return this.#db.transaction().execute(async (trx) => {
      // The row's lock makes concurrent set-ups queue up here, on PostgreSQL too.
      await trx
        .updateTable('workspaces')
        .set({ id: user.workspaceId })
        .where('id', '=', user.workspaceId)
        .execute();
      const other = await trx.selectFrom('users').select('id').limit(1).executeTakeFirst();
      if (other !== undefined) return 'user-exists';
      const consumed = await trx
        .updateTable('sign_in_links')
        .set({ consumed_at: now })
        .where('token_hash', '=', tokenHash)
        .where('consumed_at', 'is', null)
        .where('expires_at', '>', now)
        .executeTakeFirst();
      if (consumed.numUpdatedRows !== 1n) return 'link-invalid';
      await trx.updateTable('workspaces').set({ mode }).where('id', '=', user.workspaceId).execute();
      await trx
        .insertInto('users')
        .values({
          id: user.id,
          workspace_id: user.workspaceId,
          email: user.email,
          name: user.name,
          password_hash: user.passwordHash,
          created_at: user.createdAt,
        })
        .execute();
      await insertSession(trx, session);
      await this.#beginWith(trx, user);
      return 'created';
    });
  }

  async createSession(session: SessionRecord): Promise<void> {
    await insertSession(this.#db, session);
  }

  async session(
    idHash: string,
    now: number,
  ): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .innerJoin('workspaces', 'workspaces.id', 'sessions.workspace_id')
      .selectAll('users')
      .select(['sessions.expires_at', 'sessions.created_at as session_created_at', 'sessions.ip'])
      .where('sessions.id_hash', '=', idHash)
      .where('sessions.expires_at', '>', now)
      .where('workspaces.disabled_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const user = userOf(row);
    return {
      user,
      session: {
        idHash,
        userId: user.id,
        workspaceId: user.workspaceId,
        createdAt: row.session_created_at,
        expiresAt: row.expires_at,
        ip: row.ip,
      },
    };
  }

  async extendSession(idHash: string, expiresAt: number): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({ expires_at: expiresAt })
      .where('id_hash', '=', idHash)
      .execute();
  }

  async deleteSession(idHash: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('id_hash', '=', idHash).execute();
  }

  async noteSenderAddress(workspaceId: WorkspaceId, ip: string, at: number): Promise<void> {
    await this.#db
      .insertInto('sender_addresses')
      .values({ workspace_id: workspaceId, ip, seen_at: at })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'ip']).doUpdateSet({ seen_at: at }))
      .execute();
  }

  listSecrets(kind: SecretKind, workspaceId: WorkspaceId): Promise<SecretRecord[]> {
    return this.#secrets[kind].list(workspaceId);
  }

  async createSecret(kind: SecretKind, secret: SecretRecord): Promise<void> {
    if (!(await this.#secrets[kind].insert(secret))) {
      throw new AppError('conflict', 'this key or user name is taken');
    }
  }

  putSecret(kind: SecretKind, secret: SecretRecord): Promise<void> {
    return this.#secrets[kind].put(secret);
  }

  revokeSecret(kind: SecretKind, workspaceId: WorkspaceId, id: string, at: number): Promise<boolean> {
    return this.#secrets[kind].revoke(workspaceId, id, at);
  }

  allowSmtpSenders(
    workspaceId: WorkspaceId,
    id: string,
    allowedFrom: readonly string[] | null,
  ): Promise<SecretRecord | undefined> {
    return this.#secrets['smtp-credential'].allowFrom(workspaceId, id, allowedFrom);
  }

  apiKeyByHash(secretHash: string): Promise<SecretRecord | undefined> {
    return this.#secrets['api-key'].find('secret_hash', secretHash);
  }

  smtpCredentialByUsername(username: string): Promise<SecretRecord | undefined> {
    return this.#secrets['smtp-credential'].find('username', username);
  }

  noteSecretUse(kind: SecretKind, id: string, at: number): Promise<void> {
    return this.#secrets[kind].noteUse(id, at);
  }

  async deleteExpired(now: number, addressesBefore: number): Promise<void> {
    await this.#db.deleteFrom('sessions').where('expires_at', '<=', now).execute();
    await this.#db.deleteFrom('sign_in_links').where('expires_at', '<=', now).execute();
    await this.#db.deleteFrom('sender_addresses').where('seen_at', '<', addressesBefore).execute();
  }
}

async function insertSession(
  db: Kysely<Database> | Transaction<Database>,
  session: SessionRecord,
): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id_hash: session.idHash,
      user_id: session.userId,
      workspace_id: session.workspaceId,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
      ip: session.ip,
    })
    .execute();
}

function workspaceOf(row: Selectable<Database['workspaces']>): WorkspaceRecord {
  return {
    id: row.id as WorkspaceId,
    name: row.name,
    mode: row.mode as Mode,
    disclosure: row.disclosure as Disclosure,
    addressRetentionDays: row.address_retention_days,
    hitRetentionDays: row.hit_retention_days,
    createdAt: row.created_at,
  };
}

function userOf(row: Selectable<Database['users']>): UserRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id as WorkspaceId,
    email: row.email,
    name: row.name,
    passwordHash: row.password_hash,
    createdAt: row.created_at,
  };
}
