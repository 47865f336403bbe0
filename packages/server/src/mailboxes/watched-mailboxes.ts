import { DAY_MS, type Clock } from '../kernel/clock.ts';
import { inSlices } from '../kernel/slices.ts';
import type { RandomBytes, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { SharedAddresses } from '../messages/messages.ts';
import type { SentMailboxes } from '../relay/relay.ts';
import type { ReportIntake } from '../reports/reports.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { MailboxAccount } from './account.ts';
import { FolderWatch } from './folder-watch.ts';
import type { MailboxStore, SentCopyEnd } from './ports.ts';
import { FolderScan, type ScanCounts } from './scan.ts';
import { SentCopies } from './sent-copies.ts';
import { SignIn } from './sign-in.ts';
import type { MailboxTiming } from './timing.ts';
import type { Trouble } from './trouble.ts';

/** How one watched folder is. */
export interface FolderState {
  folder: string;
  /** Connected, and all that is there was looked at. */
  isUp: boolean;
  /** Why not; absent while it is up or was not tried yet. */
  trouble?: Trouble;
  /** When it was looked through last, ms. */
  lastLookAt?: number;
  reconnects: number;
  counts: ScanCounts;
}

/** How one account is. */
export interface MailboxState {
  /** Of the account, as in the configuration. */
  number: number;
  workspaceId: WorkspaceId;
  address: string;
  host: string;
  /** Refused sign-ins in a row. */
  refusals: number;
  folders: FolderState[];
  /** Whether copies of sent mail are put into it. */
  takesSent: boolean;
  /** Absent when no copies are wanted or none waits in vain. */
  sentTrouble?: Trouble;
}

interface Watched {
  account: MailboxAccount;
  workspaceId: WorkspaceId;
  signIn: SignIn;
  folders: FolderWatch[];
  sent: SentCopies | undefined;
}

/** All accounts of the configuration, each with its connections. */
export class Mailboxes implements SentMailboxes {
  readonly #watched: readonly Watched[];
  readonly #store: MailboxStore;
  readonly #timing: MailboxTiming;
  readonly #clock: Clock;

  constructor(deps: {
    accounts: readonly MailboxAccount[];
    /** For accounts that name none. */
    defaultWorkspaceId: WorkspaceId;
    store: MailboxStore;
    intake: Pick<ReportIntake, 'take'>;
    shared: Pick<SharedAddresses, 'note'>;
    /** For accounts without a password. */
    tokensOf?: (account: MailboxAccount) => AccessTokens | undefined;
    timing: MailboxTiming;
    clock: Clock;
    random: RandomBytes;
    logger: Logger;
  }) {
    this.#store = deps.store;
    this.#timing = deps.timing;
    this.#clock = deps.clock;
    this.#watched = deps.accounts.map((account) => {
      const workspaceId = account.workspaceId ?? deps.defaultWorkspaceId;
      const { timing, clock, random } = deps;
      const logger = deps.logger.child({ account: account.number, host: account.host });
      const signIn = new SignIn({
        account,
        tokens: deps.tokensOf?.(account),
        pauses: timing.signIn,
        clock,
        random,
      });
      const common = { ...deps, account, workspaceId, signIn, logger };
      return {
        account,
        workspaceId,
        signIn,
        folders: account.watch.map((folder) => {
          const scan = new FolderScan({ ...common, folder, lookBackMs: timing.lookBackMs });
          return new FolderWatch({ ...common, folder, scan });
        }),
        sent: account.sent === undefined ? undefined : new SentCopies(common),
      };
    });
  }

  start(): void {
    for (const { folders, sent } of this.#watched) {
      for (const folder of folders) folder.start();
      sent?.start();
    }
  }

  /** Ends all connections; what is under way is done again after the next start, to no effect. */
  async stop(): Promise<void> {
    const parts = this.#watched.flatMap(({ folders, sent }) => [
      ...folders,
      ...(sent === undefined ? [] : [sent]),
    ]);
    await Promise.all(parts.map((part) => part.stop()));
  }

  /**
   * Whose mailbox gets a copy of a mail, and how long after its acceptance.
   * @param mail `from`: bare address of the author; `source`: how the mail came
   */
  copyOf(mail: {
    workspaceId: WorkspaceId;
    from: string;
    source: 'submission' | 'filter' | 'api';
  }): { accountId: string; afterMs: number } | undefined {
    // What comes through the filter was written with a mail server of its own, which has its own way with copies.
    if (mail.source === 'filter') return undefined;
    const from = mail.from.toLowerCase();
    const found = this.#watched.find(
      ({ account, workspaceId, sent }) =>
        sent !== undefined && workspaceId === mail.workspaceId && account.address === from,
    );
    if (found === undefined) return undefined;
    // The API has no mail program behind it that would put a copy there itself.
    return { accountId: found.account.id, afterMs: mail.source === 'api' ? 0 : this.#timing.sentAfterMs };
  }

  /** There is a new copy for somebody. */
  wake(): void {
    for (const { sent } of this.#watched) sent?.wake();
  }

  states(): MailboxState[] {
    return this.#watched.map(({ account, workspaceId, signIn, folders, sent }) => {
      const sentTrouble = sent?.trouble;
      return {
        number: account.number,
        workspaceId,
        address: account.address,
        host: account.host,
        refusals: signIn.refusals,
        folders: folders.map(folderState),
        takesSent: sent !== undefined,
        ...(sentTrouble === undefined ? {} : { sentTrouble }),
      };
    });
  }

  /** Regularly: what ended a month ago is of no use to anybody, nor how far a folder was read that is watched no more. */
  async housekeep(): Promise<void> {
    const before = this.#clock() - 30 * DAY_MS;
    await inSlices((limit) => this.#store.forgetSentCopies(before, limit));
    const kept = this.#watched.flatMap(({ account, folders }) =>
      folders.map(({ folder }) => ({ accountId: account.id, folder })),
    );
    await this.#store.forgetCursors(kept, before);
  }

  sentCopyCounts(): Promise<Record<SentCopyEnd | 'waiting', number>> {
    return this.#store.sentCopyCounts();
  }
}

function folderState({ folder, isUp, trouble, lastLookAt, reconnects, scan }: FolderWatch): FolderState {
  return {
    folder,
    isUp,
    reconnects,
    counts: scan.counts,
    ...(trouble === undefined ? {} : { trouble }),
    ...(lastLookAt === undefined ? {} : { lastLookAt }),
  };
}
