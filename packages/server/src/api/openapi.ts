import { z } from 'zod';
import { route, splitKey, type Route, type RouteMap } from './route.ts';
import { namedSchemas } from './schemas/named.ts';
import { problem } from './schemas/wire.ts';

type Json = Record<string, unknown>;

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; `errors` names the fields',
  401: 'No valid session or API key',
  403: 'Not allowed',
  404: 'Not there, or of another workspace',
  409: 'In conflict with what is there',
  410: 'Used or too old',
  413: 'Too large',
  415: 'The body is not JSON',
  422: 'Not possible',
  429: 'Too many requests; see Retry-After',
  503: 'Not available now',
  507: 'Storage is full',
};

export function readOpenApi(routes: RouteMap): Route {
  let document: Json | undefined;
  const own: Route = route({
    access: 'public',
    tag: 'Operation',
    summary: 'This document',
    answer: { status: 200, description: 'OpenAPI 3.1', contentType: 'application/json' },
    handle: async (): Promise<Json> =>
      (document ??= openApiOf({ ...routes, 'GET /api/v1/openapi.json': own })),
  });
  return own;
}

/** OpenAPI 3.1 of these routes, from the very schemas that check their requests. */
export function openApiOf(routes: RouteMap): Json {
  const paths: Record<string, Json> = {};
  for (const [key, definition] of Object.entries(routes)) {
    const { method, path } = splitKey(key);
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(key, definition) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waybill',
      version: '1',
      description:
        'A tracking number for every e-mail. Times are ISO 8601 UTC with milliseconds, confidences 0 to 1. ' +
        'Errors are problem details (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(routes).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `wb_…`' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'waybill_session',
          description: 'Set by signing in. Requests that change something must come from the same origin.',
        },
      },
      schemas: componentSchemas(),
      responses: { Problem: problemResponse('Problem details') },
    },
  };
}

function operationOf(key: string, definition: Route): Json {
  const { method, path } = splitKey(key);
  const parameters = [
    ...parametersOf(definition.params, 'path'),
    ...parametersOf(definition.query, 'query'),
    ...headerParameters(definition),
  ];
  return {
    operationId: operationIdOf(method, path),
    tags: [definition.tag],
    summary: definition.summary,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    security: SECURITY[definition.access],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(definition.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: referenceTo(definition.body) } },
          },
        }),
    responses: responsesOf(definition),
  };
}

const SECURITY = {
  public: [],
  workspace: [{ apiKey: [] }, { session: [] }],
  user: [{ session: [] }],
} as const;

function operationIdOf(method: string, path: string): string {
  const words = path
    .replace('/api/v1', '')
    .split(/[/.:-]+/)
    .filter((word) => word !== '');
  return [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(
    '',
  );
}

function responsesOf({ answer, access, params, query, body, problems = [], idempotent }: Route): Json {
  const statuses = new Set<number>(problems);
  if (params !== undefined || query !== undefined || body !== undefined) statuses.add(400);
  if (access !== 'public') statuses.add(401).add(403);
  if (params !== undefined) statuses.add(404);
  if (body !== undefined) statuses.add(413).add(415);
  if (isIdempotent(idempotent)) statuses.add(409);
  const failures = [...statuses]
    .sort((a, b) => a - b)
    .map((status) => [String(status), problemResponse(PROBLEMS[status] ?? 'Problem')] as const);
  return {
    [answer.status]: {
      description: answer.description,
      ...(answer.schema === undefined
        ? {}
        : { content: { 'application/json': { schema: referenceTo(answer.schema) } } }),
      ...(answer.contentType === undefined
        ? {}
        : { content: { [answer.contentType]: { schema: contentSchema(answer.contentType) } } }),
    },
    ...Object.fromEntries(failures),
    default: { $ref: '#/components/responses/Problem' },
  };
}

function contentSchema(contentType: string): Json {
  return contentType === 'application/json' ? { type: 'object' } : { type: 'string' };
}

function problemResponse(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: referenceTo(problem) } } };
}

function isIdempotent(idempotent: Route['idempotent']): boolean {
  return idempotent === true || idempotent === 'sealed';
}

function headerParameters({ idempotent, header }: Route): Json[] {
  const parameters: Json[] = [];
  if (isIdempotent(idempotent)) {
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'A repetition with the same key and body within a day gets the stored answer, with the header ' +
        '`Idempotent-Replayed: true`; with another body, or while the first is running, 409. Errors are not stored.' +
        (idempotent === 'sealed'
          ? ' The answer may hold a secret: only the API key or sign-in that asked gets it again.'
          : ''),
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    });
  }
  if (header !== undefined) {
    parameters.push({ ...header, in: 'header', schema: { type: 'string' } });
  }
  return parameters;
}

function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as Json;
    return {
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function referenceTo(schema: z.ZodType): Json {
  const name = namedSchemas.get(schema)?.id;
  if (name === undefined) throw new Error('a schema of a body or an answer has no name');
  return { $ref: `#/components/schemas/${name}` };
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(namedSchemas, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $id: _id, $schema: _schema, ...schema }]) => [name, schema]),
  );
}
