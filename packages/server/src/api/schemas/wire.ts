import * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { named } from './named.ts';

/** The wire types as schemas: what OpenAPI says and what tests hold answers against. */

export const time = z.iso
  .datetime({ precision: 3 })
  .describe('ISO 8601, UTC, milliseconds')
  .meta({ examples: ['2026-11-23T14:02:11.480Z'] });

const confidence = z.number().min(0).max(1);

export const mode = named(
  'Mode',
  z.enum(['full', 'day', 'aggregate', 'off']) satisfies z.ZodType<sdk.Mode>,
  'What may be recorded: who, when, where · only the day of the last opening · counts per message · nothing.',
);

export const disclosure = z.enum(['none', 'header', 'footer']) satisfies z.ZodType<sdk.Disclosure>;

const actor = z.enum(sdk.ACTORS);

export const reason = named(
  'Reason',
  z.strictObject({ code: z.string(), text: z.string() }) satisfies z.ZodType<sdk.Reason>,
);

const place = named(
  'Place',
  z.strictObject({
    grain: z.enum(['city', 'region', 'country', 'local-network', 'unknown']),
    country: z.exactOptional(z.string().describe('ISO 3166-1 alpha-2')),
    region: z.exactOptional(z.string()),
    city: z.exactOptional(z.string()),
    latitude: z.exactOptional(z.number()),
    longitude: z.exactOptional(z.number()),
  }) satisfies z.ZodType<sdk.Place>,
);

const client = named(
  'Client',
  z.strictObject({
    name: z.string(),
    version: z.exactOptional(z.string()),
    os: z.exactOptional(z.string()),
    device: z.exactOptional(z.enum(['desktop', 'phone', 'tablet', 'server', 'unknown'])),
  }) satisfies z.ZodType<sdk.Client>,
);

const network = named(
  'Network',
  z.strictObject({
    asn: z.exactOptional(z.number().int()),
    owner: z.exactOptional(z.string()),
    kind: z.exactOptional(
      z.enum(['access', 'hosting', 'security-vendor', 'image-proxy', 'privacy-relay', 'local', 'unknown']),
    ),
  }) satisfies z.ZodType<sdk.Network>,
);

export const verdictState = named(
  'VerdictState',
  z.enum([
    'queued',
    'captured',
    'sent',
    'delivered',
    'failed',
    'bounced',
    'loaded',
    'probably-read',
    'read',
    'clicked',
    'replied',
    'objected',
  ]) satisfies z.ZodType<sdk.VerdictState>,
);

const verdict = named(
  'Verdict',
  z.strictObject({
    state: verdictState,
    confidence,
    reasons: z.array(reason),
    settled: z.boolean().describe('False while later evidence may still change the judgement.'),
  }) satisfies z.ZodType<sdk.Verdict>,
);

const eventShape = {
  at: time,
  type: z.enum([
    'accepted',
    'relayed',
    'deferred',
    'delivered',
    'bounced',
    'opened',
    'clicked',
    'receipt',
    'auto-replied',
    'replied',
    'complained',
    'objected',
  ]),
  actor: z.exactOptional(actor),
  confidence: z.exactOptional(confidence),
  reasons: z.exactOptional(z.array(reason)),
  place: z.exactOptional(place),
  client: z.exactOptional(client),
  network: z.exactOptional(network),
  ip: z.exactOptional(z.string()),
  link: z.exactOptional(z.string().describe('The destination of the link that was followed.')),
  requests: z.exactOptional(
    z
      .number()
      .int()
      .min(2)
      .describe(
        'Identical requests of one source within a second that this stands for; absent when it was one.',
      ),
  ),
};

export const event = named('Event', z.strictObject(eventShape) satisfies z.ZodType<sdk.Event>);

export const streamEvent = named(
  'StreamEvent',
  z.strictObject({
    ...eventShape,
    position: z.string().describe('The id of the server-sent event; ever growing.'),
    trackingNumber: z.string(),
    messageId: z.string(),
    subject: z.string(),
    recipient: z.string(),
    verdict,
  }) satisfies z.ZodType<sdk.StreamEvent>,
);

const deliveryShape = {
  trackingNumber: z.string().meta({ examples: ['WB-7K3M-9PQR-2XVF'] }),
  recipient: z.string().describe('Bare address'),
  pixelUrl: z.string().nullable(),
  html: z.exactOptional(
    z.string().describe('Instrumented HTML to paste, of messages made with `send: false`.'),
  ),
  untouchedBecause: z.exactOptional(z.string()),
  verdict,
};

const delivery = named(
  'Delivery',
  z.strictObject({
    ...deliveryShape,
    events: z.exactOptional(z.array(event)),
  }) satisfies z.ZodType<sdk.Delivery>,
);

