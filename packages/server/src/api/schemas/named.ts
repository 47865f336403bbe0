import { z } from 'zod';

/** Schemas that OpenAPI shows under `#/components/schemas` by this name. */
export const namedSchemas = z.registry<{ id: string; description?: string }>();

export function named<S extends z.ZodType>(id: string, schema: S, description?: string): S {
  namedSchemas.add(schema, { id, ...(description === undefined ? {} : { description }) });
  return schema;
}

/** A listing without pages. */
export function listOf<S extends z.ZodType>(id: string, item: S) {
  return named(id, z.strictObject({ items: z.array(item) }));
}

export function pageOf<S extends z.ZodType>(id: string, item: S) {
  return named(
    id,
    z.strictObject({
      items: z.array(item),
      nextCursor: z.string().nullable().describe('Pass as `cursor` to get the next page; null on the last.'),
    }),
  );
}
