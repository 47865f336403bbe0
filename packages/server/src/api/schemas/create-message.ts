import type * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { hasControlCharacter } from '../mailbox.ts';
import { mailbox } from './input.ts';
import { named } from './named.ts';
import { mode } from './wire.ts';

const MAX_RECIPIENTS = 500;
/** RFC 5322 §3.6.8 `ftext` */
const HEADER_NAME = /^[\x21-\x39\x3b-\x7e]{1,76}$/;
/** Fields of their own in the request, or Waybill's to write. */
const RESERVED_HEADERS = new Set([
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'sender',
  'mime-version',
  'return-path',
  'received',
  'dkim-signature',
]);
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const MEDIA_TYPE = /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}$/;

const headers = z
  .record(z.string(), z.string())
  .check((context) => {
    for (const [name, value] of Object.entries(context.value)) {
      const message = headerTrouble(name, value);
      if (message !== undefined) {
        context.issues.push({ code: 'custom', message, path: [name], input: value });
      }
    }
  })
  .describe('Further header fields, for example Reply-To or References');

const attachment = z.strictObject({
  filename: z
    .string()
    .min(1, { error: 'must not be empty' })
    .max(255, { error: 'must have at most 255 characters' })
    .refine((text) => !hasControlCharacter(text), { error: 'must not have control characters' }),
  contentType: z.string().regex(MEDIA_TYPE, { error: 'must be a media type like application/pdf' }),
  content: z
    .string()
    .refine((text) => text.length % 4 === 0 && BASE64.test(text), { error: 'must be base64' })
    .meta({ contentEncoding: 'base64' }),
});

const mailboxes = z
  .array(mailbox)
  .max(MAX_RECIPIENTS, { error: `must have at most ${MAX_RECIPIENTS} recipients` });

const fields = {
  from: mailbox,
  to: mailboxes,
  cc: z.exactOptional(mailboxes),
  bcc: z.exactOptional(mailboxes),
  subject: z
    .string()
    .max(900, { error: 'must have at most 900 characters' })
    .refine((text) => !hasControlCharacter(text), { error: 'must be one line without control characters' }),
  html: z.exactOptional(z.string()),
  text: z.exactOptional(z.string()),
  headers: z.exactOptional(headers),
  attachments: z.exactOptional(z.array(attachment).max(100, { error: 'must have at most 100 attachments' })),
  policy: z.exactOptional(
    z.strictObject({
      mode: z.exactOptional(mode),
      receipts: z.exactOptional(
        z.strictObject({ delivery: z.exactOptional(z.boolean()), reading: z.exactOptional(z.boolean()) }),
      ),
    }),
  ),
};

type Content = Pick<sdk.CreateMessage, 'to' | 'cc' | 'bcc' | 'html' | 'text'>;

const hasBody = (value: Content) => value.html !== undefined || value.text !== undefined;
const recipientsOf = (value: Content) => value.to.length + (value.cc?.length ?? 0) + (value.bcc?.length ?? 0);

export const createMessage = named(
  'CreateMessage',
  z
    .strictObject({
      ...fields,
      send: z.boolean().describe('false: instrument only; you send the mail by other means.'),
    })
    .refine(hasBody, { path: ['html'], error: 'html or text is required' })
    .refine((value) => recipientsOf(value) > 0, {
      path: ['to'],
      error: 'at least one recipient is required in to, cc or bcc',
    })
    .refine((value) => recipientsOf(value) <= MAX_RECIPIENTS, {
      path: ['to'],
      error: `must have at most ${MAX_RECIPIENTS} recipients together with cc and bcc`,
    })
    .meta({
      examples: [
        {
          from: 'Ann <ann@example.org>',
          to: ['bob@example.net'],
          subject: 'The offer you asked for',
          html: '<p>Dear Bob, <a href="https://example.org/offer">here it is</a>.</p>',
          send: true,
        },
      ],
    }) satisfies z.ZodType<sdk.CreateMessage>,
);

/** A draft may have no recipients yet. */
export const previewMessage = named(
  'PreviewMessage',
  z
    .strictObject({ ...fields, to: z.exactOptional(mailboxes), send: z.exactOptional(z.boolean()) })
    .refine((value) => hasBody({ ...value, to: [] }), { path: ['html'], error: 'html or text is required' }),
);

function headerTrouble(name: string, value: string): string | undefined {
  if (!HEADER_NAME.test(name)) return 'is not the name of a header field';
  const lower = name.toLowerCase();
  if (RESERVED_HEADERS.has(lower) || lower.startsWith('content-') || lower.startsWith('x-waybill-')) {
    return 'cannot be set here';
  }
  if (value.length > 2000) return 'must have at most 2000 characters';
  return hasControlCharacter(value) ? 'must be one line without control characters' : undefined;
}