export const deliveryDetail = named(
  'DeliveryDetail',
  z.strictObject({
    ...deliveryShape,
    events: z.array(event),
    messageId: z.string(),
    subject: z.string(),
    from: z.string(),
    mode,
    createdAt: time,
    sentAt: time.nullable(),
    links: z.array(z.strictObject({ url: z.string(), clicks: z.number().int().describe("People's clicks") })),
    recipientPageUrl: z.string().nullable(),
    earlier: z.exactOptional(
      z
        .strictObject({
          count: z.number().int(),
          cursor: z.string().describe('For `GET /api/v1/deliveries/{trackingNumber}/events`'),
          milestones: z
            .array(event)
            .describe('Of them, the first and the last of each type and actor, oldest first'),
        })
        .describe(
          'Of a delivery with very many events: what was before those in `events`, which are the newest then',
        ),
    ),
  }) satisfies z.ZodType<sdk.DeliveryDetail>,
);

const source = z.enum(['submission', 'filter', 'api', 'snippet']);

export const readInterval = named(
  'ReadInterval',
  z.strictObject({
    of: z.number().int(),
    atLeast: z.number().int(),
    atMost: z.number().int(),
    signs: z.number().int(),
    machinesOnly: z.number().int(),
    untouched: z.number().int(),
    noSign: z.number().int(),
  }) satisfies z.ZodType<sdk.ReadInterval>,
);

export const messageSummary = named(
  'MessageSummary',
  z.strictObject({
    id: z.string(),
    subject: z.string(),
    from: z.string(),
    createdAt: time,
    sentAt: time.nullable(),
    mode,
    source,
    lastSignAt: time.nullable(),
    deliveries: z.array(
      z.strictObject({
        trackingNumber: z.string(),
        recipient: z.string(),
        verdict,
        lastSignAt: time.nullable(),
      }),
    ),
    read: readInterval,
  }) satisfies z.ZodType<sdk.MessageSummary>,
);

const untouchedLink = named(
  'UntouchedLink',
  z.strictObject({ url: z.string(), reason }) satisfies z.ZodType<sdk.UntouchedLink>,
);

export const message = named(
  'Message',
  z.strictObject({
    id: z.string(),
    subject: z.string(),
    from: z.string(),
    to: z.array(z.string()),
    cc: z.array(z.string()),
    createdAt: time,
    sentAt: time.nullable(),
    mode,
    source,
    messageIdHeader: z.string().nullable(),
    links: z.array(z.string()),
    untouchedLinks: z.exactOptional(z.array(untouchedLink)),
    untouchedLinkCounts: z.exactOptional(z.array(z.strictObject({ reason, count: z.number().int() }))),
    deliveries: z.array(delivery),
    read: readInterval,
    counts: z.exactOptional(
      z
        .strictObject({ opened: z.number().int(), clicked: z.number().int() })
        .describe('In mode `aggregate` only: what was counted for the message as a whole.'),
    ),
  }) satisfies z.ZodType<sdk.Message>,
);

export const createdMessage = named(
  'CreatedMessage',
  z.strictObject({
    id: z.string(),
    deliveries: z.array(delivery),
    noPixelBecause: z.exactOptional(z.string()),
    untouchedLinks: z.exactOptional(z.array(untouchedLink)),
  }) satisfies z.ZodType<sdk.CreatedMessage>,
);

export const preview = named(
  'Preview',
  z.strictObject({
    html: z.string().nullable(),
    text: z.string().nullable(),
    untouchedBecause: z.exactOptional(z.string()),
    noPixelBecause: z.exactOptional(z.string()),
    links: z.array(z.string()),
    untouchedLinks: z.array(untouchedLink),
  }) satisfies z.ZodType<sdk.Preview>,
);

export const workspace = named(
  'Workspace',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    mode,
    disclosure,
    addressRetentionDays: z.number().int().nullable(),
    hitRetentionDays: z.number().int().nullable(),
    demo: z.boolean(),
    publicUrl: z.string(),
    smtp: z.strictObject({
      host: z.string(),
      port: z.number().int(),
      security: z.enum(['starttls', 'tls', 'none']),
    }),
  }) satisfies z.ZodType<sdk.Workspace>,
);

export const session = named(
  'Session',
  z.strictObject({
    user: z.strictObject({ id: z.string(), email: z.string(), name: z.string() }),
    workspace,
  }) satisfies z.ZodType<sdk.Session>,
);

const states = z.partialRecord(verdictState, z.number().int());

export const recipientSummary = named(
  'RecipientSummary',
  z.strictObject({
    address: z.string(),
    deliveries: z.number().int(),
    lastSentAt: time.nullable(),
    lastSignAt: time.nullable(),
    objectedAt: time.nullable(),
    states,
  }),
);

export const overview = named(
  'Overview',
  z.strictObject({
    sinceDays: z.number().int(),
    messages: z.number().int(),
    deliveries: z.number().int(),
    states,
    read: readInterval,
    days: z.array(z.strictObject({ day: z.string(), people: z.number().int(), machines: z.number().int() })),
  }),
);

export const capturedMail = named(
  'CapturedMail',
  z.strictObject({
    id: z.string(),
    trackingNumber: z.string().nullable(),
    recipient: z.string(),
    from: z.string(),
    subject: z.string(),
    capturedAt: time,
  }) satisfies z.ZodType<sdk.CapturedMail>,
);

export const problem = named(
  'Problem',
  z.strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    errors: z.exactOptional(z.array(z.strictObject({ field: z.string(), message: z.string() }))),
  }) satisfies z.ZodType<sdk.Problem>,
  'RFC 9457 problem details',
);
