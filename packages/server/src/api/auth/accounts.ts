import type { Mode } from '@waybill/sdk';
import { DAY_MS, type Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newRowId, newWorkspaceId, type RandomBytes, type WorkspaceId } from '../../kernel/ids.ts';
import type { AccountStore, UserRecord, WorkspaceChange, WorkspaceRecord } from './account-store.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { Passwords } from './passwords.ts';
import type { Principal, SessionPrincipal } from './principal.ts';
import { hashSecret, newToken } from './secrets.ts';
import { SecretKeeper } from './secret-keeper.ts';

export const SESSION_DAYS = 30;
const LINK_MS = 15 * 60_000;
const WINDOW_MS = 15 * 60_000;
const ADDRESS_NOTE_MS = 60_000;
const SENDER_ADDRESS_DAYS = 30;

/** A signed-in user with the cookie's secret, which is shown only now. */
export interface OpenedSession {
  principal: SessionPrincipal;
  secret: string;
}

/** Who may act in a workspace, and how they prove it. */
export class Accounts {
  readonly secrets: SecretKeeper;
  readonly #store: AccountStore;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #passwords = new Passwords();
  readonly #byEmail: AttemptLimit;
  readonly #byAddress: AttemptLimit;
  readonly #notedAddresses = new Map<string, number>();

  constructor(deps: { store: AccountStore; clock: Clock; random: RandomBytes }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.secrets = new SecretKeeper(deps);
    this.#byEmail = new AttemptLimit({ limit: 10, windowMs: WINDOW_MS, clock: deps.clock });
    this.#byAddress = new AttemptLimit({ limit: 50, windowMs: WINDOW_MS, clock: deps.clock });
  }

