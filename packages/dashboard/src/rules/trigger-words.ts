import type { ChannelConfig, RuleTrigger } from '@waybill/sdk';
import type { Option } from '../design/choice.tsx';

/** What one can be told of. Machines and one's own openings are never among it. */
export const triggers: readonly Option<RuleTrigger>[] = [
  { value: 'first-open', label: 'First opening by a person', hint: 'Once for each recipient.' },
  { value: 'every-open', label: 'Every opening by a person', hint: 'Can be many; good for a webhook.' },
  { value: 'click', label: 'A person follows a link' },
  { value: 'trouble', label: 'Trouble', hint: 'A mail came back or could not be sent.' },
  { value: 'objection', label: 'A recipient objects' },
];

export function triggerLabel(trigger: RuleTrigger): string {
  return triggers.find((option) => option.value === trigger)?.label ?? trigger;
}

export type ChannelKind = ChannelConfig['kind'];

export const channelKinds: readonly Option<ChannelKind>[] = [
  { value: 'email', label: 'E-mail', hint: 'A mail to you, through Waybill’s own way out.' },
  { value: 'webhook', label: 'Webhook', hint: 'A signed POST to an address of yours (Standard Webhooks).' },
  { value: 'sms', label: 'SMS', hint: 'Through a gateway with Twilio’s API.' },
  {
    value: 'sms-mail',
    label: 'SMS by e-mail',
    hint: 'Many carriers turn mails to a number’s address into an SMS.',
  },
];

export function channelKindLabel(kind: ChannelKind): string {
  return channelKinds.find((option) => option.value === kind)?.label ?? kind;
}

/** Where a channel's notices go, in few words. */
export function channelTarget(config: ChannelConfig): string {
  switch (config.kind) {
    case 'email':
    case 'sms-mail':
      return config.to;
    case 'webhook':
      return config.url;
    case 'sms':
      return `${config.to}, through ${hostName(config.gatewayUrl)}`;
  }
}

function hostName(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
