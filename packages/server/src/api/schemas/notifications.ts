import type * as sdk from '@waybill/sdk';
import { z } from 'zod';
import { line } from './input.ts';
import { listOf, named } from './named.ts';
import { time } from './wire.ts';

const text = z.string().max(2000, { error: 'must have at most 2000 characters' });

const channelConfig = named(
  'ChannelConfig',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('email'), to: text }),
    z.strictObject({
      kind: z.literal('webhook'),
      url: text,
      secret: z.exactOptional(text.describe('`whsec_…`; made when left out. Reads give it masked.')),
    }),
    z.strictObject({
      kind: z.literal('sms'),
      gatewayUrl: text.describe('Of a Twilio-compatible API, like https://api.twilio.com'),
      accountSid: text,
      authToken: text.describe('Reads give it masked; send the masked text to keep it.'),
      from: text,
      to: text.describe('E.164'),
    }),
    z.strictObject({ kind: z.literal('sms-mail'), to: text }),
  ]) satisfies z.ZodType<sdk.ChannelConfig>,
);

export const channel = named(
  'Channel',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    config: channelConfig,
    createdAt: time,
    lastError: z.string().nullable(),
    lastSentAt: time.nullable(),
  }) satisfies z.ZodType<sdk.Channel>,
);
export const channelList = listOf('ChannelList', channel);
export const newChannel = named('NewChannel', z.strictObject({ name: line(100), config: channelConfig }));
export const channelChange = named(
  'ChannelChange',
  z.strictObject({ name: z.exactOptional(line(100)), config: z.exactOptional(channelConfig) }),
);
export const channelTest = named(
  'ChannelTest',
  z.strictObject({ delivered: z.boolean(), detail: z.string() }),
);

const trigger = z.enum([
  'first-open',
  'every-open',
  'click',
  'trouble',
  'objection',
]) satisfies z.ZodType<sdk.RuleTrigger>;
const channelIds = z.array(z.string().max(100)).max(50, { error: 'must have at most 50 channels' });

export const rule = named(
  'Rule',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    trigger,
    channelIds: z.array(z.string()),
    enabled: z.boolean(),
    createdAt: time,
  }) satisfies z.ZodType<sdk.Rule>,
);
export const ruleList = listOf('RuleList', rule);
export const newRule = named(
  'NewRule',
  z.strictObject({ name: line(100), trigger, channelIds, enabled: z.boolean() }),
);
export const ruleChange = named(
  'RuleChange',
  z.strictObject({
    name: z.exactOptional(line(100)),
    trigger: z.exactOptional(trigger),
    channelIds: z.exactOptional(channelIds),
    enabled: z.exactOptional(z.boolean()),
  }),
);
