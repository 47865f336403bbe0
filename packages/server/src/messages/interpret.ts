import type { EventType, Reason, Verdict } from '@waybill/sdk';
import { newRowId, type WorkspaceId } from '../kernel/ids.ts';
import { isPerson } from '../notify/notify.ts';
import { truncateAddress, truncatePlace } from '../privacy/privacy.ts';
import { isTrap } from '../tracking/tracking.ts';
import {
  judge,
  judgeAlone,
  judgeNew,
  sharedCopy,
  verdictOf,
  RULES_VERSION,
  type Judgement,
  type Lookup,
  type Observation,
} from '../truth/truth.ts';
import { surroundingsOf, type Surroundings } from './context.ts';
import type { MailDelivery, NewMail } from './message.ts';
import { hitSource } from './hit-source.ts';
import { observe } from './observe.ts';
import { areAlone, openingsOf } from './past.ts';
import { sharedValue } from './shared-value.ts';
import type {
  DeliveryRecord,
  Sighting,
  StoredEvent,
  StoredHit,
  TimelineSnapshot,
  TimelineWork,
} from './timeline-store.ts';

/** The one code that makes events of raw hits and a verdict of events: for new hits, and for old ones under new rules. */

/** What the hits of a delivery are now taken for, compared with its events. */
export interface Interpretation {
  added: StoredEvent[];
  /** Another actor, or another confidence. */
  changed: StoredEvent[];
  /** As before in these; reasons, names and places may be put anew. */
  confirmed: StoredEvent[];
}

/** The sender's sessions are remembered for a day; they say nothing of hits before. */
export const SENDER_ADDRESS_MS = 86_400_000;

export interface InterpretationContext {
  /** Addresses of the sender's own sessions in the last day. */
  known: ReadonlySet<string>;
  surroundings: Surroundings;
  lookup: Lookup;
  now: number;
}

/** What is the same for all deliveries of a workspace in one transaction; a batch of hits has hundreds. */
export interface Contexts {
  of(record: Pick<DeliveryRecord, 'workspaceId'>): Pick<InterpretationContext, 'known' | 'surroundings'>;
}

/** @param fresh hits that are recorded in the same transaction */
export function contextsFor(
  snapshot: Pick<TimelineSnapshot, 'senderAddresses' | 'sightings' | 'earlierHits'>,
  fresh: readonly Sighting[] = [],
): Contexts {
  const made = new Map<WorkspaceId, ReturnType<Contexts['of']>>();
  return {
    of: (record) => {
      let context = made.get(record.workspaceId);
      if (context === undefined) {
        context = contextFor(record, snapshot, fresh);
        made.set(record.workspaceId, context);
      }
      return context;
    },
  };
}

function contextFor(
  { workspaceId }: Pick<DeliveryRecord, 'workspaceId'>,
  snapshot: Pick<TimelineSnapshot, 'senderAddresses' | 'sightings' | 'earlierHits'>,
  fresh: readonly Sighting[],
): Pick<InterpretationContext, 'known' | 'surroundings'> {
  return {
    known: snapshot.senderAddresses.get(workspaceId) ?? NOBODY,
    surroundings: {
      sightings: byAddress([...fresh.toReversed(), ...(snapshot.sightings.get(workspaceId) ?? [])]),
      earlierHits: snapshot.earlierHits,
    },
  };
}

/** An address that works through a mailing is known by fewer, and must not make each of its clicks costly. */
const SIGHTINGS_OF_ADDRESS = 200;

/** @param sightings the newest first, or nearly so */
function byAddress(sightings: readonly Sighting[]): Map<string, readonly Sighting[]> {
  const groups = Map.groupBy(sightings, ({ ip }) => ip);
  return new Map([...groups].map(([ip, all]) => [ip, all.slice(0, SIGHTINGS_OF_ADDRESS)]));
}

/**
 * Judges all hits of a delivery together: a late burst changes what an earlier hit was. Everything is judged again, as
 * new rules, names and answers ask for.
 */
export function interpretHits(record: DeliveryRecord, context: InterpretationContext): Interpretation {
  return interpret(record, [], context, judge);
}

/**
 * The same when hits come to those that were judged before: of these only what the new ones change, or what has become
 * known beyond the delivery. The others are in no list of the answer.
 */
