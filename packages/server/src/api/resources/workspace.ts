import type { Workspace } from '@waybill/sdk';
import { AppError } from '../../kernel/errors.ts';
import type { WorkspaceRecord } from '../auth/auth.ts';
import type { ApiDeps, ApiSettings } from '../deps.ts';
import { route } from '../route.ts';
import { workspaceChange } from '../schemas/account.ts';
import { workspace } from '../schemas/wire.ts';

type Deps = Pick<ApiDeps, 'accounts' | 'settings'>;

export function readWorkspace({ accounts, settings }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Workspace',
    summary: 'The workspace and its policy',
    answer: { status: 200, description: 'The workspace', schema: workspace },
    handle: async ({ principal }) => workspaceOf(await accounts.workspace(principal.workspaceId), settings),
  });
}

export function changeWorkspace({ accounts, settings }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Workspace',
    summary: 'Change the policy of mails to come',
    body: workspaceChange,
    answer: { status: 200, description: 'The workspace as it is now', schema: workspace },
    handle: async ({ principal, body }) =>
      workspaceOf(await accounts.updateWorkspace(principal.workspaceId, body), settings),
  });
}

export function workspaceOf(record: WorkspaceRecord | undefined, settings: ApiSettings): Workspace {
  if (record === undefined) throw new AppError('not-found', 'This workspace does not exist any more.');
  return {
    id: String(record.id),
    name: record.name,
    mode: record.mode,
    disclosure: record.disclosure,
    addressRetentionDays: record.addressRetentionDays,
    hitRetentionDays: record.hitRetentionDays,
    demo: settings.demo,
    publicUrl: settings.publicUrl,
    smtp: settings.smtp,
  };
}
