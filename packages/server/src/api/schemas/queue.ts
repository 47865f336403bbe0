import type * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { named } from './named.ts';
import { time } from './wire.ts';

export const queueState = z.enum([
  'waiting',
  'sending',
  'settled',
  'failed',
]) satisfies z.ZodType<sdk.QueueState>;

const count = z.int().min(0);
const copyFields = {
  id: z.string(),
  state: queueState,
  sender: z.string().describe('Of the envelope; empty for bounces and receipts'),
  recipient: z.string(),
  destination: z.string(),
  from: z.string(),
  subject: z.string(),
  trackingNumber: z.string().nullable(),
  messageId: z.string().nullable(),
  sizeBytes: count,
  attempts: count,
  acceptedAt: time,
  nextAttemptAt: time.nullable().describe('Null when it does not wait'),
  expiresAt: time.describe('When it is given up'),
  finishedAt: time.nullable(),
  lastError: z.string().nullable().describe('Why the last attempt failed'),
};

export const queuedCopy = named(
  'QueuedCopy',
  z.strictObject(copyFields) satisfies z.ZodType<sdk.QueuedCopy>,
  'One recipient’s copy in the mail queue.',
);

export const queuedCopyDetail = named(
  'QueuedCopyDetail',
  z.strictObject({
    ...copyFields,
    wayOut: z.enum(['smarthost', 'capture']),
    eightBit: z.boolean(),
    smtpUtf8: z.boolean(),
    dsn: z
      .strictObject({
        ret: z.exactOptional(z.enum(['FULL', 'HDRS'])),
        envid: z.exactOptional(z.string()),
        notify: z.exactOptional(z.array(z.string())),
        orcpt: z.exactOptional(z.string()),
      })
      .describe('What the next mail server is asked for (RFC 3461)'),
    header: z
      .array(z.strictObject({ name: z.string(), value: z.string() }))
      .describe('Of the mail as it was handed in; empty when it is gone'),
  }) satisfies z.ZodType<sdk.QueuedCopyDetail>,
);

export const queueSummary = named(
  'QueueSummary',
  z.strictObject({
    waiting: count,
    sending: count,
    settled: count,
    failed: count,
    byDestination: z
      .array(z.strictObject({ destination: z.string(), waiting: count, oldest: time }))
      .describe('Of what waits, the most first'),
    byReason: z.array(z.strictObject({ reason: z.string(), waiting: count })),
    smarthost: z
      .strictObject({
        state: z
          .enum(['up', 'down'])
          .describe('`down`: all copies wait, and single ones try whether it is back'),
        since: time.nullable().describe('While it is down'),
        reason: z.string().nullable(),
        nextTryAt: time.nullable().describe('Null while it is up, and while a copy tries it'),
      })
      .nullable()
      .describe('The mail server that all mail goes out through; null when none is set'),
  }) satisfies z.ZodType<sdk.QueueSummary>,
);
