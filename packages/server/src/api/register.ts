import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.ts';
import { callerSecret, type Guard } from './auth/guard.ts';
import type { Principal } from './auth/auth.ts';
import { readIdempotencyKey, type AnswerCover, type Idempotency } from './idempotency.ts';
import { methodNotAllowed } from './problem.ts';
import { plainAddress } from './request-address.ts';
import { splitKey, type Call, type Route, type RouteMap } from './route.ts';
import { seal, unseal } from './sealed-answer.ts';
import { sendProblem } from './send-problem.ts';

interface Tools {
  guard: Guard;
  idempotency: Idempotency;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Puts the map of routes on the framework: who may, what is valid, once only, and what is answered. */
export function registerRoutes(fastify: FastifyInstance, routes: RouteMap, tools: Tools): void {
  const methodsOf = new Map<string, Set<string>>();
  for (const [key, route] of Object.entries(routes)) {
    const { method, path } = splitKey(key);
    const methods = methodsOf.get(path) ?? new Set();
    methodsOf.set(path, methods.add(method));
    if (method === 'GET' && route.stream !== true) methods.add('HEAD');
    registerRoute(fastify, { method, path, route }, tools);
  }
  for (const [path, methods] of methodsOf) refuseOtherMethods(fastify, path, methods);
}

function registerRoute(
  fastify: FastifyInstance,
  { method, path, route }: { method: string; path: string; route: Route },
  { guard, idempotency }: Tools,
): void {
  const principals = new WeakMap<FastifyRequest, Principal>();
  fastify.route({
    method,
    url: path,
    exposeHeadRoute: route.stream !== true,
    schema: {
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.body === undefined ? {} : { body: route.body }),
    },
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    config: { form: route.form === true },
    // Before the body is read: strangers send us nothing.
    onRequest: async (request, reply) => {
      if (route.access === 'public') return;
      const principal = await guard.authenticate(request, reply);
      if (route.access === 'user' && principal.kind !== 'session') {
        throw new AppError('forbidden', 'This is for a signed-in user; an API key has none.');
      }
      principals.set(request, principal);
    },
    handler: async (request, reply) => {
      const call = callOf(request, reply, principals.get(request));
      const key =
        (route.idempotent ?? false) === false
          ? undefined
          : readIdempotencyKey(request.headers['idempotency-key']);
      if (key === undefined) return answer(route, call, reply);
      return answerOnce({ route, call, key, path, idempotency }, reply);
    },
  });
}

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal | undefined,
): Call<'workspace', unknown, unknown, unknown> {
  return {
    // A public route is typed to have none.
    principal: principal as Principal,
    params: request.params,
    query: request.query,
    body: request.body,
    address: plainAddress(request.ip),
    request,
    reply,
  };
}

type AnyCall = Parameters<Route['handle']>[0];

async function answer(route: Route, call: AnyCall, reply: FastifyReply): Promise<unknown> {
  const value = await route.handle(call);
  if (reply.sent || value === reply) return reply;
  if (route.location !== undefined) reply.header('location', route.location(value));
  // A handler that sets another status, as a failed readiness, means it.
  if (reply.statusCode === 200) reply.code(route.answer.status);
  return reply.send(value);
}

async function answerOnce(
  work: { route: Route; call: AnyCall; key: string; path: string; idempotency: Idempotency },
  reply: FastifyReply,
): Promise<unknown> {
  const { route, call, key, path, idempotency } = work;
  const principal = call.principal as Principal;
  const request = JSON.stringify([path, call.params, call.body ?? null]);
  const outcome = await idempotency.run(
    {
      workspaceId: principal.workspaceId,
      key,
      request,
      ...(route.idempotent === 'sealed' ? { cover: coverFor(call, `${path} ${key}`) } : {}),
    },
    async (workId) => ({
      status: route.answer.status,
      body: JSON.stringify(await route.handle({ ...call, workId })),
    }),
  );
  if (outcome.replayed) reply.header('idempotent-replayed', 'true');
  if (route.location !== undefined) reply.header('location', route.location(JSON.parse(outcome.body)));
  return reply.code(outcome.status).type('application/json; charset=utf-8').send(outcome.body);
}

function coverFor({ request }: AnyCall, purpose: string): AnswerCover {
  const secret = callerSecret(request);
  return {
    seal: (body) => seal(body, secret, purpose),
    open: (sealed) => unseal(sealed, secret, purpose),
  };
}

function refuseOtherMethods(fastify: FastifyInstance, path: string, allowed: ReadonlySet<string>): void {
  const refuse = async (request: FastifyRequest, reply: FastifyReply) =>
    sendProblem(reply, methodNotAllowed(request.method, [...allowed].sort()));
  fastify.route({
    method: METHODS.filter((method) => !allowed.has(method)),
    url: path,
    exposeHeadRoute: false,
    onRequest: refuse,
    handler: refuse,
  });
}

/** `4xx` and the like, for a counter with few labels. */
export function statusClass(status: number): string {
  return STATUS_CODES[status] === undefined ? 'other' : `${Math.floor(status / 100)}xx`;
}
