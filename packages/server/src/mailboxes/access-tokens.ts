import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import {
  refusedToken,
  TokenTrouble,
  unkeptToken,
  unreachableToken,
  unreadableToken,
} from './token-trouble.ts';

/** Waybill as the client of an authorization server (RFC 6749 §2). */
export interface OauthClient {
  tokenUrl: string;
  clientId: string;
  /** Undefined: a public client. */
  clientSecret: string | undefined;
  /** Undefined: what the refresh token was given for. */
  scope: string | undefined;
}

/** Port: how requests go out. Throws for what cannot be reached. */
export interface TokenHttp {
  post(
    target: string,
    message: { headers: Record<string, string>; body: string; signal: AbortSignal },
  ): Promise<{ status: number; body: string }>;
}

/** A refresh token that came in the place of the configured one. */
export interface RotatedToken {
  token: string;
  /** Digest of the configured one, so that a newly configured one counts more. */
  descendsFrom: string;
}

/** Port: refresh tokens that must survive. What is written is durable, and for nobody else to read. */
export interface RotatedTokens {
  read(accountId: string): Promise<RotatedToken | undefined>;
  write(accountId: string, token: RotatedToken): Promise<void>;
}

/** Renewed so long before it ends, or in the last quarter of its life when that is short. */
const EARLY_MS = 5 * 60_000;
/** RFC 6749 §5.1 only recommends to say it. */
const UNSAID_LIFE_SECONDS = 600;
const TIMEOUT_MS = 30_000;

interface Answer {
  access: string;
  lifeMs: number;
  refresh: string | undefined;
}

export interface AccessTokensDeps {
  accountId: string;
  client: OauthClient;
  /** The configured one. */
  refreshToken: string;
  rotated: RotatedTokens;
  http: TokenHttp;
  clock: Clock;
}

/**
 * Access tokens for one mailbox, from a refresh token (RFC 6749 §6). Some servers give a new refresh token each time:
 * it is durable before the access token is used. Not for calls at the same time.
 */
export class AccessTokens {
  readonly #deps: AccessTokensDeps;
  #access: { token: string; renewAtMs: number } | undefined;
  /** Given, and not durable yet. */
  #unkept: RotatedToken | undefined;

  constructor(deps: AccessTokensDeps) {
    this.#deps = deps;
  }

  /** One that should work. @throws TokenTrouble */
  async current(signal?: AbortSignal): Promise<string> {
    if (this.#access === undefined || this.#deps.clock() >= this.#access.renewAtMs)
      return this.#renew(signal);
    return this.#access.token;
  }

  /** After the mail server refused the current one. @throws TokenTrouble */
  async renewed(signal?: AbortSignal): Promise<string> {
    return this.#renew(signal);
  }

  async #renew(signal: AbortSignal | undefined): Promise<string> {
    this.#access = undefined;
    const configured = this.#deps.refreshToken;
    const rotated = await this.#rotatedToken();
    try {
      return await this.#exchange(rotated ?? configured, signal);
    } catch (error) {
      // The kept one may be from an older backup than the server's memory.
      const isRefused = error instanceof TokenTrouble && error.trouble.kind === 'sign-in';
      if (rotated === undefined || !isRefused) throw error;
      return this.#exchange(configured, signal);
    }
  }

  /** Read anew each time: `waybill mailbox check` is another process. */
  async #rotatedToken(): Promise<string | undefined> {
    if (this.#unkept !== undefined) await this.#keep(this.#unkept);
    const kept = await this.#deps.rotated.read(this.#deps.accountId);
    return kept?.descendsFrom === digest(this.#deps.refreshToken) ? kept.token : undefined;
  }

  async #exchange(refreshToken: string, signal: AbortSignal | undefined): Promise<string> {
    const { client, clock } = this.#deps;
    const askedAtMs = clock();
    const { status, body } = await this.#post(refreshToken, signal);
    const fields = parsed(body);
    if (status < 200 || status > 299) {
      const { error, error_description: description } = fields;
      throw refusedToken(client.tokenUrl, status, { error, description });
    }
    const answer = readAnswer(fields);
    if (answer === undefined) throw unreadableToken(client.tokenUrl);
    const { access, lifeMs, refresh } = answer;
    if (refresh !== undefined && refresh !== refreshToken) {
      await this.#keep({ token: refresh, descendsFrom: digest(this.#deps.refreshToken) });
    }
    this.#access = { token: access, renewAtMs: askedAtMs + lifeMs - Math.min(EARLY_MS, lifeMs / 4) };
    return access;
  }

  async #post(
    refreshToken: string,
    signal: AbortSignal | undefined,
  ): Promise<{ status: number; body: string }> {
    const { client, http } = this.#deps;
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: client.clientId,
      ...(client.clientSecret === undefined ? {} : { client_secret: client.clientSecret }),
      ...(client.scope === undefined ? {} : { scope: client.scope }),
    });
    try {
      return await http.post(client.tokenUrl, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: form.toString(),
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]),
      });
    } catch (error) {
      throw unreachableToken(client.tokenUrl, error);
    }
  }

  async #keep(token: RotatedToken): Promise<void> {
    this.#unkept = token;
    try {
      await this.#deps.rotated.write(this.#deps.accountId, token);
    } catch (error) {
      throw unkeptToken(error);
    }
    this.#unkept = undefined;
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The fields of a JSON object; none when it is something else. */
function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** RFC 6749 §5.1. */
function readAnswer(fields: Record<string, unknown>): Answer | undefined {
  const {
    access_token: access,
    token_type: type = 'bearer',
    expires_in: life,
    refresh_token: refresh,
  } = fields;
  if (!isToken(access) || String(type).toLowerCase() !== 'bearer') return undefined;
  // Some say it as a string.
  const seconds = Number(life);
  return {
    access,
    lifeMs: (seconds > 0 && Number.isFinite(seconds) ? seconds : UNSAID_LIFE_SECONDS) * 1_000,
    refresh: isToken(refresh) ? refresh : undefined,
  };
}

/** RFC 6749 appendix A.12: visible ASCII only; anything else would break out of the SASL message. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value);
}
