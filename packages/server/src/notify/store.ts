import type { Channel, ChannelConfig, Rule, RuleTrigger } from '@waybill/sdk';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { DeliveryNotification } from './notification.ts';

export interface RuleChange {
  name?: string;
  trigger?: RuleTrigger;
  channelIds?: readonly string[];
  enabled?: boolean;
}

/**
 * Channels and rules of a workspace. Another workspace's rows do not exist for it. Configurations come with
 * their secrets: mask them before they leave the server.
 */
export interface NotifyStore {
  /** Oldest first. */
  channels(workspaceId: WorkspaceId): Promise<Channel[]>;
  channel(workspaceId: WorkspaceId, id: string): Promise<Channel | undefined>;
  addChannel(workspaceId: WorkspaceId, channel: Channel): Promise<void>;
  /** @returns undefined when there is no such channel */
  changeChannel(
    workspaceId: WorkspaceId,
    id: string,
    change: { name?: string; config?: ChannelConfig },
  ): Promise<Channel | undefined>;
  /** Takes it out of the workspace's rules too, and drops what still waits to be sent. @returns whether it was there */
  removeChannel(workspaceId: WorkspaceId, id: string): Promise<boolean>;
  /** Oldest first. */
  rules(workspaceId: WorkspaceId): Promise<Rule[]>;
  /** @throws AppError `invalid-input` on `channelIds` that are not the workspace's */
  addRule(workspaceId: WorkspaceId, rule: Rule): Promise<void>;
  /** @returns undefined when there is no such rule. @throws AppError as {@link addRule} */
  changeRule(workspaceId: WorkspaceId, id: string, change: RuleChange): Promise<Rule | undefined>;
  /** @returns whether it was there */
  removeRule(workspaceId: WorkspaceId, id: string): Promise<boolean>;
}

/** An outbox row that this process may send until its lease is over. */
export interface ClaimedNotification {
  id: string;
  idempotencyKey: string;
  /** Including the one that begins with this claim. */
  attempts: number;
  notification: DeliveryNotification;
  /** Undefined when the channel was removed meanwhile. */
  channel: Pick<Channel, 'id' | 'config'> | undefined;
}

export type Outcome =
  | { kind: 'sent'; at: number }
  | { kind: 'retry'; at: number; error: string }
  | { kind: 'failed'; error: string }
  /** Not tried after all, through no fault of the channel; due again at once. */
  | { kind: 'released'; at: number };

/** The dispatcher's side: notifications of all workspaces. */
export interface OutboxStore {
  /**
   * The notification that has been due longest, claimed: nobody else gets it before `leaseUntil`, and when this process
   * dies it is due again then.
   * @param except channels to pass over
   */
  claim(options: {
    now: number;
    leaseUntil: number;
    except: readonly string[];
  }): Promise<ClaimedNotification | undefined>;
  /**
   * Outcome on the row and on its channel, in one transaction. The content of a finished row is wiped. A claim that
   * somebody else holds by now is only changed by `sent`.
   */
  finish(claimed: ClaimedNotification, outcome: Outcome): Promise<void>;
  /** Forgets finished rows, the oldest first. @returns how many there were, at most `limit` */
  forgetFinished(createdBefore: number, limit: number): Promise<number>;
}
