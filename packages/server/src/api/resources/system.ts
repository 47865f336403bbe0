import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { mailboxList, systemState } from '../schemas/system.ts';

export function listMailboxes({ installation }: Pick<ApiDeps, 'installation'>) {
  return route({
    access: 'workspace',
    tag: 'Operation',
    summary: 'Mailboxes that are watched for this workspace, and how they are',
    answer: { status: 200, description: 'The mailboxes, without passwords', schema: mailboxList },
    handle: async ({ principal }) => ({ items: installation.mailboxes(principal.workspaceId) }),
  });
}

export function readSystem({ installation }: Pick<ApiDeps, 'installation'>) {
  return route({
    access: 'workspace',
    tag: 'Operation',
    summary: 'How the installation is, and what needs attention',
    answer: { status: 200, description: 'Its state', schema: systemState },
    handle: () => installation.state(),
  });
}