  /** The workspace everything starts in; made at the first start. */
  async ensureDefaultWorkspace(): Promise<WorkspaceRecord> {
    const existing = await this.#store.firstWorkspace();
    if (existing !== undefined) return existing;
    await this.#store.createWorkspace({
      id: newWorkspaceId(this.#random),
      name: 'My workspace',
      mode: 'full',
      disclosure: 'none',
      addressRetentionDays: 30,
      hitRetentionDays: null,
      createdAt: this.#clock(),
    });
    const created = await this.#store.firstWorkspace();
    if (created === undefined) throw new AppError('internal', 'the first workspace could not be created');
    return created;
  }

  workspace(id: WorkspaceId): Promise<WorkspaceRecord | undefined> {
    return this.#store.workspace(id);
  }

  updateWorkspace(id: WorkspaceId, change: WorkspaceChange): Promise<WorkspaceRecord | undefined> {
    return this.#store.updateWorkspace(id, change);
  }

  /** A first API key given by the settings; a changed setting replaces the key of before. */
  async ensureBootstrapApiKey(secret: string): Promise<void> {
    await this.#ensureApiKey('bootstrap', 'WAYBILL_BOOTSTRAP_API_KEY', secret);
  }

  /** The key that commands on this machine find in the data directory. */
  async ensureLocalCliKey(secret: string): Promise<void> {
    await this.#ensureApiKey('local-cli', 'Commands on this machine', secret);
  }

  async ensureDemoCredential(username: string, password: string): Promise<void> {
    const { id } = await this.ensureDefaultWorkspace();
    await this.secrets.put('smtp-credential', {
      id: 'demo',
      workspaceId: id,
      name: 'Demo',
      publicPart: username,
      secret: password,
    });
  }

  /** What a start printed for this machine must not work once others can reach the listener. */
  async withdrawDemoCredential(): Promise<void> {
    const { id } = await this.ensureDefaultWorkspace();
    await this.secrets.revoke('smtp-credential', id, 'demo');
  }

  /** True while no user exists: the first one is still to be made by a sign-in link. */
  async setupNeeded(): Promise<boolean> {
    return !(await this.#store.anyUser());
  }

  /**
   * A link for the first sign-in, good for 15 minutes and once.
   * @param dashboardUrl without a slash at the end
   * @returns undefined when a user exists already
   */
  async createSignInLink(dashboardUrl: string): Promise<string | undefined> {
    if (await this.#store.anyUser()) return undefined;
    const token = newToken(this.#random);
    const now = this.#clock();
    await this.#store.createSignInLink({
      tokenHash: hashSecret(token),
      createdAt: now,
      expiresAt: now + LINK_MS,
    });
    return `${dashboardUrl}/welcome?token=${token}`;
  }

  async setupLinkIsOpen(token: string): Promise<boolean> {
    return this.#store.signInLinkIsOpen(hashSecret(token), this.#clock());
  }

  /** Creates the first user and consumes the link. Throws `gone` for a used or old link, `conflict` when a user exists. */
  async setUp(first: {
    token: string;
    name: string;
    email: string;
    password: string;
    mode: Mode;
    ip: string | null;
  }): Promise<OpenedSession> {
    // Before the password is hashed: that work is not for strangers to order.
    if (!(await this.setupLinkIsOpen(first.token))) throw await this.#closedLink();
    const workspace = await this.ensureDefaultWorkspace();
    const now = this.#clock();
    const user: UserRecord = {
      id: newRowId(),
      workspaceId: workspace.id,
      email: first.email.toLowerCase(),
      name: first.name,
      passwordHash: await this.#passwords.hash(first.password),
      createdAt: now,
    };
    const opened = this.#newSession(user, first.ip);
    const outcome = await this.#store.createFirstUser({
      tokenHash: hashSecret(first.token),
      now,
      mode: first.mode,
      user,
      session: opened.record,
    });
    if (outcome !== 'created') throw await this.#closedLink();
    return opened;
  }

  /** Throws `unauthenticated` for a wrong pair, `rate-limited` after too many of them. */
  async signIn(given: { email: string; password: string; ip: string | null }): Promise<OpenedSession> {
    const email = given.email.toLowerCase();
    const address = given.ip ?? 'unknown';
    this.#byAddress.begin(address);
    this.#byEmail.begin(email);
    const user = await this.#store.userByEmail(email);
    if (!(await this.#passwords.verify(given.password, user?.passwordHash)) || user === undefined) {
      throw new AppError('unauthenticated', 'This e-mail address and password do not belong together.');
    }
    this.#byAddress.succeed(address);
    this.#byEmail.succeed(email);
    const opened = this.#newSession(user, given.ip);
    await this.#store.createSession(opened.record);
    return opened;
  }

  async signOut(principal: SessionPrincipal): Promise<void> {
    await this.#store.deleteSession(principal.id);
  }

  /** @returns `renewed` when the cookie is to be set again, since the session slides */
  async session(secret: string): Promise<{ principal: SessionPrincipal; renewed: boolean } | undefined> {
    const now = this.#clock();
    const found = await this.#store.session(hashSecret(secret), now);
    if (found === undefined) return undefined;
    const { session, user } = found;
    const renewed = session.expiresAt - now < (SESSION_DAYS - 1) * DAY_MS;
    if (renewed) await this.#store.extendSession(session.idHash, now + SESSION_DAYS * DAY_MS);
    return { principal: principalOf(user, session.idHash), renewed };
  }

  async apiKey(secret: string): Promise<Principal | undefined> {
    return this.secrets.apiKey(secret);
  }

  /** Where the sender's own sessions come from, at most once a minute for each address. */
  async noteSenderAddress(workspaceId: WorkspaceId, ip: string): Promise<void> {
    const key = `${workspaceId} ${ip}`;
    const now = this.#clock();
    if (now - (this.#notedAddresses.get(key) ?? -Infinity) < ADDRESS_NOTE_MS) return;
    if (this.#notedAddresses.size > 10_000) this.#notedAddresses.clear();
    this.#notedAddresses.set(key, now);
    await this.#store.noteSenderAddress(workspaceId, ip, now);
  }

  /** Deletes what has expired; run it now and then. */
  async housekeep(): Promise<void> {
    const now = this.#clock();
    await this.#store.deleteExpired(now, now - SENDER_ADDRESS_DAYS * DAY_MS);
  }

  async #ensureApiKey(id: string, name: string, secret: string): Promise<void> {
    const workspace = await this.ensureDefaultWorkspace();
    await this.secrets.put('api-key', { id, workspaceId: workspace.id, name, secret });
  }

  async #closedLink(): Promise<AppError> {
    return (await this.#store.anyUser())
      ? new AppError('conflict', 'Waybill is set up already. Sign in with your e-mail address and password.')
      : new AppError(
          'gone',
          'This sign-in link is used or older than 15 minutes. `waybill sign-in` makes a new one.',
        );
  }

  #newSession(user: UserRecord, ip: string | null) {
    const secret = newToken(this.#random);
    const now = this.#clock();
    const record = {
      idHash: hashSecret(secret),
      userId: user.id,
      workspaceId: user.workspaceId,
      createdAt: now,
      expiresAt: now + SESSION_DAYS * DAY_MS,
      ip,
    };
    return { secret, record, principal: principalOf(user, record.idHash) };
  }
}

function principalOf(user: UserRecord, id: string): SessionPrincipal {
  return {
    kind: 'session',
    id,
    workspaceId: user.workspaceId,
    user: { id: user.id, email: user.email, name: user.name },
  };
}
