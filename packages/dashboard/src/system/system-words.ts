import type { QueueSummary, SystemState, WatchedMailbox } from '@waybill/sdk';
import { troublesOf } from '../mailboxes/mailbox-words.ts';

/** Something that needs attention, and the page that says what to do. */
export interface Alert {
  code: string;
  text: string;
  to: '/settings/system' | '/settings/mailboxes' | '/settings/queue';
}

/** What is wrong, worst first; nothing when all is well or nothing is known yet. */
export function alertsOf(known: {
  system?: SystemState | undefined;
  mailboxes?: readonly WatchedMailbox[] | undefined;
  queue?: QueueSummary | undefined;
  now: Date;
}): Alert[] {
  const ofSystem = (known.system?.troubles ?? []).map(({ code, text }): Alert => ({
    code,
    text,
    to: '/settings/system',
  }));
  const ofMailboxes = (known.mailboxes ?? []).flatMap((mailbox) =>
    troublesOf(mailbox)
      .slice(0, 1)
      .map(({ kind }): Alert => ({
        code: `mailbox-${mailbox.number}-${kind}`,
        text: `The mailbox ${mailbox.address} does not work at the moment, so bounces and replies in it are not seen yet.`,
        to: '/settings/mailboxes',
      })),
  );
  const waiting = isStuck(known.queue, known.now)
    ? known.queue.byReason.reduce((sum, reason) => sum + reason.waiting, 0)
    : 0;
  const smarthost = known.queue?.smarthost;
  const ofQueue: Alert[] =
    smarthost?.state === 'down'
      ? [
          {
            code: 'smarthost-down',
            text: 'The mail server that mail goes out through does not take any. Mail is accepted and kept, and sent when it is back.',
            to: '/settings/queue',
          },
        ]
      : waiting === 0
        ? []
        : [
            {
              code: 'queue-waits',
              text: `${waiting === 1 ? 'One copy has' : `${waiting.toLocaleString('en-GB')} copies have`} been waiting for the next mail server for a while. Nothing is lost: each is tried again by itself.`,
              to: '/settings/queue',
            },
          ];
  return [...ofSystem, ...ofQueue, ...ofMailboxes];
}

/** Being put off for some minutes is how mail servers greet strangers; longer is worth a look. */
const patienceMs = 30 * 60_000;

function isStuck(queue: QueueSummary | undefined, now: Date): queue is QueueSummary {
  return (
    queue !== undefined &&
    queue.byReason.length > 0 &&
    queue.byDestination.some(({ oldest }) => now.getTime() - Date.parse(oldest) > patienceMs)
  );
}

/** `23.4 GB`, `812 MB`: three figures are enough to decide by. */
export function sizeWords(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toLocaleString('en-GB', { minimumFractionDigits: 0, maximumFractionDigits: digits })} ${units[unit] ?? 'TB'}`;
}

/** How far behind the timelines are, as people say it. */
export function lagWords(seconds: number): string {
  return seconds < 2 ? 'less than 2 s' : durationWords(seconds);
}

function durationWords(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

/** Fewer, or for a shorter time, wait now and then on any machine, and are gone before anybody has read it. */
const manyHits = 2_000;
const longSeconds = 5;

/** Whether more waits for its timeline than what is just coming in. */
export function isCatchingUp({ backlog, lagSeconds }: SystemState['hits']): boolean {
  return backlog !== null && backlog > 0 && (backlog >= manyHits || (lagSeconds ?? 0) >= longSeconds);
}

/** What waits, how fast it goes and how long that takes. */
export function catchUpWords({ backlog, perSecond }: SystemState['hits']): { amount: string; pace: string } {
  const waiting = backlog ?? 0;
  const amount =
    waiting === 1
      ? 'One opening or click waits'
      : `${waiting.toLocaleString('en-GB')} openings and clicks wait`;
  const safe = 'All of them are safe on the disk.';
  if (perSecond === null) return { amount, pace: safe };
  if (perSecond < 1) return { amount, pace: `None is put there at the moment. ${safe}` };
  const speed = `${Math.round(perSecond).toLocaleString('en-GB')} a second`;
  return { amount, pace: `${speed}, about ${durationWords(Math.max(1, waiting / perSecond))} more. ${safe}` };
}
