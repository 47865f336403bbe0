import type { Metric, ValueMetric } from '../api/api.ts';
import type { FolderState, Mailboxes } from '../mailboxes/mailboxes.ts';

/** How the senders' mailboxes are; nothing where there are none. Accounts bear their number in the configuration. */
export async function mailboxMetrics(
  mailboxes: Pick<Mailboxes, 'states' | 'sentCopyCounts'>,
): Promise<Metric[]> {
  const states = mailboxes.states();
  if (states.length === 0) return [];
  const perFolder = (value: (folder: FolderState) => number): ValueMetric['samples'] =>
    states.flatMap(({ number, folders }) =>
      folders.map((folder) => ({
        labels: { account: String(number), folder: folder.folder },
        value: value(folder),
      })),
    );
  const kinds = states.flatMap(({ number, folders }) =>
    folders.flatMap(({ folder, counts }) =>
      [...counts.taken].map(([kind, value]) => ({
        labels: { account: String(number), folder, kind },
        value,
      })),
    ),
  );
  // What is counted in the database is not told while that is away; all else is.
  const sentCopies = await mailboxes.sentCopyCounts().catch(() => undefined);
  return [
    {
      name: 'waybill_mailbox_up',
      help: '1 while a folder of a mailbox is watched',
      type: 'gauge',
      samples: perFolder(({ isUp }) => (isUp ? 1 : 0)),
    },
    {
      name: 'waybill_mailbox_refused_sign_ins',
      help: 'Refused sign-ins in a row; above 0 the password or the refresh token is wrong',
      type: 'gauge',
      samples: states.map(({ number, refusals }) => ({
        labels: { account: String(number) },
        value: refusals,
      })),
    },
    {
      name: 'waybill_mailbox_reconnects_total',
      help: 'Connections to mailboxes that had to be made again',
      type: 'counter',
      samples: perFolder(({ reconnects }) => reconnects),
    },
    {
      name: 'waybill_mailbox_messages_total',
      help: 'Messages in mailboxes whose header was looked at',
      type: 'counter',
      samples: perFolder(({ counts }) => counts.looked),
    },
    {
      name: 'waybill_mailbox_skipped_total',
      help: 'Messages in mailboxes that could not be read',
      type: 'counter',
      samples: perFolder(({ counts }) => counts.skipped),
    },
    {
      name: 'waybill_mailbox_reports_total',
      help: 'Messages in mailboxes that were read whole, by kind',
      type: 'counter',
      samples: kinds,
    },
    ...(sentCopies === undefined
      ? []
      : [
          {
            name: 'waybill_sent_copies',
            help: 'Copies of sent mail for Sent folders, by state; ended ones of a month',
            type: 'gauge' as const,
            samples: Object.entries(sentCopies).map(([state, value]) => ({ labels: { state }, value })),
          },
        ]),
  ];
}