export function interpretNewHits(
  record: DeliveryRecord,
  newHits: readonly StoredHit[],
  context: InterpretationContext,
): Interpretation {
  if (areAlone(record, newHits)) {
    const openings = openingsOf(record, context.lookup) ?? [];
    return interpret({ ...record, hits: [] }, newHits, context, (observations, lookup) =>
      judgeAlone(observations, lookup, openings),
    );
  }
  const fresh = new Set(newHits);
  return interpret(record, newHits, context, (observations, lookup, hits, earlier) =>
    judgeNew(observations, lookup, (index) => {
      const hit = hits[index];
      const observation = observations[index];
      if (hit === undefined || fresh.has(hit)) return true;
      if (hit.method === 'HEAD') return false;
      const before = earlier[index];
      return (
        before?.rulesVersion !== RULES_VERSION ||
        observation?.elsewhere !== undefined ||
        (observation?.senderAddress === true && !wasSenders(before))
      );
    }),
  );
}

type Judge = (
  observations: readonly Observation[],
  lookup: Lookup,
  hits: readonly StoredHit[],
  /** Of each hit the event that was made of it before. */
  earlier: readonly (StoredEvent | undefined)[],
) => (Judgement | undefined)[];

/** Of each hit the event that was made of it, if there is one. */
function eventsOf(hits: readonly StoredHit[], events: readonly StoredEvent[]): (StoredEvent | undefined)[] {
  const [only] = hits;
  // An event has the time of its hit, and numbers are compared in no time.
  if (only !== undefined && hits.length === 1)
    return [events.findLast(({ at, source }) => at === only.at && source === hitSource(only))];
  const bySource = new Map(events.map((event) => [event.source, event]));
  return hits.map((hit) => bySource.get(hitSource(hit)));
}

function interpret(
  record: DeliveryRecord,
  newHits: readonly StoredHit[],
  { known, surroundings, lookup, now }: InterpretationContext,
  judgeThem: Judge,
): Interpretation {
  const hits = [...record.hits, ...newHits].sort((a, b) => a.at - b.at);
  const earlier = eventsOf(hits, record.events);
  const observations = hits.map((hit, index) =>
    observe(
      hit,
      record,
      sendersThen(hit, earlier[index], hit.at > now - SENDER_ADDRESS_MS, known),
      surroundingsOf(hit, record.id, surroundings),
    ),
  );
  const judgements = judgeThem(observations, lookup, hits, earlier);
  const isPartial = lacksEvidence(record, hits);
  const result: Interpretation = { added: [], changed: [], confirmed: [] };
  hits.forEach((hit, index) => {
    const judgement = judgements[index];
    // A HEAD request is no opening and no click; it stays among the raw hits and counts as evidence.
    if (judgement === undefined || hit.method === 'HEAD') return;
    const before = earlier[index];
    const event = eventOf(hit, judgement, before);
    if (before === undefined) result.added.push(event);
    else {
      const kept = withLessEvidence(event, before, isPartial());
      const isSame = before.actor === kept.actor && before.confidence === kept.confidence;
      (isSame ? result.confirmed : result.changed).push(kept);
    }
  });
  return result;
}

/** Whether retention has deleted some of what the events were made from; looked at once, and only if somebody asks. */
function lacksEvidence({ events }: DeliveryRecord, hits: readonly StoredHit[]): () => boolean {
  let isPartial: boolean | undefined;
  return () => {
    if (isPartial === undefined) {
      const present = new Set(hits.map(hitSource));
      isPartial = events.some(({ source }) => source.startsWith('hit:') && !present.has(source));
    }
    return isPartial;
  };
}

function eventOf(hit: StoredHit, judgement: Judgement, before: StoredEvent | undefined): StoredEvent {
  return {
    id: before?.id ?? newRowId(),
    at: hit.at,
    type: hit.kind === 'open' ? 'opened' : 'clicked',
    ...judgement,
    reasons: sharedValue(judgement.reasons),
    ...(hit.ip === undefined ? {} : { ip: hit.ip }),
    // What nobody can see is none of the mail's links.
    ...(hit.url === undefined || isTrap(hit) ? {} : { link: hit.url }),
    source: hitSource(hit),
    rulesVersion: RULES_VERSION,
  };
}

/** What was known of the sender when the hit came holds on, whoever uses the address today. */
function sendersThen(
  { ip }: StoredHit,
  before: StoredEvent | undefined,
  isRecent: boolean,
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  if (ip !== undefined && wasSenders(before)) return new Set([ip]);
  return isRecent ? known : NOBODY;
}

