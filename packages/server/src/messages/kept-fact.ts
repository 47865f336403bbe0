import type { Reason } from '@waybill/sdk';
import { DAY_MS } from '../kernel/clock.ts';
import type { DeliveryRecord } from './timeline-store.ts';
import type { TransportFact } from './transport-fact.ts';

/**
 * What of a fact goes onto a delivery's timeline. The way of the mail is kept in every privacy mode; what a receipt
 * or an answer tells of the reader is kept as hits are: whole in `full`, its day in `day`, not at all in `aggregate`
 * and `off`, and not after an objection.
 *
 * @returns undefined when nothing may be kept
 */
export function keptFact(record: DeliveryRecord, fact: TransportFact): TransportFact | undefined {
  if (fact.type === 'bounced') return ofOneAmongSeveral(record, fact);
  // Its recipient said it on purpose, but that they saw the mail is a sign of reading.
  if (fact.type === 'complained' && (record.mode !== 'full' || isObjected(record))) {
    const { confidence: _, ...rest } = fact;
    return rest;
  }
  if (fact.ofReader !== true) return fact;
  if (isObjected(record) || record.mode === 'aggregate' || record.mode === 'off') return undefined;
  return record.mode === 'day' ? dayOf(record, fact) : fact;
}

/** One event that moves, with nothing but the day: see the openings of this mode. */
function dayOf({ id }: DeliveryRecord, fact: TransportFact): TransportFact | undefined {
  const isPersons = fact.actor === 'human' && (fact.type === 'receipt' || fact.type === 'replied');
  if (!isPersons) return undefined;
  return {
    deliveryId: id,
    at: Math.floor(fact.at / DAY_MS) * DAY_MS,
    type: fact.type,
    reasons: [],
    source: `day-${fact.type}:${id}`,
    moves: true,
  };
}

/** Behind a list or an alias one address failed: the copy did not come back. */
function ofOneAmongSeveral(record: DeliveryRecord, fact: TransportFact): TransportFact {
  const isSeveral = record.events.some(({ reasons }) => reasons?.some(({ code }) => code === 'expanded'));
  if (!isSeveral || !fact.source.startsWith('report:')) return fact;
  const { transport: _, ...rest } = fact;
  return { ...rest, reasons: [ONE_OF_SEVERAL, ...fact.reasons] };
}

function isObjected({ objectedAt, untouched }: DeliveryRecord): boolean {
  return objectedAt !== null || untouched?.code === 'recipient-objected';
}

const ONE_OF_SEVERAL: Reason = {
  code: 'one-of-several',
  text: 'It did not reach one of the addresses behind this one.',
};
