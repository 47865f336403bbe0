import type { Channel, ChannelConfig, Rule, RuleTrigger } from '@waybill/sdk';
import { toIso, type Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newRowId, type RandomBytes, type WorkspaceId } from '../kernel/ids.ts';
import type { AddressPolicy } from './address-policy.ts';
import { completeConfig, masked } from './channel-config.ts';
import type { Senders } from './channels/channel.ts';
import { sendTo } from './senders.ts';
import type { NotifyStore, RuleChange } from './store.ts';

const TEST_MS = 15_000;

/** Channels and rules as their workspace sees them. Errors are AppErrors: `not-found`, `invalid-input`. */
export class NotifySettings {
  readonly #store: NotifyStore;
  readonly #policy: AddressPolicy;
  readonly #senders: Senders;
  readonly #dashboardUrl: () => string;
  readonly #clock: Clock;
  readonly #random: RandomBytes | undefined;

  constructor(dependencies: {
    store: NotifyStore;
    policy: AddressPolicy;
    senders: Senders;
    dashboardUrl: () => string;
    clock: Clock;
    random?: RandomBytes;
  }) {
    this.#store = dependencies.store;
    this.#policy = dependencies.policy;
    this.#senders = dependencies.senders;
    this.#dashboardUrl = dependencies.dashboardUrl;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
  }

  async channels(workspaceId: WorkspaceId): Promise<Channel[]> {
    return (await this.#store.channels(workspaceId)).map(shown);
  }

  /** @returns the channel with the secret of a webhook in clear, this one time: the receiver needs it */
  async createChannel(
    workspaceId: WorkspaceId,
    given: { name: string; config: ChannelConfig },
  ): Promise<Channel> {
    const channel: Channel = {
      id: newRowId(),
      name: given.name,
      config: this.#complete(given.config),
      createdAt: toIso(this.#clock()),
      lastError: null,
      lastSentAt: null,
    };
    await this.#store.addChannel(workspaceId, channel);
    return channel.config.kind === 'webhook' ? channel : shown(channel);
  }

  async changeChannel(
    workspaceId: WorkspaceId,
    id: string,
    change: { name?: string; config?: ChannelConfig },
  ): Promise<Channel> {
    const current = await this.#channel(workspaceId, id);
    const changed = await this.#store.changeChannel(workspaceId, id, {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.config === undefined ? {} : { config: this.#complete(change.config, current.config) }),
    });
    return shown(found(changed, 'channel'));
  }

  async removeChannel(workspaceId: WorkspaceId, id: string): Promise<void> {
    if (!(await this.#store.removeChannel(workspaceId, id))) throw notFound('channel');
  }

  /** Sends a test notification now. `detail` is a sentence for the user. */
  async testChannel(workspaceId: WorkspaceId, id: string): Promise<{ delivered: boolean; detail: string }> {
    const { config } = await this.#channel(workspaceId, id);
    const at = this.#clock();
    const result = await sendTo(
      this.#senders,
      config,
      { notification: { trigger: 'test', workspaceId, at }, dashboardUrl: this.#dashboardUrl() },
      { idempotencyKey: `test_${newRowId()}`, signal: AbortSignal.timeout(TEST_MS) },
    );
    return { delivered: result.ok, detail: result.detail };
  }

  rules(workspaceId: WorkspaceId): Promise<Rule[]> {
    return this.#store.rules(workspaceId);
  }

  async createRule(
    workspaceId: WorkspaceId,
    given: { name: string; trigger: RuleTrigger; channelIds: readonly string[]; enabled: boolean },
  ): Promise<Rule> {
    const { name, trigger, channelIds, enabled } = given;
    const createdAt = toIso(this.#clock());
    const rule: Rule = {
      id: newRowId(),
      name,
      trigger,
      channelIds: [...new Set(channelIds)],
      enabled,
      createdAt,
    };
    await this.#store.addRule(workspaceId, rule);
    return rule;
  }

  async changeRule(workspaceId: WorkspaceId, id: string, change: RuleChange): Promise<Rule> {
    return found(await this.#store.changeRule(workspaceId, id, change), 'rule');
  }

  async removeRule(workspaceId: WorkspaceId, id: string): Promise<void> {
    if (!(await this.#store.removeRule(workspaceId, id))) throw notFound('rule');
  }

  async #channel(workspaceId: WorkspaceId, id: string): Promise<Channel> {
    return found(await this.#store.channel(workspaceId, id), 'channel');
  }

  #complete(config: ChannelConfig, current?: ChannelConfig): ChannelConfig {
    const random = this.#random;
    return completeConfig(
      config,
      { policy: this.#policy, ...(random === undefined ? {} : { random }) },
      current,
    );
  }
}

/** What a new workspace begins with: a mail to its first user at the first opening by a person. */
export function defaultsFor(email: string, clock: Clock): { channel: Channel; rule: Rule } {
  const createdAt = toIso(clock());
  const channel: Channel = {
    id: newRowId(),
    name: `E-mail to ${email}`,
    config: { kind: 'email', to: email },
    createdAt,
    lastError: null,
    lastSentAt: null,
  };
  const rule: Rule = {
    id: newRowId(),
    name: 'First opening by a person',
    trigger: 'first-open',
    channelIds: [channel.id],
    enabled: true,
    createdAt,
  };
  return { channel, rule };
}

function shown(channel: Channel): Channel {
  return { ...channel, config: masked(channel.config) };
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw notFound(what);
  return value;
}

function notFound(what: string): AppError {
  return new AppError('not-found', `There is no such ${what}.`);
}
