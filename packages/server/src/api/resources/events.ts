import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import type { EventStream } from '../event-stream.ts';
import { route } from '../route.ts';
import { DEFAULT_LIMIT, limit } from '../schemas/input.ts';
import { pageOf } from '../schemas/named.ts';
import { streamEvent } from '../schemas/wire.ts';

const POSITION = /^\d{1,15}$/;

const position = z.string().max(600, { error: 'is neither a position nor a cursor' }).optional();

export function listEvents({ reader }: Pick<ApiDeps, 'reader'>) {
  return route({
    access: 'workspace',
    tag: 'Events',
    summary: 'What happened, newest first',
    description:
      'Events of messages in mode `aggregate` belong to no delivery and are left out; see `counts` of the message.',
    query: z.strictObject({
      before: position.describe('A position; events before it. A cursor serves as well.'),
      cursor: position.describe('`nextCursor` of the page before'),
      limit,
    }),
    answer: { status: 200, description: 'A page', schema: pageOf('EventPage', streamEvent) },
    handle: async ({ principal, query }) => {
      const before = positionOf(query.cursor ?? query.before);
      const page = await reader.events(principal.workspaceId, {
        ...(before === undefined ? {} : { before }),
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      const next = page.next === undefined ? undefined : { at: page.next, key: '' };
      return { items: page.items, nextCursor: encodeCursor(next) };
    },
  });
}

export function streamEvents(stream: EventStream) {
  return route({
    access: 'workspace',
    tag: 'Events',
    summary: 'What happens, as server-sent events',
    description:
      'Each event has its position as `id` and a StreamEvent as `data`. Send `Last-Event-ID` (or the parameter ' +
      '`lastEventId`) to go on after a position; without it the stream begins now. An event that is judged anew comes again.',
    query: z.strictObject({ lastEventId: z.string().max(40).optional() }),
    header: { name: 'Last-Event-ID', description: 'The last position seen' },
    stream: true,
    answer: { status: 200, description: 'An endless stream', contentType: 'text/event-stream' },
    handle: async ({ principal, query, request, reply }) => {
      const after = lastEventId(request.headers['last-event-id'] ?? query.lastEventId);
      const { id: principalId, workspaceId } = principal;
      await stream.open({ workspaceId, principalId, after }, () => {
        reply.hijack();
        reply.raw.writeHead(200, {
          ...headersOf(reply.getHeaders()),
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store, no-transform',
          // nginx would hold events back otherwise.
          'x-accel-buffering': 'no',
        });
        return reply.raw;
      });
    },
  });
}

function headersOf(headers: Record<string, number | string | string[] | undefined>) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    number | string | string[]
  >;
}

function lastEventId(given: string | string[] | undefined): number | undefined {
  if (given === undefined || given === '') return undefined;
  if (typeof given === 'string' && POSITION.test(given)) return Number(given);
  throw invalid('Last-Event-ID', 'is not a position of this stream');
}

function positionOf(given: string | undefined): number | undefined {
  if (given === undefined || POSITION.test(given)) return given === undefined ? undefined : Number(given);
  return decodeCursor(given)?.at;
}

function invalid(field: string, message: string): AppError {
  return new AppError('invalid-input', `${field}: ${message}.`, { fields: [{ field, message }] });
}
