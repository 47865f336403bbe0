import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { DeliveryId, WorkspaceId } from '../../src/kernel/ids.ts';
import { Timeline, type NewMail } from '../../src/messages/messages.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { homeLookup } from '../support/home-reader.ts';
import { copiesFor, loggedHit, trackedMail } from '../support/tracked-mail.ts';

export const START = Date.UTC(2026, 10, 23, 12);
export const WORKSPACE = 7 as WorkspaceId;

export interface TimelineContract {
  /** The reason in words, where this engine cannot be had. */
  skip: string | false;
  /** A migrated, empty database. */
  engine(): Promise<Engine>;
}

/** The stores on an engine of their own, for one test. */
export async function openTimeline(t: TestContext, open: TimelineContract['engine']) {
  const engine = await open();
  t.after(() => engine.db.destroy());
  let now = START + 60_000;
  const clock = () => now;
  const timeline = new Timeline({
    store: new KyselyTimelineStore(engine, clock),
    lookup: homeLookup,
    clock,
  });
  const messages = new KyselyMessageStore(engine);
  return { engine, timeline, messages, setNow: (time: number) => (now = time) };
}

/** To two, of which one is in Bcc. */
export function mailToTwo(changes: Partial<NewMail> = {}): NewMail {
  return trackedMail({
    workspaceId: WORKSPACE,
    createdAt: START,
    sentAt: null,
    deliveries: copiesFor(['b@example.net', 'c@example.net']),
    to: ['b@example.net'],
    links: [{ index: 1, url: 'https://example.org/' }],
    ...changes,
  });
}

/** The same with {@link mailToTwo} accepted, and its two deliveries. */
export async function openWithMail(
  t: TestContext,
  open: TimelineContract['engine'],
  changes: Partial<NewMail> = {},
) {
  const bench = await openTimeline(t, open);
  const accepted = mailToTwo(changes);
  await bench.messages.accept(accepted);
  const [first, second] = accepted.deliveries;
  assert.ok(first && second);
  return { ...bench, accepted, first, second };
}

let seq = 0;
/** Each with a number of its own. */
export function nextHit(subject: string, changes: Partial<LoggedHit> = {}): LoggedHit {
  seq += 1;
  return loggedHit({ seq, at: START + 50_000, workspaceId: WORKSPACE, subject, ...changes });
}

export async function eventsOf(engine: Engine, deliveryId: DeliveryId) {
  return engine.db
    .selectFrom('events')
    .selectAll()
    .where('delivery_id', '=', deliveryId)
    .orderBy('position')
    .execute();
}

export async function deliveryOf(engine: Engine, id: DeliveryId) {
  return engine.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}
