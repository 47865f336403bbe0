import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { parseTrackingNumber } from '../../messages/messages.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { deliveryDetail } from '../schemas/wire.ts';

export function readDelivery({ reader }: Pick<ApiDeps, 'reader'>) {
  return route({
    access: 'workspace',
    tag: 'Deliveries',
    summary: 'One delivery with its events',
    params: z.strictObject({
      trackingNumber: z.string().describe('In any spelling: case, spaces and dashes do not matter'),
    }),
    answer: { status: 200, description: 'The delivery', schema: deliveryDetail },
    handle: async ({ principal, params }) => {
      const number = parseTrackingNumber(params.trackingNumber);
      if (number === undefined) {
        throw new AppError('not-found', 'This is not a tracking number: a letter or digit is wrong.');
      }
      const delivery = await reader.delivery(principal.workspaceId, number);
      if (delivery === undefined) throw new AppError('not-found', 'There is no delivery with this number.');
      return delivery;
    },
  });
}
