/** Rules, the outbox and the channels through which the sender hears. The room's public file. */
export type { DeliveryNotification, Notification, OutboxEntry } from './notification.ts';
export { matchRules, type Change } from './rules.ts';
export type { Rule } from '@waybill/sdk';
