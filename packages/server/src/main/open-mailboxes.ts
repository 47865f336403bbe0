import type { Clock } from '../kernel/clock.ts';
import { systemRandom, type WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import {
  DEFAULT_MAILBOX_TIMING,
  Mailboxes,
  readMailboxAccounts,
  type AccessTokens,
  type MailboxAccount,
} from '../mailboxes/mailboxes.ts';
import type { SharedAddresses } from '../messages/messages.ts';
import type { ReportIntake } from '../reports/reports.ts';
import type { Engine } from '../storage/engine.ts';
import { KyselyMailboxStore } from '../storage/mailbox-store.ts';

/**
 * The senders' mailboxes of the configuration; not started.
 * @throws AppError `misconfigured` for an account that cannot be read
 */
export function openMailboxes(deps: {
  accounts: string;
  tokensOf: (account: MailboxAccount) => AccessTokens | undefined;
  engine: Engine;
  intake: Pick<ReportIntake, 'take'>;
  shared: Pick<SharedAddresses, 'note'>;
  defaultWorkspaceId: WorkspaceId;
  clock: Clock;
  logger: Logger;
}): Mailboxes {
  return new Mailboxes({
    ...deps,
    accounts: readMailboxAccounts(deps.accounts),
    store: new KyselyMailboxStore(deps.engine),
    timing: DEFAULT_MAILBOX_TIMING,
    random: systemRandom,
  });
}
