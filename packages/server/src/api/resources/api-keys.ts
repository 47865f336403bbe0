import { AppError } from '../../kernel/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { EventStream } from '../event-stream.ts';
import { route } from '../route.ts';
import { rowId } from '../schemas/input.ts';
import { apiKeyList, createdApiKey, newApiKey } from '../schemas/secrets.ts';

type Deps = Pick<ApiDeps, 'accounts'>;

export function listApiKeys({ accounts }: Deps) {
  return route({
    access: 'workspace',
    tag: 'API keys',
    summary: 'API keys, newest first',
    answer: { status: 200, description: 'The keys, without their secrets', schema: apiKeyList },
    handle: async ({ principal }) => ({ items: await accounts.secrets.listApiKeys(principal.workspaceId) }),
  });
}

export function createApiKey({ accounts }: Deps) {
  return route({
    access: 'workspace',
    tag: 'API keys',
    summary: 'Make an API key; its secret is shown only now',
    idempotent: 'sealed',
    body: newApiKey,
    answer: { status: 201, description: 'The key with its secret', schema: createdApiKey },
    handle: ({ principal, body }) => accounts.secrets.createApiKey(principal.workspaceId, body.name),
  });
}

export function revokeApiKey({ accounts }: Deps, stream: EventStream) {
  return route({
    access: 'workspace',
    tag: 'API keys',
    summary: 'Revoke an API key, at once',
    params: rowId,
    answer: { status: 204, description: 'Revoked' },
    handle: async ({ principal, params }) => {
      if (!(await accounts.secrets.revoke('api-key', principal.workspaceId, params.id))) {
        throw new AppError('not-found', 'There is no such API key.');
      }
      stream.disconnect(params.id);
    },
  });
}
