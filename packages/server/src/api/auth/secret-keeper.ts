import type { ApiKey, CreatedApiKey, CreatedSmtpCredential, SmtpCredential } from '@waybill/sdk';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newRowId, type RandomBytes, type WorkspaceId } from '../../kernel/ids.ts';
import type { AccountStore, SecretKind, SecretRecord } from './account-store.ts';
import type { ApiKeyPrincipal } from './principal.ts';
import { hashesEqual, hashSecret, newApiKey, newSmtpPassword, newSmtpUsername, prefixOf } from './secrets.ts';

const USE_NOTE_MS = 60_000;
const NO_SECRET = hashSecret('');

/** API keys and SMTP credentials: made, listed, revoked, and checked when someone shows one. */
export class SecretKeeper {
  readonly #store: AccountStore;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #notedUses = new Map<string, number>();

  constructor(deps: { store: AccountStore; clock: Clock; random: RandomBytes }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  async listApiKeys(workspaceId: WorkspaceId): Promise<ApiKey[]> {
    return (await this.#store.listSecrets('api-key', workspaceId)).map(apiKeyOf);
  }

  async listSmtpCredentials(workspaceId: WorkspaceId): Promise<SmtpCredential[]> {
    return (await this.#store.listSecrets('smtp-credential', workspaceId)).map(credentialOf);
  }

  async createApiKey(workspaceId: WorkspaceId, name: string): Promise<CreatedApiKey> {
    const secret = newApiKey(this.#random);
    const record = this.#record({ workspaceId, name, publicPart: prefixOf(secret), secret });
    await this.#store.createSecret('api-key', record);
    return { ...apiKeyOf(record), secret };
  }

  /** @param allowedFrom addresses and `@domains` it may send from; null: any */
  async createSmtpCredential(
    workspaceId: WorkspaceId,
    label: string,
    allowedFrom: readonly string[] | null,
  ): Promise<CreatedSmtpCredential> {
    const password = newSmtpPassword(this.#random);
    for (let attempt = 1; ; attempt += 1) {
      const record = this.#record({
        workspaceId,
        name: label,
        publicPart: newSmtpUsername(this.#random),
        allowedFrom,
        secret: password,
      });
      try {
        await this.#store.createSecret('smtp-credential', record);
        return { ...credentialOf(record), password };
      } catch (error) {
        // User names are short, so now and then one is taken.
        if (!(error instanceof AppError) || error.code !== 'conflict' || attempt === 5) throw error;
      }
    }
  }

  /** For sessions that sign in from now on. @returns undefined when the workspace has no such valid credential */
  async allowSmtpSenders(
    workspaceId: WorkspaceId,
    id: string,
    allowedFrom: readonly string[] | null,
  ): Promise<SmtpCredential | undefined> {
    const record = await this.#store.allowSmtpSenders(workspaceId, id, allowedFrom);
    return record && credentialOf(record);
  }

  /** Creates the secret under a fixed id, or renews it. */
  async put(
    kind: SecretKind,
    given: { id: string; workspaceId: WorkspaceId; name: string; publicPart?: string; secret: string },
  ): Promise<void> {
    const publicPart = given.publicPart ?? prefixOf(given.secret);
    await this.#store.putSecret(kind, { ...this.#record({ ...given, publicPart }), id: given.id });
  }

  /** @returns false when the workspace has no such valid secret */
  revoke(kind: SecretKind, workspaceId: WorkspaceId, id: string): Promise<boolean> {
    return this.#store.revokeSecret(kind, workspaceId, id, this.#clock());
  }

  async apiKey(secret: string): Promise<ApiKeyPrincipal | undefined> {
    const record = await this.#store.apiKeyByHash(hashSecret(secret));
    if (record === undefined) return undefined;
    await this.#noteUse('api-key', record);
    return { kind: 'api-key', id: record.id, workspaceId: record.workspaceId };
  }

  /** The relay's question at AUTH. */
  async verify(
    username: string,
    password: string,
  ): Promise<
    { workspaceId: WorkspaceId; credentialId: string; allowedFrom?: readonly string[] } | undefined
  > {
    const record = await this.#store.smtpCredentialByUsername(username.trim().toLowerCase());
    const matches = hashesEqual(hashSecret(password), record?.secretHash ?? NO_SECRET);
    if (record === undefined || !matches) return undefined;
    await this.#noteUse('smtp-credential', record);
    const { id, workspaceId, allowedFrom } = record;
    return { workspaceId, credentialId: id, ...(allowedFrom === null ? {} : { allowedFrom }) };
  }

  #record(given: {
    workspaceId: WorkspaceId;
    name: string;
    publicPart: string;
    allowedFrom?: readonly string[] | null;
    secret: string;
  }): SecretRecord {
    return {
      id: newRowId(),
      workspaceId: given.workspaceId,
      name: given.name,
      publicPart: given.publicPart,
      allowedFrom: given.allowedFrom ?? null,
      secretHash: hashSecret(given.secret),
      createdAt: this.#clock(),
      lastUsedAt: null,
    };
  }

  /** At most once a minute for each secret: a write for every request would serve nobody. */
  async #noteUse(kind: SecretKind, record: SecretRecord): Promise<void> {
    const now = this.#clock();
    const last = this.#notedUses.get(record.id) ?? record.lastUsedAt ?? -Infinity;
    if (now - last < USE_NOTE_MS) return;
    this.#notedUses.set(record.id, now);
    await this.#store.noteSecretUse(kind, record.id, now);
  }
}

function apiKeyOf(record: SecretRecord): ApiKey {
  return { name: record.name, prefix: record.publicPart, ...commonOf(record) };
}

function credentialOf(record: SecretRecord): SmtpCredential {
  const { name, publicPart, allowedFrom } = record;
  return {
    label: name,
    username: publicPart,
    allowedFrom: allowedFrom === null ? null : [...allowedFrom],
    ...commonOf(record),
  };
}

function commonOf(record: SecretRecord) {
  return {
    id: record.id,
    createdAt: toIso(record.createdAt),
    lastUsedAt: record.lastUsedAt === null ? null : toIso(record.lastUsedAt),
  };
}
