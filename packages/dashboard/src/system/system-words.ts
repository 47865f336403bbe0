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
  if (seconds < 2) return 'less than 2 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
