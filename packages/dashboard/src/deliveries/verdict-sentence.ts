import type { DeliveryDetail, Event, VerdictState } from '@waybill/sdk';
import { dayPhrase, momentPhrase } from '../design/time-words.ts';
import { isCapture, kindOf } from './actor-words.ts';
import { programName, placePhrase, proxyPhrase } from './origin-words.ts';

/** The answer to "was it read?": `lead` is said first and strongest, `rest` completes the sentence. */
export interface VerdictSentence {
  lead: string;
  rest: string;
}

/** The whole sentence, for titles and screen readers. */
export function sentenceText({ lead, rest }: VerdictSentence): string {
  return `${lead}${gapBefore(rest)}${rest}`;
}

/** Nothing stands between the lead and a stop of any kind. */
export function gapBefore(rest: string): string {
  return rest === '' || /^[:;.,]/.test(rest) ? '' : ' ';
}

type Told = Pick<DeliveryDetail, 'verdict' | 'events' | 'mode' | 'sentAt' | 'untouchedBecause'>;

/** Of a copy with nothing in it that could give a sign, not even its absence says anything. */
function noSign({ untouchedBecause, mode }: Told): string {
  if (mode === 'aggregate') return 'Its openings are counted with the message’s, not here.';
  return untouchedBecause === undefined && mode !== 'off'
    ? 'No sign of reading, which proves nothing.'
    : 'It is not tracked, so nobody can know whether it is read.';
}

export function verdictSentence(delivery: Told, now: Date, timeZone?: string): VerdictSentence {
  const when = (iso: string) =>
    delivery.mode === 'day' ? dayPhrase(iso, now, timeZone) : momentPhrase(iso, now, timeZone);
  const state: VerdictState = delivery.verdict.state;
  switch (state) {
    case 'queued':
      return { lead: 'Waiting to be sent.', rest: '' };
    case 'captured':
      return {
        lead: 'Captured in the demo inbox',
        rest: `${sentTail(delivery, when, 'and not sent to anyone')}. ${noSign(delivery)}`,
      };
    case 'sent':
      return { lead: 'Sent', rest: `${sentTail(delivery, when, '')}. ${noSign(delivery)}` };
    case 'delivered':
      return { lead: 'Delivered', rest: `${deliveredTail(delivery, when)}. ${noSign(delivery)}` };
    case 'failed':
      return { lead: 'Not sent', rest: troubleTail(delivery, when) };
    case 'bounced':
      return { lead: 'Came back', rest: troubleTail(delivery, when) };
    case 'loaded':
      return loadedSentence(delivery, when);
    case 'probably-read':
      return readSentence('Probably read', delivery, when);
    case 'read':
      return readSentence('Read', delivery, when);
    case 'clicked':
      return clickedSentence(delivery, when);
    case 'replied':
      return answeredSentence(delivery, when);
    case 'objected':
      return objectedSentence(delivery, when);
  }
}

type When = (iso: string) => string;

function sentTail(delivery: Told, when: When, tail: string): string {
  return delivery.sentAt === null ? tail : `${when(delivery.sentAt)} ${tail}`.trim();
}

function deliveredTail(delivery: Told, when: When): string {
  const at = newest(delivery.events, (event) => event.type === 'delivered')?.at ?? delivery.sentAt;
  return at === null ? '' : when(at);
}

function troubleTail(delivery: Told, when: When): string {
  const trouble = newest(delivery.events, (event) => event.type === 'bounced' || event.type === 'deferred');
  // The first reason only repeats the state; what the other side said comes after it.
  const said = delivery.verdict.reasons.find(({ code }) => code !== delivery.verdict.state);
  const why = said?.text ?? trouble?.reasons?.[0]?.text;
  const at = trouble === undefined ? '' : when(trouble.at);
  if (why === undefined) return `${at}.`.trim();
  return at === '' ? `: ${why}` : `${at}: ${why}`;
}

function loadedSentence(delivery: Told, when: When): VerdictSentence {
  const loads = delivery.events.filter((event) => event.type === 'opened' || event.type === 'clicked');
  const last = loads.at(-1);
  if (delivery.mode === 'day' && last !== undefined) {
    return { lead: 'Its image was loaded', rest: `${when(last.at)}. By whom is not kept.` };
  }
  if (
    last !== undefined &&
    loads.some((event) => kindOf(event.actor) === 'nobody' && event.actor !== 'self')
  ) {
    return { lead: 'Its image was loaded', rest: `${when(last.at)}, but by whom cannot be told.` };
  }
  const tail = delivery.events.some(isCapture)
    ? 'That says nothing about a reader.'
    : 'That says the mail arrived, and nothing about a reader.';
  if (last === undefined) return { lead: 'Loaded by machines only.', rest: tail };
  return {
    lead: 'Loaded by machines only,',
    rest: `${loads.length > 1 ? 'last ' : ''}${when(last.at)}. ${tail}`,
  };
}

function readSentence(lead: string, delivery: Told, when: When): VerdictSentence {
  const readings = delivery.events.filter(
    (event) => event.type === 'opened' && kindOf(event.actor) === 'person',
  );
  const last = readings.at(-1) ?? newest(delivery.events, (event) => event.type === 'receipt');
  if (last === undefined) return { lead: `${lead}.`, rest: '' };
  if (last.type === 'receipt') return { lead, rest: `${when(last.at)}: a reading receipt came back.` };
  const times = readings.length > 1 ? `${readings.length} times, last ` : '';
  return { lead, rest: `${times}${when(last.at)}${whence(last, delivery.mode)}.` };
}

function clickedSentence(delivery: Told, when: When): VerdictSentence {
  const clicks = delivery.events.filter(
    (event) => event.type === 'clicked' && kindOf(event.actor) === 'person',
  );
  const last = clicks.at(-1);
  if (last === undefined) return { lead: 'Read, and a link followed.', rest: '' };
  const host = hostOf(last.link);
  const what = host === undefined ? '' : ` to ${host}`;
  const times = clicks.length > 1 ? `${clicks.length} clicks, last ` : '';
  return {
    lead: 'Read, and a link followed',
    rest: `${times}${when(last.at)}${what}${whence(last, delivery.mode)}.`,
  };
}

function answeredSentence(delivery: Told, when: When): VerdictSentence {
  const answer = newest(delivery.events, (event) => event.type === 'replied');
  return answer === undefined
    ? { lead: 'Answered.', rest: '' }
    : { lead: 'Answered', rest: `${when(answer.at)}.` };
}

function objectedSentence(delivery: Told, when: When): VerdictSentence {
  const objection = newest(delivery.events, (event) => event.type === 'objected');
  const at = objection === undefined ? '' : ` ${when(objection.at)}`;
  return { lead: 'The recipient objected', rest: `${at.trim()}. Nothing more is recorded of this mail.` };
}

/** `, behind Google’s image proxy, so place unknown` or `, in Bern, Switzerland, with Apple Mail on iOS`. */
function whence(event: Event, mode: DeliveryDetail['mode']): string {
  if (mode !== 'full') return '';
  const proxy = proxyPhrase(event.network);
  const place = placePhrase(event.place);
  if (proxy !== undefined) return `, ${proxy}, ${place === undefined ? 'so place unknown' : place}`;
  const client = programName(event.client);
  return `${place === undefined ? '' : `, ${place}`}${client === undefined ? '' : `, with ${client}`}`;
}

function newest(events: readonly Event[], matches: (event: Event) => boolean): Event | undefined {
  return events.findLast(matches);
}

/** The part of a destination that people recognise. */
export function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^www\./, '');
}
