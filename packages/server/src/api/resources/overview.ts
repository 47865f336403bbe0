import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { named } from '../schemas/named.ts';
import { overview } from '../schemas/wire.ts';

const DEFAULT_DAYS = 30;
const days = z
  .string()
  .regex(/^\d{1,3}$/, { error: 'must be a whole number from 1 to 365' })
  .transform(Number)
  .refine((value) => value >= 1 && value <= 365, { error: 'must be a whole number from 1 to 365' })
  .optional()
  .meta({ default: DEFAULT_DAYS });

export function readOverview({ reader, clock }: Pick<ApiDeps, 'reader' | 'clock'>) {
  return route({
    access: 'workspace',
    tag: 'Overview',
    summary: 'Counts of the last days, in UTC',
    query: z.strictObject({ days }),
    answer: { status: 200, description: 'The counts', schema: overview },
    handle: ({ principal, query }) =>
      reader.overview(principal.workspaceId, query.days ?? DEFAULT_DAYS, clock()),
  });
}

export function readAttributions({ settings }: Pick<ApiDeps, 'settings'>) {
  return route({
    access: 'public',
    tag: 'Overview',
    summary: 'Whose data on places and networks is used; to be shown where places are shown',
    answer: {
      status: 200,
      description: 'Sentences',
      schema: named('Attributions', z.strictObject({ items: z.array(z.string()) })),
    },
    handle: async () => ({ items: settings.attributions }),
  });
}
