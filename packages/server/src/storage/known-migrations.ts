import { AppError } from '../kernel/errors.ts';

/** Names of all migrations, in their order; apart from what they do, so that a look at them loads nothing else. */
const NAMES = [
  '0001-initial',
  '0002-queue',
  '0003-queue-ends',
  '0004-reports',
  '0005-mailboxes',
  '0006-smtp-senders',
  '0009-queue-deferrals',
  '0010-lists-and-ages',
  '0011-hit-context',
  '0013-hit-retention',
  '0014-hit-processing',
  '0016-message-links',
  '0017-links-left',
  '0018-settled-anew',
  '0019-past-of-deliveries',
] as const;

export type MigrationName = (typeof NAMES)[number];

/**
 * For a look before anything is opened.
 * @param done names of the migrations that a database has seen
 * @throws AppError `misconfigured` when there are others than these among them
 */
export function refuseUnknown(done: readonly string[]): void {
  const unknown = done.filter((name) => !(NAMES as readonly string[]).includes(name)).sort();
  if (unknown.length === 0) return;
  throw new AppError(
    'misconfigured',
    `The database was written by a newer Waybill: its schema is at ${unknown.at(-1)}, and this version knows no more than ${NAMES.at(-1)}. Start the newer version again, or restore a backup that was made before the upgrade. Nothing was changed.`,
  );
}