function wasSenders(before: StoredEvent | undefined): boolean {
  return before?.reasons?.some(({ code }) => code === 'sender-address') === true;
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Retention cuts addresses short and deletes old hits. What is left may show that a machine was at work, but it cannot clear one: several
 * addresses may have become the same. And the place stays as coarse as it was made.
 */
function withLessEvidence(event: StoredEvent, before: StoredEvent, isPartial: boolean): StoredEvent {
  const isCoarse = event.ip === undefined || truncateAddress(event.ip) === event.ip;
  if (!isCoarse && !isPartial) return event;
  if (isPerson(event.actor) && !isPerson(before.actor)) return { ...before, rulesVersion: RULES_VERSION };
  if (!isCoarse) return event;
  return event.place === undefined ? event : { ...event, place: truncatePlace(event.place) };
}

/** The delivery's row as it follows from all its events. */
export function concludeDelivery(
  record: DeliveryRecord,
  { added, changed }: { added: readonly StoredEvent[]; changed: readonly StoredEvent[] },
  now: number,
): { events: StoredEvent[]; delivery: TimelineWork['deliveries'][number] } {
  const replaced = new Map(changed.map((event) => [event.id, event]));
  const events = [...record.events.map((event) => replaced.get(event.id) ?? event), ...added];
  const shared = sharedCopy(record.recipient, record.shared ?? undefined);
  const { settleAt, ...judged } = verdictOf({
    transport: record.transport,
    ...(record.untouched === null ? {} : { untouched: record.untouched }),
    ...(shared === undefined ? {} : { shared }),
    events,
    ...(record.objectedAt === null ? {} : { objectedAt: record.objectedAt }),
    now,
  });
  return {
    events,
    delivery: {
      id: record.id,
      messageId: record.messageId,
      transport: record.transport,
      verdict: inWordsFor(record, judged),
      settleAt: settleAt ?? null,
      settlesPlainly: record.objectedAt === null && !events.some(({ type }) => type === 'replied'),
      sentAt: record.sentAt,
      lastSignAt: lastSign(events),
      objectedAt: record.objectedAt,
    },
  };
}

/** The verdict of a delivery when its mail is accepted. @param now time of the acceptance */
export function firstVerdict(
  mail: Pick<NewMail, 'mode' | 'source' | 'lists'>,
  { recipient, untouched }: MailDelivery,
  now: number,
): { verdict: Verdict; settleAt: number | null } {
  const isList = mail.lists?.includes(recipient.toLowerCase()) === true;
  const shared = sharedCopy(recipient, isList ? 'list-fields' : undefined);
  const { settleAt, ...judged } = verdictOf({
    transport: 'queued',
    ...(untouched === null ? {} : { untouched }),
    ...(shared === undefined ? {} : { shared }),
    events: [],
    now,
  });
  return { verdict: inWordsFor(mail, judged), settleAt: settleAt ?? null };
}

/** What a verdict's words mean for a mail that its author sends by other means, and where hits are only counted. */
function inWordsFor({ source, mode }: Pick<DeliveryRecord, 'source' | 'mode'>, verdict: Verdict): Verdict {
  const words: Record<string, Reason> = {
    ...(source === 'snippet' ? IN_OWN_HANDS : {}),
    ...(mode === 'aggregate' ? COUNTED_TOGETHER : {}),
  };
  return { ...verdict, reasons: verdict.reasons.map((reason) => words[reason.code] ?? reason) };
}

const IN_OWN_HANDS: Record<string, Reason> = {
  queued: { code: 'prepared', text: 'Prepared for you to send with your own mail program.' },
  sent: { code: 'handed-over', text: 'You said that you sent it with your own mail program.' },
};
const COUNTED_TOGETHER: Record<string, Reason> = {
  'no-sign': {
    code: 'counted-together',
    text: 'Openings of this mail are counted for all recipients together, so nothing is known of one of them.',
  },
};

function lastSign(events: readonly StoredEvent[]): number | null {
  const signs: EventType[] = ['opened', 'clicked', 'receipt', 'replied'];
  const times = events
    .filter(({ type, actor }) => signs.includes(type) && actor !== 'self')
    .map(({ at, alike }) => Math.max(at, alike?.lastAt ?? 0));
  return times.length === 0 ? null : Math.max(...times);
}
