import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { cursor, DEFAULT_LIMIT, limit, rowId, searchText } from '../schemas/input.ts';
import { named, pageOf } from '../schemas/named.ts';
import { queuedCopy, queuedCopyDetail, queueState, queueSummary } from '../schemas/queue.ts';

type Deps = Pick<ApiDeps, 'queue'>;

const to = searchText.describe("In the recipient's address, in any case");
const retried = named('RetriedCopies', z.strictObject({ retried: z.int().min(0) }));

export function listQueue({ queue }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Mail queue',
    summary: 'Copies that wait, are on their way or have failed, newest first',
    query: z.strictObject({ state: queueState.optional(), to, cursor, limit }),
    answer: { status: 200, description: 'A page', schema: pageOf('QueuedCopyPage', queuedCopy) },
    handle: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const page = await queue.list(principal.workspaceId, {
        ...(query.state === undefined ? {} : { state: query.state }),
        ...toFilter(query.to),
        ...(after === undefined ? {} : { after }),
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      return { items: page.items, nextCursor: encodeCursor(page.next) };
    },
  });
}

export function readQueueSummary({ queue }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Mail queue',
    summary: 'How many copies there are, where to, and what keeps them',
    answer: { status: 200, description: 'The summary', schema: queueSummary },
    handle: ({ principal }) => queue.summary(principal.workspaceId),
  });
}

export function readQueuedCopy({ queue }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Mail queue',
    summary: 'One copy with its envelope and its header',
    params: rowId,
    answer: { status: 200, description: 'The copy', schema: queuedCopyDetail },
    handle: ({ principal, params }) => queue.read(principal.workspaceId, params.id),
  });
}

export function retryQueuedCopy({ queue }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Mail queue',
    summary: 'Try a copy that waits at once',
    params: rowId,
    idempotent: true,
    answer: { status: 200, description: 'It is due', schema: retried },
    problems: [409],
    handle: async ({ principal, params }) => {
      await queue.retry(principal.workspaceId, params.id);
      return { retried: 1 };
    },
  });
}

export function retryQueue({ queue }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Mail queue',
    summary: 'Try all copies that wait at once',
    query: z.strictObject({ to }),
    idempotent: true,
    answer: { status: 200, description: 'How many are due', schema: retried },
    handle: async ({ principal, query }) => ({
      retried: await queue.retryAll(principal.workspaceId, toFilter(query.to)),
    }),
  });
}

export function dropQueuedCopy({ queue }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Mail queue',
    summary: 'Take a copy that waits out of the queue',
    description: 'It counts as failed, and the timeline of its delivery says why.',
    params: rowId,
    query: z.strictObject({
      notify: z.enum(['0', '1']).optional().describe('`1`: its sender is told by mail'),
    }),
    answer: {
      status: 200,
      description: 'It is out',
      schema: named('DroppedCopy', z.strictObject({ dropped: z.string() })),
    },
    problems: [409],
    handle: async ({ principal, params, query }) => {
      await queue.drop(principal.workspaceId, params.id, { notify: query.notify === '1' });
      return { dropped: params.id };
    },
  });
}

function toFilter(text: string | undefined): { to?: string } {
  return text === undefined || text === '' ? {} : { to: text };
}
