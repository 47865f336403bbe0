import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { MessageStore } from '../messages/messages.ts';
import type { AuthLimits } from './auth-limit.ts';
import type { RetryPolicy } from './backoff.ts';
import type { ProbePauses } from './circuit.ts';
import type { ListenAddress } from './listener.ts';
import type { ReportTaker, ReturnPaths } from './inbound-mail.ts';
import type { TrackingContext } from './copy-plan.ts';
import type { EarlierPasses } from './earlier-passes.ts';
import type { PlainText, SpamCare } from './instrument/instrument.ts';
import type { NoticedCopies } from './notice-sender.ts';
import type {
  CredentialCheck,
  Objections,
  QueueStore,
  SentNotes,
  TransportTimeline,
  WorkspacePolicies,
} from './ports.ts';
import type { QueueAdminStore } from './queue-admin.ts';
import type { ReturnPathSettings } from './return-path.ts';
import type { SentMailboxes } from './sent-copy.ts';
import type { SmarthostTimeouts } from './smarthost.ts';
import type { SigningKeyFile } from './signing/signing.ts';
import type { SmtpLimits } from './smtp-limits.ts';

export interface RelaySettings {
  /** Undefined: no such listener. Port 0: the system chooses. */
  submission: ListenAddress | undefined;
  /** TLS from the start. */
  submissions: ListenAddress | undefined;
  filter: ListenAddress | undefined;
  /** For return paths; needs a VERP domain. */
  inbound?: ListenAddress | undefined;
  filterNetworks: readonly string[];
  filterDomains: readonly string[];
  allowPlainOnLoopback: boolean;
  maxMessageBytes: number;
  /** What operators choose; the defaults for the rest. */
  smtpLimits?: Partial<SmtpLimits>;
  /** Undefined: self-signed, kept in `dataDir/tls`. */
  tls: { certFile: string; keyFile: string } | undefined;
  smarthostUrl: string | undefined;
  demo: boolean;
  /** The defaults for what is not given. */
  queue?: RetryPolicy & { concurrency: number; concurrencyPerDestination: number };
  /** Private keys that mail is signed with (DKIM). */
  dkimKeys: readonly SigningKeyFile[];
  /** Absent: envelopes stay as senders give them, and nobody is asked for receipts. */
  returnPaths?: ReturnPathSettings;
  /** Mailbox of Waybill's own mail. */
  notifyFrom: string;
  dataDir: string;
  /** What pixels and links begin with, without a slash at the end. */
  publicUrl: string;
  /** What is done with mail that has no HTML; nothing when it is not given. */
  plainText?: PlainText;
  /** What gives way for the sake of spam filters; links when it is not given. */
  spamCare?: SpamCare;
  /** Copies with tracked links carry one more that nobody can see, which tells machines. */
  trapLink?: boolean;
}

/** What the tests make shorter. */
export interface RelayTuning {
  retry?: RetryPolicy;
  probePauses?: ProbePauses;
  timeouts?: SmarthostTimeouts;
  authLimits?: AuthLimits;
  smtpLimits?: Partial<SmtpLimits>;
  concurrency?: number;
  destinationConcurrency?: number;
  certificateCheckMs?: number;
  dkimKeyCheckMs?: number;
  /** How long `close` waits for copies on their way. */
  graceMs?: number;
}

export interface RelayDeps {
  settings: RelaySettings;
  keyring: TrackingContext['keyring'];
  messages: Pick<MessageStore, 'accept' | 'handedOver' | 'markSent'>;
  earlierPasses: EarlierPasses;
  queue: QueueStore;
  sentNotes: SentNotes;
  queueAdmin: QueueAdminStore & NoticedCopies;
  timeline: TransportTimeline;
  credentials: CredentialCheck;
  policies: WorkspacePolicies;
  objections: Objections;
  /** For the inbound listener. */
  reports?: ReportTaker;
  returnPaths?: ReturnPaths;
  /** The workspace of mail that comes through the filter. */
  filterWorkspace: () => Promise<WorkspaceId>;
  /** Whose mailboxes get copies of what they send. */
  sentMailboxes?: SentMailboxes;
  /** A sender signed in from this address. */
  noteSenderAddress: (workspaceId: WorkspaceId, address: string) => Promise<void>;
  /** Binds a listener, perhaps patiently. @param setting name of the setting that chose the address */
  bind?: <T>(
    setting: string,
    listen: ListenAddress,
    bind: (listen: ListenAddress) => Promise<T>,
  ) => Promise<T>;
  clock: Clock;
  random: RandomBytes;
  logger: Logger;
  tuning?: RelayTuning;
}
