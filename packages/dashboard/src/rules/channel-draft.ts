import type { ChannelConfig } from '@waybill/sdk';
import type { ChannelKind } from './trigger-words.ts';

export type ChannelDraft = Partial<
  Record<'to' | 'url' | 'secret' | 'gatewayUrl' | 'accountSid' | 'authToken' | 'from', string>
>;

export interface ChannelField {
  field: keyof ChannelDraft;
  label: string;
  type?: 'email' | 'url' | 'tel' | 'password' | 'text';
  placeholder?: string;
  required?: boolean;
  hint?: string;
  autoComplete?: string;
}

const secretKept = 'Kept as it is when left empty.';

/** The fields of a kind of channel, in the order in which one fills them in. */
export function channelFields(kind: ChannelKind, exists: boolean): ChannelField[] {
  switch (kind) {
    case 'email':
      return [
        { field: 'to', label: 'Address', type: 'email', required: true, placeholder: 'you@example.org' },
      ];
    case 'sms-mail':
      return [
        {
          field: 'to',
          label: 'Address of the phone',
          type: 'email',
          required: true,
          placeholder: '15550123456@sms.carrier.example',
          hint: 'Ask your carrier. Notices are kept under 160 characters.',
        },
      ];
    case 'webhook':
      return [
        {
          field: 'url',
          label: 'Address',
          type: 'url',
          required: true,
          placeholder: 'https://example.org/hooks/waybill',
        },
        {
          field: 'secret',
          label: 'Secret',
          type: 'password',
          autoComplete: 'off',
          hint: exists
            ? secretKept
            : 'Signs each call, so that you can tell it is ours. Left empty, Waybill makes one and shows it once.',
        },
      ];
    case 'sms':
      return [
        {
          field: 'gatewayUrl',
          label: 'Gateway',
          type: 'url',
          required: true,
          placeholder: 'https://api.twilio.com',
        },
        { field: 'accountSid', label: 'Account', required: true, placeholder: 'AC…', autoComplete: 'off' },
        {
          field: 'authToken',
          label: 'Token',
          type: 'password',
          required: !exists,
          autoComplete: 'off',
          ...(exists ? { hint: secretKept } : {}),
        },
        { field: 'from', label: 'From number', type: 'tel', required: true, placeholder: '+15550100' },
        { field: 'to', label: 'To number', type: 'tel', required: true, placeholder: '+41790000000' },
      ];
  }
}

/** A channel's settings as form fields; secrets stay empty. */
export function draftOf(config: ChannelConfig | undefined): ChannelDraft {
  if (config === undefined) return {};
  switch (config.kind) {
    case 'email':
    case 'sms-mail':
      return { to: config.to };
    case 'webhook':
      return { url: config.url };
    case 'sms':
      return {
        gatewayUrl: config.gatewayUrl,
        accountSid: config.accountSid,
        from: config.from,
        to: config.to,
      };
  }
}

/**
 * What the API takes. A secret that is left empty is sent back masked, as it was read (`current`), which keeps it;
 * of a new webhook it is left out, and the server makes one.
 */
export function channelConfigOf(
  kind: ChannelKind,
  draft: ChannelDraft,
  current?: ChannelConfig,
): ChannelConfig {
  const text = (field: keyof ChannelDraft) => (draft[field] ?? '').trim();
  const kept = (field: 'secret' | 'authToken') => {
    if (text(field) !== '' || current === undefined) return text(field);
    if (field === 'secret') return current.kind === 'webhook' ? (current.secret ?? '') : '';
    return current.kind === 'sms' ? current.authToken : '';
  };
  switch (kind) {
    case 'email':
    case 'sms-mail':
      return { kind, to: text('to') };
    case 'webhook':
      return { kind, url: text('url'), ...(kept('secret') === '' ? {} : { secret: kept('secret') }) };
    case 'sms':
      return {
        kind,
        gatewayUrl: text('gatewayUrl'),
        accountSid: text('accountSid'),
        authToken: kept('authToken'),
        from: text('from'),
        to: text('to'),
      };
  }
}
