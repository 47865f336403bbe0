import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { cursor, DEFAULT_LIMIT, limit, idOrNumber } from '../schemas/input.ts';
import { pageOf } from '../schemas/named.ts';
import { capturedMail } from '../schemas/wire.ts';
import { MAIL_FRAME_HEADERS } from '../security-headers.ts';

type Deps = Pick<ApiDeps, 'reader'>;

export function listInbox({ reader }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Demo inbox',
    summary: 'Captured mails, newest first',
    query: z.strictObject({ cursor, limit }),
    answer: { status: 200, description: 'A page', schema: pageOf('CapturedMailPage', capturedMail) },
    handle: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const page = await reader.captured(principal.workspaceId, {
        ...(after === undefined ? {} : { after }),
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      return { items: page.items, nextCursor: encodeCursor(page.next) };
    },
  });
}

export function readCapturedMail({ reader }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Demo inbox',
    summary: 'One captured mail, without its body',
    params: idOrNumber.describe('Tracking number, or id of the captured mail'),
    answer: { status: 200, description: 'The mail', schema: capturedMail },
    handle: async ({ principal, params }) =>
      (await reader.capturedMail(principal.workspaceId, params.trackingNumber)) ?? missing(),
  });
}

export function readFrame({ reader }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Demo inbox',
    summary: "A captured mail's body as a page on an opaque origin, pictures loading as in a mail program",
    params: idOrNumber.describe('Tracking number, or id of the captured mail'),
    answer: { status: 200, description: 'The mail', contentType: 'text/html' },
    handle: async ({ principal, params, reply }) => {
      const raw = await reader.capturedBytes(principal.workspaceId, params.trackingNumber);
      // Who reads mail loads a hundred files, and most servers never show one.
      const { mailFrame } = await import('../mail-frame.ts');
      const page = await mailFrame(raw ?? missing());
      return reply.headers(MAIL_FRAME_HEADERS).type('text/html; charset=utf-8').send(page);
    },
  });
}

function missing(): never {
  throw new AppError('not-found', 'There is no such mail in the demo inbox.');
}
