import type { Config } from '../config/load.ts';
import type { Clock } from '../kernel/clock.ts';
import { forgetAged, type Aged } from '../kernel/slices.ts';
import type { KyselyQueuePurgeStore } from '../storage/queue-purge-store.ts';
import type { KyselyReportStore } from '../storage/report-store.ts';
import type { KyselySharedAddresses } from '../storage/shared-address-store.ts';

/** How long an address is known as a list after the last sign of it. */
const LISTS_KEPT_DAYS = 400;

/** What is forgotten by its age alone, and when, as jobs of the housekeeping. What hits are kept for is a policy of each workspace. */
export function purges(
  config: Pick<Config, 'queueRetentionDays' | 'demoRetentionDays' | 'reportRetentionDays'>,
  {
    queue,
    reports,
    shared,
  }: { queue: KyselyQueuePurgeStore; reports: KyselyReportStore; shared: KyselySharedAddresses },
  clock: Clock,
): Record<string, () => Promise<number>> {
  const { queueRetentionDays, demoRetentionDays, reportRetentionDays } = config;
  const kinds: Record<string, Aged> = {
    queue: { days: queueRetentionDays, deleteOlder: (...of) => queue.deleteDone(...of) },
    demoInbox: { days: demoRetentionDays, deleteOlder: (...of) => queue.deleteCaptured(...of) },
    returnPaths: { days: reportRetentionDays, deleteOlder: (...of) => reports.deleteReturnPaths(...of) },
    reports: { days: reportRetentionDays, deleteOlder: (...of) => reports.deleteReports(...of) },
    lists: { days: LISTS_KEPT_DAYS, deleteOlder: (...of) => shared.forget(...of) },
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([name, aged]) => [name, () => forgetAged(aged, clock)]),
  );
}
