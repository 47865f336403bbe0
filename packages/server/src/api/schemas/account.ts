import { z } from 'zod';
import { bareAddress, line } from './input.ts';
import { named } from './named.ts';
import { disclosure, mode } from './wire.ts';

const token = z.string().min(1, { error: 'must not be empty' }).max(200, { error: 'is not a token' });

export const setupQuery = z.strictObject({ token: token.optional() });
export const setupState = named(
  'SetupState',
  z.strictObject({
    needed: z.boolean().describe('No user exists yet.'),
    valid: z.boolean().describe('The token is of a sign-in link that can be used.'),
  }),
);

/** NIST SP 800-63B: length is what counts; no composition rules. */
const newPassword = z
  .string()
  .min(10, { error: 'must have at least 10 characters' })
  .max(200, { error: 'must have at most 200 characters' });

export const setup = named(
  'Setup',
  z.strictObject({ token, name: line(100), email: bareAddress, password: newPassword, mode }),
);

export const credentials = named(
  'Credentials',
  z.strictObject({
    email: z.string().max(254, { error: 'must have at most 254 characters' }),
    password: z.string().max(200, { error: 'must have at most 200 characters' }),
  }),
);

const days = (kept: string) =>
  z
    .int({ error: `must be a whole number of days, or null to keep ${kept}` })
    .min(1, { error: 'must be at least 1' })
    .max(3650, { error: 'must be at most 3650' })
    .nullable();

export const workspaceChange = named(
  'WorkspaceChange',
  z.strictObject({
    name: z.exactOptional(line(100)),
    mode: z.exactOptional(mode),
    disclosure: z.exactOptional(disclosure),
    addressRetentionDays: z.exactOptional(days('addresses')),
    hitRetentionDays: z.exactOptional(days('hits')),
  }),
);
