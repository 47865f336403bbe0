import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { TrackingNumber } from '../../kernel/ids.ts';
import { parseTrackingNumber } from '../../messages/messages.ts';
import { decodePlace, encodeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { DEFAULT_LIMIT, limit } from '../schemas/input.ts';
import { pageOf } from '../schemas/named.ts';
import { deliveryDetail, event } from '../schemas/wire.ts';

const params = z.strictObject({
  trackingNumber: z.string().describe('In any spelling: case, spaces and dashes do not matter'),
});

export function readDelivery({ reader }: Pick<ApiDeps, 'reader'>) {
  return route({
    access: 'workspace',
    tag: 'Deliveries',
    summary: 'One delivery with its events',
    description:
      'Of a delivery with very many events, with the newest ones; `earlier` tells of those before them.',
    params,
    answer: { status: 200, description: 'The delivery', schema: deliveryDetail },
    handle: async ({ principal, params: { trackingNumber } }) => {
      const read = await reader.delivery(principal.workspaceId, numberOf(trackingNumber));
      if (read === undefined) throw unknown();
      const { earlier, ...delivery } = read;
      if (earlier === undefined) return delivery;
      const { before, ...rest } = earlier;
      return { ...delivery, earlier: { ...rest, cursor: encodeCursor(before) } };
    },
  });
}

export function listDeliveryEvents({ reader }: Pick<ApiDeps, 'reader'>) {
  return route({
    access: 'workspace',
    tag: 'Deliveries',
    summary: 'The events of one delivery, newest first',
    params,
    query: z.strictObject({
      cursor: z
        .string()
        .max(600)
        .optional()
        .describe('`nextCursor` of the page before, or `earlier.cursor` of the delivery'),
      limit,
    }),
    answer: { status: 200, description: 'A page', schema: pageOf('DeliveryEventPage', event) },
    handle: async ({ principal, params: { trackingNumber }, query }) => {
      const before = decodePlace(query.cursor);
      const page = await reader.deliveryEvents(principal.workspaceId, numberOf(trackingNumber), {
        ...(before === undefined ? {} : { before }),
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      if (page === undefined) throw unknown();
      return { items: page.items, nextCursor: encodeCursor(page.next) };
    },
  });
}

function numberOf(text: string): TrackingNumber {
  const number = parseTrackingNumber(text);
  if (number !== undefined) return number;
  throw new AppError('not-found', 'This is not a tracking number: a letter or digit is wrong.');
}

function unknown(): AppError {
  return new AppError('not-found', 'There is no delivery with this number.');
}
