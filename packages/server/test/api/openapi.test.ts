import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from '../support/api-server.ts';

type Json = Record<string, unknown>;
interface Operation {
  operationId: string;
  security: Json[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }>; $ref?: string }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json; responses: Json };
}

test('the OpenAPI document holds every route, and its references lead somewhere', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/openapi.json', { key: '' });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  const document = (await answer.json()) as Document;
  assert.equal(document.openapi, '3.1.0');
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  assert.deepEqual(documented.toSorted(), Object.keys(server.api.routes).toSorted());
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    (match) => match[1] ?? '',
  );
  assert.ok(references.length > 50);
  for (const reference of new Set(references)) {
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
    assert.ok(target !== undefined, reference);
  }
});

test('every operation is complete', async (t) => {
  const server = await startApi(t);
  const document = (await (await server.fetch('/api/v1/openapi.json')).json()) as Document;
  const ids = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const name = `${method} ${path}`;
      assert.ok(!ids.has(operation.operationId), `${operation.operationId} is unique`);
      ids.add(operation.operationId);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      assert.deepEqual(
        declared.map((parameter) => parameter.name),
        inPath,
        name,
      );
      assert.ok(
        declared.every(({ required }) => required === true),
        name,
      );
      assert.ok(
        (operation.parameters ?? []).every(
          ({ schema }) =>
            schema?.['type'] !== undefined ||
            schema?.['enum'] !== undefined ||
            schema?.['$ref'] !== undefined,
        ),
        name,
      );
      assert.ok(
        Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status)),
        name,
      );
      assert.ok(operation.responses['default'] !== undefined, name);
      if (operation.security.length > 0) assert.ok(operation.responses['401'] !== undefined, name);
      if (operation.requestBody !== undefined) {
        assert.ok(operation.responses['400']?.content?.['application/problem+json'] !== undefined, name);
      }
    }
  }
  const create = document.paths['/api/v1/messages']?.['post'];
  assert.ok(create?.parameters?.some(({ name }) => name === 'Idempotency-Key'));
  assert.deepEqual(document.components.schemas['CreateMessage']?.['required'], [
    'from',
    'to',
    'subject',
    'send',
  ]);
  assert.equal(document.components.schemas['CreateMessage']?.['additionalProperties'], false);
});
