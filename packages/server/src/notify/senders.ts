import type { ChannelConfig } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { emailSender, smsMailSender } from './channels/email.ts';
import type { Outgoing, OwnMail, SendOptions, Senders, SendResult } from './channels/channel.ts';
import { smsSender } from './channels/sms.ts';
import { webhookSender } from './channels/webhook.ts';
import type { Notification } from './notification.ts';
import type { OutboundHttp } from './outbound-http.ts';
import { deliveryUrl, wordsFor } from './words.ts';

/** All kinds of channels. */
export function createSenders(dependencies: { ownMail: OwnMail; http: OutboundHttp; clock: Clock }): Senders {
  const { ownMail, http, clock } = dependencies;
  return {
    email: emailSender(ownMail),
    'sms-mail': smsMailSender(ownMail),
    webhook: webhookSender(http, clock),
    sms: smsSender(http),
  };
}

/** Sends one notification to one channel, once. @param dashboardUrl without a slash at the end */
export async function sendTo(
  senders: Senders,
  config: ChannelConfig,
  given: { notification: Notification; dashboardUrl: string },
  options: SendOptions,
): Promise<SendResult> {
  const { notification, dashboardUrl } = given;
  const outgoing: Outgoing = {
    notification,
    words: wordsFor(notification, dashboardUrl),
    url:
      notification.trigger === 'test' ? dashboardUrl : deliveryUrl(dashboardUrl, notification.trackingNumber),
  };
  switch (config.kind) {
    case 'email':
      return senders.email.send(config, outgoing, options);
    case 'sms-mail':
      return senders['sms-mail'].send(config, outgoing, options);
    case 'webhook':
      return senders.webhook.send(config, outgoing, options);
    case 'sms':
      return senders.sms.send(config, outgoing, options);
  }
}
