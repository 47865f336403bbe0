import { randomBytes } from 'node:crypto';
import type { ChannelConfig } from '@waybill/sdk';
import { AppError } from '../kernel/errors.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { AddressPolicy } from './address-policy.ts';
import { targetProblem } from './outbound-http.ts';

interface FieldProblem {
  field: string;
  message: string;
}

const E164 = /^\+[1-9]\d{6,14}$/;
/** E.164, a short code, or a sender's name of up to 11 letters and digits, as SMS gateways take them. */
const SMS_SENDER = /^(?:\+[1-9]\d{6,14}|\d{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/;
const ACCOUNT_SID = /^[A-Za-z0-9_-]{1,64}$/;
const MAILBOX = /^(?:[^<>\p{C}]*<([^<>\s]+)>|([^<>\s]+))$/u;
const BARE_ADDRESS = /^[^\s@<>\p{C}]{1,64}@[^\s@<>\p{C}]{1,253}$/u;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
/** Standard Webhooks: "between 24 bytes (192 bits) and 64 bytes (512 bits)". */
const SECRET_BYTES = { least: 24, most: 64, ours: 32 };
const MASK = '••••••••';
const MASKED_ENDING = 4;

/**
 * A channel's configuration, checked and completed: a webhook without a secret gets one.
 * @param current the configuration so far, when it is a change: masked secrets in `input` mean "as it was"
 * @throws AppError `invalid-input` with one entry per bad field, named `config.<field>`
 */
export function completeConfig(
  input: ChannelConfig,
  dependencies: { policy: AddressPolicy; random?: RandomBytes },
  current?: ChannelConfig,
): ChannelConfig {
  const config = withSecrets(input, current, dependencies.random ?? randomBytes);
  const problems = configProblems(config, dependencies.policy);
  if (problems.length > 0) {
    throw new AppError('invalid-input', 'The channel cannot work like this.', {
      fields: problems.map(({ field, message }) => ({ field: `config.${field}`, message })),
    });
  }
  return config;
}

/** As it may be shown: of secrets only the last letters, to recognise them by. */
export function masked(config: ChannelConfig): ChannelConfig {
  if (config.kind === 'webhook' && config.secret !== undefined) {
    return { ...config, secret: `whsec_${maskedText(config.secret)}` };
  }
  if (config.kind === 'sms') return { ...config, authToken: maskedText(config.authToken) };
  return config;
}

/** The bytes of a `whsec_` secret; undefined when it is none. */
export function secretBytes(secret: string): Uint8Array | undefined {
  const base64 = SECRET.exec(secret)?.[1];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= SECRET_BYTES.least && bytes.length <= SECRET_BYTES.most ? bytes : undefined;
}

function maskedText(secret: string): string {
  return secret.length <= MASKED_ENDING * 3 ? MASK : `${MASK}${secret.slice(-MASKED_ENDING)}`;
}

function withSecrets(
  input: ChannelConfig,
  current: ChannelConfig | undefined,
  random: RandomBytes,
): ChannelConfig {
  if (input.kind === 'webhook') {
    const kept = current?.kind === 'webhook' ? current.secret : undefined;
    if (input.secret !== undefined && !input.secret.includes(MASK)) return input;
    return { ...input, secret: kept ?? newSecret(random) };
  }
  if (input.kind === 'sms' && current?.kind === 'sms' && input.authToken.includes(MASK)) {
    // Another gateway must not be told the secret of this one by a mere change of the address.
    if (input.gatewayUrl === current.gatewayUrl) return { ...input, authToken: current.authToken };
  }
  return input;
}

function newSecret(random: RandomBytes): string {
  return `whsec_${Buffer.from(random(SECRET_BYTES.ours)).toString('base64')}`;
}

function configProblems(config: ChannelConfig, policy: AddressPolicy): FieldProblem[] {
  switch (config.kind) {
    case 'email':
    case 'sms-mail':
      return check('to', isMailbox(config.to), 'is not an e-mail address like ann@example.org');
    case 'webhook': {
      const problem = targetProblem(config.url, policy);
      return [
        ...check('url', problem === undefined, problem ?? ''),
        ...check(
          'secret',
          config.secret === undefined || secretBytes(config.secret) !== undefined,
          'must be whsec_ and 24 to 64 bytes in base64; leave it out to have one made',
        ),
      ];
    }
    case 'sms':
      return smsProblems(config, policy);
  }
}

function smsProblems(config: Extract<ChannelConfig, { kind: 'sms' }>, policy: AddressPolicy): FieldProblem[] {
  const problem =
    targetProblem(config.gatewayUrl, policy) ??
    (/[?#]/.test(config.gatewayUrl) ? 'must have no query or fragment' : undefined);
  return [
    ...check('gatewayUrl', problem === undefined, problem ?? ''),
    ...check('accountSid', ACCOUNT_SID.test(config.accountSid), 'is not an account identifier of a gateway'),
    ...check('authToken', config.authToken !== '', 'is missing'),
    ...check('authToken', !config.authToken.includes(MASK), 'is masked; give it again'),
    ...check('from', SMS_SENDER.test(config.from), 'is neither a number like +4930123456 nor a sender name'),
    ...check('to', E164.test(config.to), 'is not a number like +4915112345678'),
  ];
}

function check(field: string, isGood: boolean, message: string): FieldProblem[] {
  return isGood ? [] : [{ field, message }];
}

function isMailbox(text: string): boolean {
  const match = MAILBOX.exec(text.trim());
  return match !== null && BARE_ADDRESS.test(match[1] ?? match[2] ?? '');
}
