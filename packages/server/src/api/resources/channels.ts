import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { rowId } from '../schemas/input.ts';
import { channel, channelChange, channelList, channelTest, newChannel } from '../schemas/notifications.ts';

type Deps = Pick<ApiDeps, 'notifications'>;

export function listChannels({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Channels',
    summary: 'Where the sender is notified',
    answer: { status: 200, description: 'The channels, their secrets masked', schema: channelList },
    handle: async ({ principal }) => ({ items: await notifications.channels(principal.workspaceId) }),
  });
}

export function createChannel({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Channels',
    summary: "Make a channel; a webhook's secret is shown only now",
    idempotent: 'sealed',
    body: newChannel,
    answer: { status: 201, description: 'The channel', schema: channel },
    handle: ({ principal, body }) => notifications.createChannel(principal.workspaceId, body),
  });
}

export function changeChannel({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Channels',
    summary: 'Change a channel',
    params: rowId,
    body: channelChange,
    answer: { status: 200, description: 'The channel as it is now', schema: channel },
    handle: ({ principal, params, body }) =>
      notifications.changeChannel(principal.workspaceId, params.id, body),
  });
}

export function deleteChannel({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Channels',
    summary: 'Delete a channel; rules forget it',
    params: rowId,
    answer: { status: 204, description: 'Deleted' },
    handle: ({ principal, params }) => notifications.removeChannel(principal.workspaceId, params.id),
  });
}

export function testChannel({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Channels',
    summary: 'Send a test notification now',
    params: rowId,
    idempotent: true,
    answer: { status: 200, description: 'How it went', schema: channelTest },
    handle: ({ principal, params }) => notifications.testChannel(principal.workspaceId, params.id),
  });
}
