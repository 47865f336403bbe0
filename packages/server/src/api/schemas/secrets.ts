import type * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { bareAddress, line } from './input.ts';
import { listOf, named } from './named.ts';
import { time } from './wire.ts';

const apiKeyShape = {
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('First characters, to recognise the key by.'),
  createdAt: time,
  lastUsedAt: time.nullable(),
};

const credentialShape = {
  id: z.string(),
  label: z.string(),
  username: z.string(),
  allowedFrom: z
    .array(z.string())
    .nullable()
    .describe('Addresses, and domains as `@example.org`, it may send from. Null: any.'),
  createdAt: time,
  lastUsedAt: time.nullable(),
};

export const apiKeyList = listOf(
  'ApiKeyList',
  named('ApiKey', z.strictObject(apiKeyShape) satisfies z.ZodType<sdk.ApiKey>),
);
export const createdApiKey = named(
  'CreatedApiKey',
  z.strictObject({
    ...apiKeyShape,
    secret: z.string().describe('Shown only now.'),
  }) satisfies z.ZodType<sdk.CreatedApiKey>,
);
export const newApiKey = named('NewApiKey', z.strictObject({ name: line(100) }));

export const smtpCredential = named(
  'SmtpCredential',
  z.strictObject(credentialShape) satisfies z.ZodType<sdk.SmtpCredential>,
);
export const smtpCredentialList = listOf('SmtpCredentialList', smtpCredential);
export const createdSmtpCredential = named(
  'CreatedSmtpCredential',
  z.strictObject({
    ...credentialShape,
    password: z.string().describe('Shown only now.'),
  }) satisfies z.ZodType<sdk.CreatedSmtpCredential>,
);

const ANY_OF_DOMAIN = /^@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}-]{1,63}$/u;
const allowedFrom = z
  .array(
    z
      .string()
      .trim()
      .toLowerCase()
      .refine(
        (text) => (text.startsWith('@') ? ANY_OF_DOMAIN.test(text) : bareAddress.safeParse(text).success),
        {
          error: 'must be an address like ann@example.org, or a domain like @example.org',
        },
      ),
  )
  .min(1, { error: 'must name at least one address, or be null for any' })
  .max(100, { error: 'must have at most 100 entries' })
  .nullable()
  .describe('Addresses, and domains as `@example.org`, it may send from. Null: any.');

export const newSmtpCredential = named(
  'NewSmtpCredential',
  z.strictObject({ label: line(100), allowedFrom: allowedFrom.optional() }),
);
export const smtpCredentialChange = named(
  'SmtpCredentialChange',
  z.strictObject({ allowedFrom: allowedFrom.optional() }),
);
