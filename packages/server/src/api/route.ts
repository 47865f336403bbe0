import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Principal } from './auth/auth.ts';
import type { SessionPrincipal } from './auth/principal.ts';
import type { WorkId } from './idempotency.ts';

/** public: anyone · workspace: API key or session · user: session only. */
export type Access = 'public' | 'workspace' | 'user';

type PrincipalOf<A extends Access> = A extends 'public'
  ? undefined
  : A extends 'user'
    ? SessionPrincipal
    : Principal;

/** One validated request on its way through a route. */
export interface Call<A extends Access, P, Q, B> {
  principal: PrincipalOf<A>;
  params: P;
  query: Q;
  body: B;
  /** Of the client, through trusted proxies; IPv4 in plain. */
  address: string;
  request: FastifyRequest;
  reply: FastifyReply;
  /** With an `Idempotency-Key`: the same for every repetition, even after a crash. */
  workId?: WorkId;
}

export interface Answer {
  status: 200 | 201 | 202 | 204;
  description: string;
  /** A named schema; absent for answers that are not JSON. */
  schema?: z.ZodType;
  /** Of answers that are not JSON. */
  contentType?: string;
}

/** What a route is, apart from its method and path, which the map in routes.ts gives. */
export interface Route {
  access: Access;
  tag: string;
  summary: string;
  description?: string;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  bodyLimitBytes?: number;
  answer: Answer;
  /** Statuses of problems beyond those that follow from access and input. */
  problems?: readonly number[];
  /** Whether `Idempotency-Key` is honoured; only POST routes have it. `sealed`: the answer may hold a secret. */
  idempotent?: boolean | 'sealed';
  /** A header that the route reads, for OpenAPI. */
  header?: { name: string; description: string };
  /** Keeps its connection: HEAD makes no sense. */
  stream?: boolean;
  /** Takes an HTML form in place of JSON. */
  form?: boolean;
  /** Address of what was created, from the answer. */
  location?: (answer: unknown) => string;
  handle(call: Call<Access, unknown, unknown, unknown>): Promise<unknown>;
}

interface Definition<
  A extends Access,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
> extends Omit<Route, 'handle' | 'location'> {
  access: A;
  params?: P;
  query?: Q;
  body?: B;
  location?: (answer: never) => string;
  /** The answer's value, sent as JSON; undefined when the reply is written already or has no content. */
  handle(call: Call<A, z.output<P>, z.output<Q>, z.output<B>>): Promise<unknown>;
}

/** Gives a definition's handler the types of its schemas, which the framework has checked before it runs. */
export function route<
  A extends Access,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(definition: Definition<A, P, Q, B>): Route {
  return definition as unknown as Route;
}

/** `GET /api/v1/messages/:id` → route. */
export type RouteMap = Readonly<Record<string, Route>>;

export function splitKey(key: string): { method: string; path: string } {
  const [method = '', path = ''] = key.split(' ');
  return { method, path };
}
