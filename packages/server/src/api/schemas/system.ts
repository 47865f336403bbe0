import type * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { listOf, named } from './named.ts';
import { reason, time } from './wire.ts';

const count = z.int().min(0);

const trouble = z.strictObject({
  kind: z.enum(['sign-in', 'certificate', 'no-tls', 'network', 'folder', 'refused', 'store']),
  text: z.string(),
}) satisfies z.ZodType<sdk.MailboxTrouble>;

export const mailboxList = listOf(
  'MailboxList',
  named(
    'WatchedMailbox',
    z.strictObject({
      number: z.int().min(1).describe('In the order of the configuration'),
      address: z.string(),
      host: z.string(),
      folders: z.array(
        z.strictObject({
          name: z.string(),
          state: z.enum(['connecting', 'watched', 'trouble']),
          trouble: trouble.nullable(),
          lastLookAt: time.nullable(),
          looked: count.describe('Messages whose header was looked at, since the start'),
          skipped: count.describe('Messages that could not be read'),
          reports: count.describe('Messages that were reports or replies'),
        }),
      ),
      sent: z
        .strictObject({ trouble: trouble.nullable() })
        .nullable()
        .describe('Copies of sent mail; null when none are wanted'),
    }) satisfies z.ZodType<sdk.WatchedMailbox>,
  ),
);

export const systemState = named(
  'SystemState',
  z.strictObject({
    startedAt: time,
    edge: z.strictObject({
      isUp: z.boolean().describe('Heard of within the last seconds'),
      lastHeardAt: time.nullable(),
      hits: count,
      forged: count,
      silenced: count,
      unrecorded: count.describe('Answered, but could not be recorded'),
      lastUnrecordedAt: time.nullable(),
      repeated: count.describe('Answered, and not recorded since one source asked for one thing too often'),
      rejected: count.describe('Answered with an error: unknown addresses, malformed, too large or too slow'),
      refusedConnections: count.describe('Sent away since there were too many'),
      durableWithinMs: z.number().nullable().describe('99 of 100 hits were on the disk within that time'),
    }),
    hits: z.strictObject({
      processed: count,
      failures: count,
      perSecond: z.number().nullable().describe('Put on timelines in a second, over the last ten'),
      lagSeconds: z.number().nullable(),
      backlog: count.nullable(),
    }),
    wayOut: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('smarthost'), host: z.string() }),
      z.strictObject({ kind: z.literal('demo') }),
    ]),
    disk: z.strictObject({ freeBytes: count, sizeBytes: count }).nullable(),
    troubles: z.array(reason).describe('What needs attention; empty when all is well'),
  }) satisfies z.ZodType<sdk.SystemState>,
);
