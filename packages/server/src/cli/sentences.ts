import type { DeliveryDetail, Event, ReadInterval, Verdict } from '@waybill/sdk';
import {
  actorText,
  behindText,
  clientText,
  isPerson,
  isSure,
  ownerText,
  placeText,
} from '../notify/notify.ts';
import { dayOnly, localTime, relativeTime } from './local-time.ts';

/** Of a copy with nothing in it that could give a sign, not even its absence says anything. */
function noSign({ untouchedBecause }: DeliveryDetail): string {
  return untouchedBecause === undefined
    ? 'no sign of reading, which proves nothing'
    : 'not tracked, so it cannot be known whether it is read';
}

/** The verdict as one sentence, with the time and place of the sign that it rests on. */
export function verdictSentence(delivery: DeliveryDetail, nowMs: number): string {
  const { verdict } = delivery;
  const when = (event: Event | undefined): string =>
    event === undefined ? '' : ` ${eventTime(event, delivery, nowMs)}`;
  const last = (...types: Event['type'][]): Event | undefined =>
    delivery.events.findLast(
      ({ type, actor }) => types.includes(type) && (actor === undefined || isPerson(actor)),
    );
  switch (verdict.state) {
    case 'queued':
      return 'Waiting to be sent.';
    case 'captured':
      return `Captured in the demo inbox and not sent to anybody; ${noSign(delivery)}.`;
    case 'sent':
      return `Sent; ${noSign(delivery)}.`;
    case 'delivered':
      return `Delivered; ${noSign(delivery)}.`;
    case 'failed':
      return `Could not be sent${because(verdict)}.`;
    case 'bounced':
      return `Came back${because(verdict)}.`;
    case 'loaded':
      return `Its image was loaded by machines only; ${noSign(delivery)}.`;
    case 'probably-read':
    case 'read': {
      const word = verdict.state === 'read' ? 'Read' : 'Probably read';
      const sign = signOf(delivery) ?? last('opened', 'receipt');
      return `${word}${when(sign)}${where(sign)}.`;
    }
    case 'clicked':
      return `Read, and a link was followed${when(last('clicked'))}${where(last('clicked'))}.`;
    case 'replied':
      return `Answered${when(last('replied'))}.`;
    case 'objected':
      return `The recipient objected to tracking${when(last('objected'))}; nothing has been recorded since.`;
  }
}

/** Of a mail with several copies: the bounds, and why they lie apart. */
export function readSentence({
  of,
  atLeast,
  atMost,
  machinesOnly,
  untouched,
  ...rest
}: ReadInterval): string {
  const gaps = [
    ...(machinesOnly === 0 ? [] : [`${machinesOnly} loaded by machines only`]),
    ...(untouched === 0 ? [] : [`${untouched} not tracked`]),
    ...(rest.noSign === 0 ? [] : [`${rest.noSign} without a sign`]),
  ];
  const bounds =
    atLeast === atMost
      ? `All ${of} copies were read`
      : `Of its ${of} copies at least ${atLeast} and at most ${atMost} were read`;
  return `${bounds}${gaps.length === 0 ? '' : ` (${gaps.join(', ')})`}.`;
}

/** What an event is, in a few words. */
export function eventWords({ type, actor, confidence, reasons = [] }: Event): string {
  switch (type) {
    case 'accepted':
      return 'accepted by Waybill';
    case 'relayed':
      // Nothing leaves the demo inbox.
      return reasons.some(({ code }) => code === 'captured') ? 'put into the demo inbox' : 'handed over';
    case 'deferred':
      return 'put off by the mail server';
    case 'delivered':
      return 'delivered';
    case 'bounced':
      return 'came back';
    case 'opened':
    case 'clicked':
      return signWords(type, actor, confidence);
    case 'receipt':
      return 'a receipt came';
    case 'auto-replied':
      return 'answered automatically';
    case 'replied':
      return 'answered';
    case 'complained':
      return 'marked as unwanted';
    case 'objected':
      return 'objected to tracking';
  }
}

/** Place, client, network and address, as far as they are known. */
export function eventFacts({ actor, place, client, network, ip, link, requests }: Event): string[] {
  const behind = behindText(actor, network);
  const owner = ownerText(network);
  const asn = network?.asn === undefined ? '' : ` (AS${network.asn})`;
  const facts = [
    behind === undefined ? placeText(place) : `${behind}, so the place is unknown`,
    clientText(client),
    owner === undefined ? undefined : `${owner}${asn}`,
    ip,
    link,
    requests === undefined
      ? undefined
      : `asked for ${requests === 2 ? 'twice' : `${requests} times`} within a second`,
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** Exact and relative; only the day where only the day is kept. */
export function eventTime(
  { at, type }: Event,
  { mode }: Pick<DeliveryDetail, 'mode'>,
  nowMs: number,
): string {
  if (mode === 'day' && (type === 'opened' || type === 'clicked')) return `on ${dayOnly(at)}`;
  return `on ${localTime(at)} (${relativeTime(at, nowMs)})`;
}

function signWords(
  type: 'opened' | 'clicked',
  actor: Event['actor'],
  confidence: number | undefined,
): string {
  const verb =
    type === 'clicked' ? 'link followed' : isPerson(actor) || actor === 'self' ? 'opened' : 'image loaded';
  if (actor === undefined || actor === 'unknown') return `${verb}, by whom is unknown`;
  const who = actorText(actor, confidence);
  return who.startsWith('probably ')
    ? `${verb}, probably by ${who.slice('probably '.length)}`
    : `${verb} by ${who}`;
}

/** The opening that the verdict rests on: the newest sure one, else the newest by a person. */
function signOf({ events, verdict }: DeliveryDetail): Event | undefined {
  const signs = events.filter(({ type, actor }) => type === 'opened' && isPerson(actor));
  const sure = signs.findLast(({ actor, confidence }) => isSure(actor, confidence));
  return verdict.state === 'read' ? (sure ?? signs.at(-1)) : signs.at(-1);
}

function where(event: Event | undefined): string {
  if (event === undefined) return '';
  const behind = behindText(event.actor, event.network);
  if (behind !== undefined) return `, ${behind}, so the place is unknown`;
  const place = placeText(event.place);
  if (place === undefined) return '';
  return event.place?.grain === 'local-network' ? `, on the local network` : `, in ${place}`;
}

function because({ reasons }: Verdict): string {
  const text = reasons[0]?.text.replace(/\.$/, '');
  return text === undefined ? '' : `: ${text}`;
}
