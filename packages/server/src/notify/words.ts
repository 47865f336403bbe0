import { isPerson, type DeliveryNotification, type Notification } from './notification.ts';
import {
  actorText,
  behindText,
  clientText,
  isSure,
  oneLine,
  ownerText,
  percentText,
  placeText,
  utcText,
} from './phrases.ts';
import { smsText } from './sms-text.ts';

/** A notification in words, for whatever a channel has room for. */
export interface Wording {
  /** Subject of a mail; one line. */
  subject: string;
  /** The news in one sentence. */
  line: string;
  /** One SMS. */
  sms: string;
  /** Plain text of a mail, lines ended by LF. */
  body: string;
}

/** @param dashboardUrl base address of the dashboard, without a slash at the end */
export function wordsFor(notification: Notification, dashboardUrl: string): Wording {
  return notification.trigger === 'test'
    ? testWords(notification.at, dashboardUrl)
    : deliveryWords(notification, dashboardUrl);
}

/** The page of a delivery on the dashboard. */
export function deliveryUrl(dashboardUrl: string, trackingNumber: string): string {
  return `${dashboardUrl}/deliveries/${trackingNumber}`;
}

function testWords(at: number, dashboardUrl: string): Wording {
  const line = 'This is a test from Waybill: notifications to this channel arrive.';
  return {
    subject: 'Waybill: a test of this channel',
    line,
    sms: line,
    body: `${line}\n\nSent ${utcText(at, { seconds: true })} from ${dashboardUrl}\n`,
  };
}

function deliveryWords(notification: DeliveryNotification, dashboardUrl: string): Wording {
  const { event, trackingNumber } = notification;
  const subject = oneLine(notification.subject, 120) || '(no subject)';
  const sentence = sentenceFor(notification);
  const line = `${sentence.full(subject)}.`;
  return {
    subject: sentence.short(subject),
    line,
    sms: smsText({
      sentence: sentence.short,
      subject,
      extras: [utcText(event.at, { year: false }), ...sentence.extras],
      ending: trackingNumber,
    }),
    body: body(notification, line, dashboardUrl),
  };
}

interface Sentence {
  short: (subject: string) => string;
  full: (subject: string) => string;
  /** What an SMS adds while there is room. */
  extras: string[];
}

function sentenceFor(notification: DeliveryNotification): Sentence {
  const who = oneLine(notification.recipient, 80);
  const { event, verdict } = notification;
  switch (notification.trigger) {
    case 'objection': {
      const short = (subject: string): string => `${who} objected to the tracking of "${subject}"`;
      return { short, full: (subject) => `${short(subject)}; nothing more is recorded`, extras: [] };
    }
    case 'trouble': {
      if (event.type === 'complained') {
        const short = (subject: string): string => `${who} reported "${subject}" as unwanted`;
        return { short, full: short, extras: [] };
      }
      const reason = event.reasons?.[0]?.text ?? verdict.reasons[0]?.text;
      const why = reason === undefined ? [] : [oneLine(reason, 200).replace(/\.$/, '')];
      const short = (subject: string): string => `"${subject}" did not reach ${who}`;
      return { short, full: (subject) => [short(subject), ...why].join(': '), extras: why };
    }
    case 'first-open':
    case 'every-open':
    case 'click':
      return signSentence(who, notification);
  }
}

function signSentence(who: string, { trigger, event }: DeliveryNotification): Sentence {
  // That a receipt came is sure; what it says is another matter.
  const probably = event.type === 'receipt' || isSure(event.actor, event.confidence) ? '' : 'probably ';
  const verb = signVerb(trigger, event.type);
  const behind = behindText(event.actor, event.network);
  const short = (subject: string): string => `${who} ${probably}${verb} "${subject}"`;
  return {
    short,
    full: (subject) => [short(subject), ...(behind === undefined ? [] : [behind])].join(', '),
    extras: [behind ?? placeText(event.place), clientText(event.client)].filter((text) => text !== undefined),
  };
}

function signVerb(
  trigger: DeliveryNotification['trigger'],
  type: DeliveryNotification['event']['type'],
): string {
  if (type === 'clicked') return 'followed a link in';
  if (type === 'replied') return 'answered';
  if (type === 'receipt') return 'sent a receipt for';
  return trigger === 'first-open' ? 'read' : 'opened';
}

function body(notification: DeliveryNotification, line: string, dashboardUrl: string): string {
  const { event, trackingNumber } = notification;
  const facts: [string, string | undefined][] = [
    ['When', utcText(event.at, { seconds: true })],
    ...(isPerson(event.actor) ? signFacts(notification) : []),
    ['Number', trackingNumber],
  ];
  const rows = facts.flatMap(([name, text]) => (text === undefined ? [] : [`${name.padEnd(10)}${text}`]));
  const reasons = (event.reasons ?? []).map(({ text }) => `- ${oneLine(text)}`);
  return [
    line,
    '',
    ...rows,
    ...(reasons.length === 0 ? [] : ['', 'Why we think so:', ...reasons]),
    '',
    deliveryUrl(dashboardUrl, trackingNumber),
    '',
    'You get this because a rule in Waybill asks for it. To change that:',
    `${dashboardUrl}/rules`,
    '',
  ].join('\n');
}

function signFacts({ event }: DeliveryNotification): [string, string | undefined][] {
  const behind = behindText(event.actor, event.network);
  const owner = ownerText(event.network);
  return [
    [
      'Where',
      event.type === 'receipt' || event.type === 'replied'
        ? undefined
        : behind === undefined
          ? (placeText(event.place) ?? 'unknown')
          : `unknown, ${behind}`,
    ],
    ['Network', owner],
    ['With', clientText(event.client)],
    ['Link', event.link === undefined ? undefined : oneLine(event.link, 500)],
    [
      'How sure',
      event.confidence === undefined
        ? undefined
        : `${actorText(event.actor, event.confidence)} (${percentText(event.confidence)})`,
    ],
  ];
}
