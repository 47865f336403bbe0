import type { OutboundAnswer, OutboundHttp } from '../outbound-http.ts';
import type { ChannelSender, SendResult } from './channel.ts';
import { networkFailure } from './network-failure.ts';

/**
 * Error codes that pass with time (https://www.twilio.com/docs/api/errors): too many requests or too much traffic,
 * queue overflow, and failures of the gateway itself. All other refusals with a 4xx stay refused.
 */
const TEMPORARY_CODES = new Set([14_107, 20_429, 20_500, 20_503, 20_504, 21_611, 30_001, 30_022, 63_018]);

/** POST …/Messages.json (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource). */
export function smsSender(http: OutboundHttp): ChannelSender<'sms'> {
  return {
    kind: 'sms',
    async send({ gatewayUrl, accountSid, authToken, from, to }, { words }, { idempotencyKey, signal }) {
      const base = gatewayUrl.replace(/\/+$/, '');
      const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
      try {
        const answer = await http.post(
          `${base}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`,
          {
            headers: {
              authorization: `Basic ${credentials}`,
              'content-type': 'application/x-www-form-urlencoded',
              accept: 'application/json',
              // Twilio itself ignores it; gateways that know it avoid a second SMS when an answer was lost.
              'idempotency-key': idempotencyKey,
            },
            body: new URLSearchParams({ To: to, From: from, Body: words.sms }).toString(),
            signal,
          },
        );
        return judge(answer);
      } catch (error) {
        return networkFailure(error, 'The SMS gateway');
      }
    },
  };
}

function judge({ status, body, retryAfterMs }: OutboundAnswer): SendResult {
  const answer = parse(body);
  if (status >= 200 && status < 300) {
    if (typeof answer['sid'] === 'string') return { ok: true, detail: 'The gateway took the SMS.' };
    // Some other web server said yes: nothing was sent.
    return { ok: false, permanent: true, detail: 'The answer is not that of an SMS gateway.' };
  }
  const code = typeof answer['code'] === 'number' ? answer['code'] : undefined;
  const text = typeof answer['message'] === 'string' ? `: ${answer['message'].slice(0, 200)}` : '';
  const isTemporary =
    status >= 500 || status === 429 || status === 408 || (code !== undefined && TEMPORARY_CODES.has(code));
  return {
    ok: false,
    permanent: !isTemporary,
    detail: `The gateway answered ${status}${code === undefined ? '' : `, error ${code}`}${text}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
