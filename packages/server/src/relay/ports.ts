import type { Disclosure, Mode } from '@waybill/sdk';
import type { MessageStore, TransactionPart, TransportFact } from '../messages/messages.ts';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { NoticeFact } from './delivery-notice.ts';
import type { EnvelopeOptions } from './envelope.ts';

/** Port: who may submit. Revoked credentials and disabled workspaces are unknown. */
export interface CredentialCheck {
  verify(
    username: string,
    password: string,
  ): Promise<
    | {
        workspaceId: WorkspaceId;
        credentialId: string;
        /** Addresses, or domains as `@example.org`. Absent: any. */
        allowedFrom?: readonly string[];
      }
    | undefined
  >;
}

/** Port: how a workspace tracks. */
export interface WorkspacePolicies {
  workspace(id: WorkspaceId): Promise<{ mode: Mode; disclosure: Disclosure } | undefined>;
}

/** Port: whose mail must not be tracked. @returns the ones among `addresses` who objected, in lower case */
export interface Objections {
  isObjected(workspaceId: WorkspaceId, addresses: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Port: what deliveries' timelines learn from the relay, in one transaction. @see TransportFact.source */
export interface TransportTimeline {
  /** @param along what the queue's store writes with it */
  recordTransports(facts: readonly TransportFact[], along?: TransactionPart): Promise<void>;
}

/** The part of the message store that acceptance needs. */
export type AcceptStore = Pick<MessageStore, 'accept'>;

/** What acceptance needs of the queue of this process: a mail for which there is room is sent without being read back. */
export interface SendingLine {
  /** Keeps a place for a copy to this address, or says that it must wait its turn in the store. */
  reserve(address: string): boolean;
  /** The copy did not become durable: its place is free again. */
  unreserve(address: string): void;
  /** The copies are durable, and claimed. @param raw their content */
  enter(copies: readonly ClaimedMail[], raw: Uint8Array): void;
  /** Copies without a place are in the store. */
  wake(): void;
}

/** A copy that is due, claimed by this process. */
export interface ClaimedMail {
  id: string;
  workspaceId: WorkspaceId;
  /** Null: Waybill's own mail, or one that only passes through. */
  deliveryId: DeliveryId | null;
  /** Copies of one mail share it. */
  contentId: string;
  /** Of the content. */
  sizeBytes: number;
  envelopeFrom: string;
  envelopeTo: string;
  options: EnvelopeOptions;
  /** This one included. */
  attempts: number;
  /** Failures that were this copy's own: its pauses grow with them. */
  deferrals: number;
  /** Why the last attempt failed. */
  lastError: string | null;
  expiresAt: number;
}

/** With the content, which must not be changed. */
export interface QueuedMail extends ClaimedMail {
  raw: Uint8Array;
}

export interface ClaimLimits {
  copies: number;
  /** Destinations that have enough copies waiting already. */
  except: readonly string[];
}

/** What an attempt came to, durable before anything is told about it. */
export interface Outcome {
  /** For the timeline; absent when there is nothing new to tell. */
  fact?: Pick<TransportFact, 'at' | 'type' | 'transport' | 'reasons'>;
  /** When to try again; absent: this copy is done with. */
  retryAt?: number;
  /** This one included, where it is tried again. */
  deferrals?: number;
  /** In words, while it is tried again. */
  error?: string;
  /** What the sender is to be told by mail. */
  notice?: NoticeFact;
}

/** The copy as it would have been sent. */
export interface CapturedCopy {
  raw: Uint8Array;
  from: string;
  subject: string;
  trackingNumber: string | null;
  at: number;
}

export interface SettledMail {
  id: string;
  deliveryId: DeliveryId | null;
  attempts: number;
  outcome: Outcome;
}

/** By id and number of the attempt. */
export type EndedAttempt = Pick<SettledMail, 'id' | 'attempts' | 'outcome'>;

/**
 * Port: what the smarthost took and the store does not know yet. It outlives this process, not a loss of power, and
 * makes the moment between a server's 250 and the store as short as one call to the system.
 */
export interface SentNotes {
  /** Notes of the processes before this one. */
  readonly found: readonly EndedAttempt[];
  /** The store knows of what was found. */
  forgetFound(): void;
  /** Synchronous. Does not throw: a copy without a note is sent twice at worst. */
  note(ended: EndedAttempt): void;
  /** The store knows of it. */
  forget(ended: EndedAttempt): void;
  close(): void;
}

/** A mail of Waybill's own, or one that passes through without a delivery. */
export interface UntrackedMail {
  workspaceId: WorkspaceId;
  /** The same id twice is one mail. */
  id: string;
  raw: Uint8Array;
  envelopeFrom: string;
  recipients: readonly { address: string; options: EnvelopeOptions }[];
  createdAt: number;
  expiresAt: number;
}

/**
 * Port: the durable queue. A copy is `ready`, then `sending`, then `settled` (its outcome is known and durable), then
 * `done`, or `ready` again; most go from `sending` to the end in one step. Only a process that dies in `sending` leaves open whether the next server has the mail.
 * Whatever takes several copies is one transaction: all of them or none.
 */
export interface QueueStore {
  /**
   * At the start: whatever was `sending` is `ready` again, but for the attempts that are known to have ended: they are
   * `settled`. Durable when it resolves.
   * @returns how many are `ready` again
   */
  recover(known: readonly EndedAttempt[]): Promise<number>;
  /** Takes due copies, oldest first; they are `sending` now and counted as an attempt. */
  claim(now: number, limits: ClaimLimits): Promise<ClaimedMail[]>;
  /** Takes copies that are not tried any more, for there was no time for it until they expired. */
  claimExpired(now: number, copies: number): Promise<ClaimedMail[]>;
  /** The bytes that copies are made from; undefined when no copy needs them any more. */
  content(id: string): Promise<Uint8Array | undefined>;
  /** Writes outcomes down, and the captured copies where there are some. */
  settle(outcomes: readonly { id: string; outcome: Outcome; captured?: CapturedCopy }[]): Promise<void>;
  /** Copies whose outcome was not told to the timeline yet. */
  settled(limit: number): Promise<SettledMail[]>;
  /** The timeline knows of these attempts. Done copies free the content that no other copy needs. */
  finish(told: readonly EndedAttempt[], now: number): Promise<void>;
  /**
   * What `settle` and `finish` do, in the transaction that tells the timeline: for outcomes that need nothing else. Copies
   * that are not `sending` stay as they are.
   */
  conclusion(outcomes: readonly EndedAttempt[], now: number): TransactionPart;
  /** Copies that were claimed and not tried after all: `ready` again, as if nothing had been. */
  release(ids: readonly string[]): Promise<void>;
  /** When the next copy to another destination than these is due; undefined when none waits. */
  nextDueAt(except: readonly string[]): Promise<number | undefined>;
  enqueueUntracked(mail: UntrackedMail): Promise<void>;
}
