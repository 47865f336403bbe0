import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../kernel/errors.ts';
import { isLoopback, plainAddress } from '../request-address.ts';
import { SESSION_DAYS, type Accounts, type OpenedSession } from './accounts.ts';
import type { Principal } from './principal.ts';

export const SESSION_COOKIE = 'waybill_session';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Finds out who asks: by API key (`Authorization: Bearer`) or by the session's cookie. */
export class Guard {
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /** @throws AppError `unauthenticated`, or `forbidden` for a request that another site made */
  async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.#byApiKey(authorization);
    const secret = cookieOf(request);
    const found = secret === undefined ? undefined : await this.#accounts.session(secret);
    if (secret === undefined || found === undefined) {
      throw new AppError('unauthenticated', 'Sign in, or send an API key as Authorization: Bearer.');
    }
    if (!SAFE_METHODS.has(request.method)) requireSameOrigin(request);
    if (found.renewed) setSessionCookie(request, reply, secret);
    // Of a client that is already gone again, the address is unknown, whatever the framework's type says.
    const ip: string | undefined = request.ip;
    const address = plainAddress(ip ?? '');
    if (address !== '' && !isLoopback(address))
      await this.#accounts.noteSenderAddress(found.principal.workspaceId, address);
    return found.principal;
  }

  async #byApiKey(authorization: string): Promise<Principal> {
    const key = bearerOf(authorization);
    if (key === undefined) {
      throw new AppError('unauthenticated', 'The Authorization header is not of the form Bearer KEY.');
    }
    const principal = await this.#accounts.apiKey(key);
    if (principal === undefined) {
      throw new AppError('unauthenticated', 'This API key does not exist or is revoked.');
    }
    return principal;
  }
}

/** What an authenticated request has proven who it is by: the API key, or the secret of its session. */
export function callerSecret(request: FastifyRequest): string {
  const { authorization } = request.headers;
  const secret = authorization === undefined ? cookieOf(request) : bearerOf(authorization);
  if (secret === undefined) throw new AppError('unauthenticated', 'This request proves nothing.');
  return secret;
}

function bearerOf(authorization: string): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
}

/**
 * An unsafe request that carries a cookie must come from our own pages: by Sec-Fetch-Site (W3C Fetch
 * Metadata), or by Origin (RFC 6454) where a browser sends no such header, as over plain HTTP.
 */
export function requireSameOrigin(request: FastifyRequest): void {
  if (sameOrigin(request) !== true) {
    throw new AppError('forbidden', 'This request does not come from a page of this server.');
  }
}

/** For sign-in, which has no cookie yet: programs send neither header, other sites send one. */
export function refuseOtherOrigins(request: FastifyRequest): void {
  if (sameOrigin(request) === false) {
    throw new AppError('forbidden', 'This request comes from a page of another site.');
  }
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: OpenedSession['secret'],
): void {
  reply.header('set-cookie', cookie(request, secret, SESSION_DAYS * 86_400));
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('set-cookie', cookie(request, '', 0));
}

function cookie(request: FastifyRequest, value: string, maxAgeSeconds: number): string {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}

function cookieOf(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === SESSION_COOKIE && value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** Undefined when the request says nothing of where it comes from. */
function sameOrigin(request: FastifyRequest): boolean | undefined {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  return URL.canParse(origin) && new URL(origin).host === request.host.toLowerCase();
}
