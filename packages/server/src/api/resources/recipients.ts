import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { cursor, DEFAULT_LIMIT, limit, searchText } from '../schemas/input.ts';
import { pageOf } from '../schemas/named.ts';
import { recipientSummary } from '../schemas/wire.ts';

export function listRecipients({ reader }: Pick<ApiDeps, 'reader'>) {
  return route({
    access: 'workspace',
    tag: 'Recipients',
    summary: 'Recipients, the one with the latest mail first',
    query: z.strictObject({ query: searchText.describe('In the address, in any case'), cursor, limit }),
    answer: { status: 200, description: 'A page', schema: pageOf('RecipientPage', recipientSummary) },
    handle: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const page = await reader.recipients(principal.workspaceId, {
        ...(query.query === undefined ? {} : { text: query.query }),
        ...(after === undefined ? {} : { after }),
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      return { items: page.items, nextCursor: encodeCursor(page.next) };
    },
  });
}
