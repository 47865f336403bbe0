/** The HTTP API, the dashboard's files and the recipient's page. The room's public file. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { Histogram } from '../kernel/histogram.ts';
import type { Logger } from '../kernel/logger.ts';
import { Guard } from './auth/guard.ts';
import { DashboardFiles } from './dashboard-files.ts';
import type { ApiDeps } from './deps.ts';
import { EventStream } from './event-stream.ts';
import { HostCheck } from './host-check.ts';
import { Idempotency } from './idempotency.ts';
import { problemOf } from './problem.ts';
import { registerRoutes, statusClass } from './register.ts';
import type { RouteMap } from './route.ts';
import { routesOf } from './routes.ts';
import { DATA_HEADERS } from './security-headers.ts';
import { sendProblem } from './send-problem.ts';
import { validate, type RequestPart } from './validation.ts';

export { Accounts } from './auth/auth.ts';
export type {
  AccountStore,
  SecretKind,
  SecretRecord,
  SessionRecord,
  UserRecord,
  WorkspaceChange,
  WorkspaceRecord,
} from './auth/auth.ts';
export type { ApiDeps, ApiSettings, ChangeFeed, Installation, MessageService } from './deps.ts';
export type { IdempotencyEntry, IdempotencyStore } from './idempotency.ts';
export type { Metric, ValueMetric } from './metrics.ts';

export interface Api {
  fastify: FastifyInstance;
  /** Every route but the dashboard's files. */
  routes: RouteMap;
  /** Port 0 lets the system choose. @returns what it listens on */
  listen(listen: { host: string; port: number }): Promise<{ host: string; port: number }>;
  /** Deletes what has expired: sessions, links, stored answers. Run it every hour or so. */
  housekeep(): Promise<void>;
  /** Ends event streams, lets running requests finish, for at most four seconds, and closes the listener. */
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 120_000;
/** Page tokens are longer than the framework's default of 100. */
const MAX_PARAM_LENGTH = 600;
const DRAIN_MS = 4_000;
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Open to any host name: nothing in them depends on who asks. */
const ANY_HOST = /^\/(?:healthz|readyz|r\/)/;

export function createApi(deps: ApiDeps): Api {
  const server = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: deps.settings.trustedProxies.length === 0 ? false : [...deps.settings.trustedProxies],
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: 'idle',
    // All schemas are Zod's: the framework's own compilers, a hundred files, are not even loaded.
    schemaController: { compilersFactory: { buildValidator: noOtherSchema, buildSerializer: noOtherSchema } },
    clientErrorHandler: answerNoHttp,
    frameworkErrors: (error, _request, reply) => {
      void reply.headers(DATA_HEADERS);
      void sendProblem(reply, problemOf(error));
    },
  });
  const stream = new EventStream({
    events: deps.reader,
    feed: deps.feed,
    clock: deps.clock,
    logger: deps.logger,
  });
  const answered = new Map<string, number>();
  const durations = new Histogram(REQUEST_SECONDS);
  const idempotency = new Idempotency(deps.idempotency, deps.clock, randomUUID());
  const routes = routesOf(deps, stream, { answered, durations });
  let hosts = new HostCheck('127.0.0.1', deps.settings.allowedHosts);

  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...DATA_HEADERS, 'x-request-id': request.id });
    if (!ANY_HOST.test(request.url)) hosts.require(request.headers.host);
  });
  server.addHook('onResponse', async (request, reply) => {
    const status = statusClass(reply.statusCode);
    answered.set(status, (answered.get(status) ?? 0) + 1);
    durations.observe(reply.elapsedTime / 1_000);
    const { method, url: route } = request.routeOptions;
    const { id: requestId } = request;
    const durationMs = Math.round(reply.elapsedTime);
    // The route, not the address: that may hold a token or a tracking number.
    deps.logger.info({ requestId, method, route, status: reply.statusCode, durationMs }, 'request answered');
  });
  readBodies(server);
  server.setValidatorCompiler(({ schema, httpPart }) => validatorOf(schema as z.ZodType, httpPart));
  answerProblems(server, deps.logger);
  registerRoutes(server, routes, { guard: new Guard(deps.accounts), idempotency });
  serveDashboard(server, new DashboardFiles(deps.settings.dashboardDirectory));

  return {
    fastify: server,
    routes,
    async listen({ host, port }) {
      hosts = new HostCheck(host, deps.settings.allowedHosts);
      await server.listen({ host, port });
      const address = server.server.address() as AddressInfo;
      return { host: address.address, port: address.port };
    },
    async housekeep() {
      await deps.accounts.housekeep();
      await idempotency.housekeep();
    },
    async close() {
      stream.close();
      // Half a request, sent by nobody in particular, must not hold the whole process.
      const deadline = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS);
      await server.close();
      clearTimeout(deadline);
    },
  };
}

/** For bytes that are no HTTP request: there is nothing to reply to, only a socket. */
function answerNoHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const { problem } = problemOf(
    new AppError('invalid-input', 'This is not an HTTP request that can be read.'),
  );
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** JSON in strict UTF-8, an empty body being none; forms only where a page has one, and their content does not matter. */
function readBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      try {
        // Own keys named __proto__ stay plain data and are refused as unknown fields.
        return JSON.parse(decoder.decode(body)) as unknown;
      } catch (error) {
        throw new AppError('invalid-input', 'The body is not valid JSON in UTF-8.', {
          cause: error,
          fields: [{ field: 'body', message: 'is not valid JSON in UTF-8' }],
        });
      }
    },
  );
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer', bodyLimit: 10_000 },
    async (request: FastifyRequest) => {
      if ((request.routeOptions.config as { form?: boolean }).form === true) return undefined;
      throw Object.assign(new Error('no forms here'), {
        statusCode: 415,
        code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
      });
    },
  );
}

function noOtherSchema(): never {
  throw new Error('A route has a schema that is not for its validator.');
}

const PARTS: Readonly<Record<string, RequestPart>> = { body: 'body', querystring: 'query', params: 'path' };

function validatorOf(schema: z.ZodType, httpPart: string | undefined) {
  const part = PARTS[httpPart ?? ''] ?? 'body';
  return (value: unknown) => {
    try {
      // The framework gives null where there is no body.
      return { value: validate(schema, value ?? undefined, part) };
    } catch (error) {
      return { error: error as Error };
    }
  };
}

function answerProblems(server: FastifyInstance, logger: Logger): void {
  server.setErrorHandler((error, request, reply) => {
    const answer = problemOf(error);
    if (answer.problem.status >= 500) {
      const { method, url } = request.routeOptions;
      logger.error({ err: error, requestId: request.id, method, route: url }, 'request failed');
    }
    // The connection of a body we did not read to its end cannot be used again.
    if (answer.problem.status === 413) void reply.header('connection', 'close');
    return sendProblem(reply, answer);
  });
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problemOf(new AppError('not-found', `There is nothing at ${request.method} of this address.`)),
    ),
  );
}

function serveDashboard(server: FastifyInstance, files: DashboardFiles): void {
  server.get('/*', async (request, reply) => {
    if (/^\/(?:api|r|o|l)\//.test(request.url)) {
      throw new AppError('not-found', 'There is nothing at this address.');
    }
    await files.send(request, reply);
    return reply;
  });
}
