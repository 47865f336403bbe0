import type * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { line } from './input.ts';
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

export const smtpCredentialList = listOf(
  'SmtpCredentialList',
  named('SmtpCredential', z.strictObject(credentialShape) satisfies z.ZodType<sdk.SmtpCredential>),
);
export const createdSmtpCredential = named(
  'CreatedSmtpCredential',
  z.strictObject({
    ...credentialShape,
    password: z.string().describe('Shown only now.'),
  }) satisfies z.ZodType<sdk.CreatedSmtpCredential>,
);
export const newSmtpCredential = named('NewSmtpCredential', z.strictObject({ label: line(100) }));
