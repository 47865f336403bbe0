import type { Disclosure, Mode } from '@waybill/sdk';
import type { WorkspaceId } from '../../kernel/ids.ts';

export interface WorkspaceRecord {
  id: WorkspaceId;
  name: string;
  mode: Mode;
  disclosure: Disclosure;
  addressRetentionDays: number | null;
  hitRetentionDays: number | null;
  createdAt: number;
}

export interface WorkspaceChange {
  name?: string;
  mode?: Mode;
  disclosure?: Disclosure;
  addressRetentionDays?: number | null;
  hitRetentionDays?: number | null;
}

export interface UserRecord {
  id: string;
  workspaceId: WorkspaceId;
  /** Lower case. */
  email: string;
  name: string;
  /** argon2id, PHC string. */
  passwordHash: string;
  createdAt: number;
}

export interface SessionRecord {
  /** SHA-256 of the cookie's secret, hex. */
  idHash: string;
  userId: string;
  workspaceId: WorkspaceId;
  createdAt: number;
  expiresAt: number;
  ip: string | null;
}

/** Of an API key or an SMTP credential; times in ms. */
export interface SecretRecord {
  id: string;
  workspaceId: WorkspaceId;
  /** The key's name, the credential's label. */
  name: string;
  /** The key's first characters, the credential's user name. */
  publicPart: string;
  /** Of an SMTP credential: addresses and `@domains` it may send from. Null: any, and for API keys. */
  allowedFrom: readonly string[] | null;
  /** SHA-256, hex. */
  secretHash: string;
  createdAt: number;
  lastUsedAt: number | null;
}

export type SecretKind = 'api-key' | 'smtp-credential';

/** Port. Revoked secrets, ended sessions and disabled workspaces are never found. */
export interface AccountStore {
  /** The workspace of the first user: the oldest one. */
  firstWorkspace(): Promise<WorkspaceRecord | undefined>;
  createWorkspace(workspace: WorkspaceRecord): Promise<void>;
  workspace(id: WorkspaceId): Promise<WorkspaceRecord | undefined>;
  updateWorkspace(id: WorkspaceId, change: WorkspaceChange): Promise<WorkspaceRecord | undefined>;

  anyUser(): Promise<boolean>;
  userByEmail(email: string): Promise<UserRecord | undefined>;
  createSignInLink(link: { tokenHash: string; createdAt: number; expiresAt: number }): Promise<void>;
  signInLinkIsOpen(tokenHash: string, now: number): Promise<boolean>;
  /** One transaction: of any number of concurrent calls, one creates the first user and consumes its link. */
  createFirstUser(first: {
    tokenHash: string;
    now: number;
    mode: Mode;
    user: UserRecord;
    session: SessionRecord;
  }): Promise<'created' | 'link-invalid' | 'user-exists'>;

  createSession(session: SessionRecord): Promise<void>;
  session(idHash: string, now: number): Promise<{ session: SessionRecord; user: UserRecord } | undefined>;
  extendSession(idHash: string, expiresAt: number): Promise<void>;
  deleteSession(idHash: string): Promise<void>;
  noteSenderAddress(workspaceId: WorkspaceId, ip: string, at: number): Promise<void>;

  listSecrets(kind: SecretKind, workspaceId: WorkspaceId): Promise<SecretRecord[]>;
  /** Fails with AppError `conflict` when id, key or user name is taken. */
  createSecret(kind: SecretKind, secret: SecretRecord): Promise<void>;
  /** Creates it, or gives the one with this id a new name, public part and hash and makes it valid again. */
  putSecret(kind: SecretKind, secret: SecretRecord): Promise<void>;
  /** @returns false when the workspace has no such valid secret */
  revokeSecret(kind: SecretKind, workspaceId: WorkspaceId, id: string, at: number): Promise<boolean>;
  /** @returns the credential as it is now; undefined when the workspace has no such valid one */
  allowSmtpSenders(
    workspaceId: WorkspaceId,
    id: string,
    allowedFrom: readonly string[] | null,
  ): Promise<SecretRecord | undefined>;
  apiKeyByHash(secretHash: string): Promise<SecretRecord | undefined>;
  smtpCredentialByUsername(username: string): Promise<SecretRecord | undefined>;
  noteSecretUse(kind: SecretKind, id: string, at: number): Promise<void>;

  /** Deletes what has expired: sessions, sign-in links, and sender addresses seen before `addressesBefore`. */
  deleteExpired(now: number, addressesBefore: number): Promise<void>;
}
