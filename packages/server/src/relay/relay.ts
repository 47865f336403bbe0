/** The way of a mail: submission, acceptance, queue, each recipient's copy, the way out. The room's public file. */
import type { SmarthostCheck } from './check-smarthost.ts';
import type { Relay } from './create-relay.ts';
import type { RelayDeps } from './relay-options.ts';

export type { Relay, SendingState } from './create-relay.ts';
export type { RelayDeps, RelaySettings, RelayTuning } from './relay-options.ts';
export type { AcceptedMail, IncomingMail } from './accept.ts';
export { destinationOf } from './destination.ts';
export { reasonOfLinkLeft } from './instrument/link-reasons.ts';
export type { EarlierPasses } from './earlier-passes.ts';
export type { CopyPlan, DsnRequest, Envelope, EnvelopeOptions } from './envelope.ts';
export type { ReportTaker, ReturnPaths } from './inbound-mail.ts';
export type { ListenAddress } from './listener.ts';
export type {
  CapturedCopy,
  ClaimedMail,
  ClaimLimits,
  EndedAttempt,
  CredentialCheck,
  Objections,
  Outcome,
  QueuedMail,
  QueueStore,
  SentNotes,
  SettledMail,
  TransportTimeline,
  UntrackedMail,
  WorkspacePolicies,
} from './ports.ts';
export type { SigningKeyFile } from './signing/signing.ts';
export type { SentMailboxes } from './sent-copy.ts';
export type { NoticedCopies, NoticedCopy } from './notice-sender.ts';
export { droppedOutcome } from './outcome.ts';
export { headerFields } from './header-block.ts';
export { QueueAdmin, type QueueAdminStore, type QueueFilter, type QueueQuery } from './queue-admin.ts';
export { isLoopbackHost, isLoopbackUrl } from './way-out.ts';
export type { SmarthostCheck } from './check-smarthost.ts';

/** Loads what {@link createRelay} needs, while there is something else to wait for. */
export async function loadRelay(): Promise<void> {
  await import('./create-relay.ts');
}

/**
 * Starts the relay: listeners, queue and way out. The SMTP libraries are loaded only then, so that the filters of the
 * command line, which want nothing but `instrument`, start fast.
 * @throws AppError `misconfigured` for a smarthost address or certificate that cannot be used
 */
export async function createRelay(deps: RelayDeps): Promise<Relay> {
  const { startRelay } = await import('./create-relay.ts');
  return startRelay(deps);
}

/** @see checkSmarthost in check-smarthost.ts */
export async function checkSmarthost(url: string): Promise<SmarthostCheck> {
  return (await import('./check-smarthost.ts')).checkSmarthost(url);
}
