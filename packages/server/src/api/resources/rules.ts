import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { rowId } from '../schemas/input.ts';
import { newRule, rule, ruleChange, ruleList } from '../schemas/notifications.ts';

type Deps = Pick<ApiDeps, 'notifications'>;

export function listRules({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Rules',
    summary: 'What the sender wants to hear about',
    answer: { status: 200, description: 'The rules', schema: ruleList },
    handle: async ({ principal }) => ({ items: await notifications.rules(principal.workspaceId) }),
  });
}

export function createRule({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Rules',
    summary: 'Make a rule',
    body: newRule,
    idempotent: true,
    answer: { status: 201, description: 'The rule', schema: rule },
    handle: ({ principal, body }) => notifications.createRule(principal.workspaceId, body),
  });
}

export function changeRule({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Rules',
    summary: 'Change a rule',
    params: rowId,
    body: ruleChange,
    answer: { status: 200, description: 'The rule as it is now', schema: rule },
    handle: ({ principal, params, body }) => notifications.changeRule(principal.workspaceId, params.id, body),
  });
}

export function deleteRule({ notifications }: Deps) {
  return route({
    access: 'workspace',
    tag: 'Rules',
    summary: 'Delete a rule',
    params: rowId,
    answer: { status: 204, description: 'Deleted' },
    handle: ({ principal, params }) => notifications.removeRule(principal.workspaceId, params.id),
  });
}
