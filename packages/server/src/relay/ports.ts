import type { Disclosure, Mode } from '@waybill/sdk';
import type { MessageStore, TransportFact } from '../messages/messages.ts';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
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

/** Port: what a delivery's timeline learns from the relay. @see TransportFact.source */
export interface TransportTimeline {
  recordTransport(fact: TransportFact): Promise<void>;
}

/** The part of the message store that acceptance needs. */
export type AcceptStore = Pick<MessageStore, 'accept'>;

/** A copy that is due, claimed by this process. */
export interface QueuedMail {
  id: string;
  workspaceId: WorkspaceId;
  /** Null: Waybill's own mail, or one that only passes through. */
  deliveryId: DeliveryId | null;
  raw: Uint8Array;
  envelopeFrom: string;
  envelopeTo: string;
  options: EnvelopeOptions;
  /** This one included. */
  attempts: number;
  /** Why the last attempt failed. */
  lastError: string | null;
  expiresAt: number;
}

/** What an attempt came to, durable before anything is told about it. */
export interface Outcome {
  /** For the timeline; absent when there is nothing new to tell. */
  fact?: Pick<TransportFact, 'at' | 'type' | 'transport' | 'reasons'>;
  /** When to try again; absent: this copy is done with. */
  retryAt?: number;
  /** In words, while it is tried again. */
  error?: string;
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
 * `done`, or `ready` again. Only a process that dies in `sending` leaves open whether the next server has the mail.
 */
export interface QueueStore {
  /** At the start: whatever was `sending` is `ready` again. @returns how many there were */
  recover(): Promise<number>;
  /** Takes up to `limit` due copies, oldest first; they are `sending` now and counted as an attempt. */
  claim(now: number, limit: number): Promise<QueuedMail[]>;
  /** One transaction: the outcome, and the captured copy when there is one. */
  settle(id: string, outcome: Outcome, captured?: CapturedCopy): Promise<void>;
  /** Copies whose outcome was not told to the timeline yet. */
  settled(limit: number): Promise<SettledMail[]>;
  /** The timeline knows of this attempt. Done copies free the content that no other copy needs. */
  finish(told: { id: string; attempts: number }, now: number): Promise<void>;
  /** When the next copy is due; undefined when none waits. */
  nextDueAt(): Promise<number | undefined>;
  enqueueUntracked(mail: UntrackedMail): Promise<void>;
}
