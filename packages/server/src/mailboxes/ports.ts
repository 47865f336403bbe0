import type { WorkspaceId } from '../kernel/ids.ts';

/** How far a folder has been read. */
export interface FolderCursor {
  /** With another one, all UIDs of before mean nothing (RFC 9051 §2.3.1.1). */
  uidValidity: number;
  /** Everything up to it was looked at. */
  lastUid: number;
  /** ms */
  movedAt: number;
}

/** A copy of a sent mail that its author's mailbox does not have yet. */
export interface SentCopy {
  id: string;
  workspaceId: WorkspaceId;
  /** With angle brackets: by it a copy that is there already is found. */
  messageIdHeader: string;
  raw: Uint8Array;
  /** ms; the date that the copy gets. */
  acceptedAt: number;
  /** Failed ones so far. */
  attempts: number;
}

/** What became of a copy: put there by us, found there, or given up. */
export type SentCopyEnd = 'appended' | 'found' | 'failed';

/** Port: what is remembered of mailboxes. Of mail in them nothing is. */
export interface MailboxStore {
  cursor(accountId: string, folder: string): Promise<FolderCursor | undefined>;
  moveCursor(
    workspaceId: WorkspaceId,
    accountId: string,
    folder: string,
    cursor: FolderCursor,
  ): Promise<void>;
  /** @returns those among `ids` that are the Message-ID of a mail of this workspace */
  ownMessageIds(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** When the workspace's oldest mail was accepted, ms. Nothing before it can be a report about ours. */
  firstMailAt(workspaceId: WorkspaceId): Promise<number | undefined>;
  /** Copies that are due, oldest first. */
  dueSentCopies(accountId: string, now: number, limit: number): Promise<SentCopy[]>;
  /** When the next copy is due; undefined when none waits. */
  nextSentCopyAt(accountId: string): Promise<number | undefined>;
  postponeSentCopy(id: string, until: number, error: string): Promise<void>;
  /** Its content is forgotten. */
  endSentCopy(id: string, end: SentCopyEnd, at: number, error?: string): Promise<void>;
  /** Forgets copies that ended long ago, the oldest first. @returns how many there were, at most `limit` */
  forgetSentCopies(endedBefore: number, limit: number): Promise<number>;
  /** Forgets how far folders were read that are not among these any more and were not read since. */
  forgetCursors(kept: readonly { accountId: string; folder: string }[], movedBefore: number): Promise<number>;
  /** How many copies are in each state; `waiting` are those not ended. */
  sentCopyCounts(): Promise<Record<SentCopyEnd | 'waiting', number>>;
}
