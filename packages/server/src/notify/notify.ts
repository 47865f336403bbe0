/** Rules, the outbox and the channels through which the sender hears. The room's public file. */
export type { Rule } from '@waybill/sdk';
export { AddressPolicy } from './address-policy.ts';
export type { OwnMail, Senders } from './channels/channel.ts';
export { isPerson, type DeliveryNotification, type OutboxEntry } from './notification.ts';
export { Dispatcher, type DispatcherOptions } from './outbox.ts';
export { OutboundHttp } from './outbound-http.ts';
export {
  actorText,
  behindText,
  clientText,
  isSure,
  oneLine,
  ownerText,
  percentText,
  placeText,
} from './phrases.ts';
export { matchRules, type Change } from './rules.ts';
export { createSenders } from './senders.ts';
export { defaultsFor, NotifySettings } from './settings.ts';
export type { ClaimedNotification, NotifyStore, Outcome, OutboxStore, RuleChange } from './store.ts';
