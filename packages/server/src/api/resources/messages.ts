import type { CreatedMessage, CreateMessage } from '@waybill/sdk';
import { z } from 'zod';
import { toIso } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { MessageId } from '../../kernel/ids.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { createMessage, previewMessage } from '../schemas/create-message.ts';
import { cursor, DEFAULT_LIMIT, limit, rowId, searchText } from '../schemas/input.ts';
import { named, pageOf } from '../schemas/named.ts';
import {
  createdMessage,
  message,
  messageSummary,
  mode,
  preview,
  time,
  verdictState,
} from '../schemas/wire.ts';

type Deps = Pick<ApiDeps, 'messages' | 'reader' | 'clock' | 'settings'>;

const verdictStates = z
  .string()
  .max(200, { error: 'names too many states' })
  .transform((text) => text.split(','))
  .pipe(z.array(verdictState));

export function listMessages({ reader }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Messages',
    summary: 'Messages, newest first',
    query: z.strictObject({
      query: searchText.describe('In subject, sender or recipient, in any case; or a tracking number'),
      state: verdictStates.optional().describe('With a delivery in this state; several joined by commas'),
      mode: mode.optional(),
      cursor,
      limit,
    }),
    answer: { status: 200, description: 'A page', schema: pageOf('MessagePage', messageSummary) },
    handle: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const page = await reader.messages(principal.workspaceId, {
        ...(query.query === undefined ? {} : { text: query.query }),
        ...(query.state === undefined ? {} : { states: query.state }),
        ...(query.mode === undefined ? {} : { mode: query.mode }),
        ...(after === undefined ? {} : { after }),
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      return { items: page.items, nextCursor: encodeCursor(page.next) };
    },
  });
}

export function readMessage({ reader }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Messages',
    summary: 'One message with its deliveries',
    params: rowId,
    answer: { status: 200, description: 'The message', schema: message },
    handle: async ({ principal, params }) =>
      (await reader.message(principal.workspaceId, params.id)) ?? missing(),
  });
}

export function postMessage({ messages, reader, settings }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Messages',
    summary: 'Send a mail, or instrument one that you send yourself',
    description:
      'With `send: true` the mail is durable before the answer, and each recipient gets a copy of their own. ' +
      'With `send: false` each delivery has `html` to paste; call `/sent` when the mail is out.',
    body: createMessage,
    bodyLimitBytes: settings.messageBodyLimitBytes,
    idempotent: true,
    answer: { status: 201, description: 'Accepted', schema: createdMessage },
    location: (created: CreatedMessage) => `/api/v1/messages/${created.id}`,
    problems: [409, 413, 503, 507],
    handle: async ({ principal, body, workId }) => {
      const { workspaceId } = principal;
      if (workId === undefined) return messages.create(workspaceId, body);
      const id = workId as MessageId;
      // After a crash between the mail's acceptance and the stored answer, the mail is there already.
      const existing = await reader.message(workspaceId, id);
      if (existing !== undefined) {
        const created = await messages.createdBefore(workspaceId, body, id);
        return created ?? { id, deliveries: existing.deliveries };
      }
      return messages.create(workspaceId, body, id);
    },
  });
}

export function markSent({ messages, clock }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Messages',
    summary: 'Say that a mail made with `send: false` is out now',
    description: "Hits before this are the sender's own. The first call counts; repeating it is harmless.",
    params: rowId,
    idempotent: true,
    answer: {
      status: 200,
      description: 'When it was sent',
      schema: named('SentMessage', z.strictObject({ id: z.string(), sentAt: time })),
    },
    handle: async ({ principal, params }) => {
      const id = params.id as MessageId;
      const sentAt = await messages.markSent(principal.workspaceId, id, clock());
      return sentAt === undefined ? missing() : { id, sentAt: toIso(sentAt) };
    },
  });
}

export function previewOf({ messages, settings }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Messages',
    summary: 'How a mail would look; nothing is stored, nothing is tracked',
    description: 'Repeating it is harmless, so an `Idempotency-Key` changes nothing.',
    body: previewMessage,
    bodyLimitBytes: settings.messageBodyLimitBytes,
    answer: { status: 200, description: 'The preview', schema: preview },
    problems: [413],
    handle: ({ principal, body }) => {
      const draft: CreateMessage = { ...body, to: body.to ?? [], send: true };
      return messages.preview(principal.workspaceId, draft);
    },
  });
}

function missing(): never {
  throw new AppError('not-found', 'There is no such message.');
}
