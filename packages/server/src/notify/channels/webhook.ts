import { createHmac } from 'node:crypto';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { secretBytes } from '../channel-config.ts';
import type { Notification } from '../notification.ts';
import type { OutboundHttp } from '../outbound-http.ts';
import type { ChannelSender, Outgoing, SendResult } from './channel.ts';
import { networkFailure } from './network-failure.ts';

/**
 * POSTs JSON signed as Standard Webhooks asks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function webhookSender(http: OutboundHttp, clock: Clock): ChannelSender<'webhook'> {
  return {
    kind: 'webhook',
    async send({ url, secret }, outgoing, { idempotencyKey, signal }): Promise<SendResult> {
      const body = JSON.stringify(webhookPayload(outgoing));
      // The time of the attempt: receivers refuse old ones as replays.
      const timestamp = Math.floor(clock() / 1000).toString();
      const headers = {
        'content-type': 'application/json',
        'webhook-id': idempotencyKey,
        'webhook-timestamp': timestamp,
        ...signature(secret, `${idempotencyKey}.${timestamp}.${body}`),
      };
      try {
        const answer = await http.post(url, { headers, body, signal });
        return judge(answer.status, answer.retryAfterMs);
      } catch (error) {
        return networkFailure(error, 'The webhook');
      }
    },
  };
}

/** `{type, timestamp, data}`; the type says what happened, the time is the event's. */
export function webhookPayload({ notification, url }: Outgoing): Record<string, unknown> {
  if (notification.trigger === 'test') {
    return { type: 'waybill.test', timestamp: toIso(notification.at), data: { url } };
  }
  const { event, trackingNumber, messageId, recipient, subject, trigger, verdict } = notification;
  return {
    type: payloadType(notification),
    timestamp: toIso(event.at),
    data: {
      trackingNumber,
      messageId,
      recipient,
      subject,
      trigger,
      event: { ...event, at: toIso(event.at) },
      verdict,
      url,
    },
  };
}

function payloadType(notification: Exclude<Notification, { trigger: 'test' }>): string {
  const { event, verdict } = notification;
  switch (notification.trigger) {
    case 'objection':
      return 'delivery.objected';
    case 'trouble':
      return verdict.state === 'failed' ? 'delivery.failed' : 'delivery.bounced';
    case 'first-open':
    case 'every-open':
    case 'click':
      return event.type === 'clicked' ? 'delivery.clicked' : 'delivery.opened';
  }
}

function signature(secret: string | undefined, content: string): { 'webhook-signature'?: string } {
  if (secret === undefined) return {};
  const key = secretBytes(secret);
  if (key === undefined) throw new AppError('internal', 'a stored webhook secret is damaged');
  return { 'webhook-signature': `v1,${createHmac('sha256', key).update(content).digest('base64')}` };
}

function judge(status: number, retryAfterMs: number | undefined): SendResult {
  if (status >= 200 && status < 300) return { ok: true, detail: `The receiver answered ${status}.` };
  const advice =
    status >= 300 && status < 400 ? ' Redirects are not followed: use the address that it leads to.' : '';
  return {
    ok: false,
    // "410 Gone" is how a receiver says that it is no more; all else may be a deployment that is under way.
    permanent: status === 410,
    detail: `The receiver answered ${status}.${advice}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
