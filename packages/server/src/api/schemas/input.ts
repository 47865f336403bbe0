import { z } from 'zod';
import { addressOf, hasControlCharacter } from '../mailbox.ts';

/** Building blocks of request schemas. */

/** One line of text, trimmed, with something in it. */
export function line(maxLength: number) {
  return z
    .string()
    .trim()
    .min(1, { error: 'must not be empty' })
    .max(maxLength, { error: `must have at most ${maxLength} characters` })
    .refine((text) => !hasControlCharacter(text), { error: 'must be one line without control characters' });
}

/** `a@b.c` or `Ann <a@b.c>`. */
export const mailbox = z
  .string()
  .refine((text) => addressOf(text) !== undefined, {
    error: 'must be one e-mail address like ann@example.org or Ann <ann@example.org>',
  })
  .meta({ examples: ['Ann <ann@example.org>'] });

export const bareAddress = z.string().refine((text) => addressOf(text) === text, {
  error: 'must be an e-mail address like ann@example.org',
});

/** How many items a page has. */
export const limit = z
  .string()
  .regex(/^\d{1,4}$/, { error: 'must be a whole number from 1 to 200' })
  .transform(Number)
  .refine((value) => value >= 1 && value <= 200, { error: 'must be a whole number from 1 to 200' })
  .optional()
  .describe('Items on a page, 1 to 200')
  .meta({ default: 50 });

export const DEFAULT_LIMIT = 50;

export const searchText = z
  .string()
  .trim()
  .max(200, { error: 'must have at most 200 characters' })
  .refine((text) => !hasControlCharacter(text), { error: 'must not have control characters' })
  .optional();

export const cursor = z
  .string()
  .max(600, { error: 'is not a cursor of this listing' })
  .optional()
  .describe('`nextCursor` of the page before');

const id = z.string().regex(/^[A-Za-z0-9_:-]{1,100}$/, { error: 'is not an id' });

/** An id in a path; whether it exists is found out later. */
export const rowId = z.strictObject({ id });
export const idOrNumber = z.strictObject({ trackingNumber: id });
