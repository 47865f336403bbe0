import { AppError } from '../../kernel/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { route } from '../route.ts';
import { rowId } from '../schemas/input.ts';
import {
  createdSmtpCredential,
  newSmtpCredential,
  smtpCredential,
  smtpCredentialChange,
  smtpCredentialList,
} from '../schemas/secrets.ts';

type Deps = Pick<ApiDeps, 'accounts'>;

export function listSmtpCredentials({ accounts }: Deps) {
  return route({
    access: 'workspace',
    tag: 'SMTP credentials',
    summary: 'SMTP credentials, newest first',
    answer: {
      status: 200,
      description: 'The credentials, without their passwords',
      schema: smtpCredentialList,
    },
    handle: async ({ principal }) => ({
      items: await accounts.secrets.listSmtpCredentials(principal.workspaceId),
    }),
  });
}

export function createSmtpCredential({ accounts }: Deps) {
  return route({
    access: 'workspace',
    tag: 'SMTP credentials',
    summary: 'Make an SMTP credential for a mail program; its password is shown only now',
    idempotent: 'sealed',
    body: newSmtpCredential,
    answer: { status: 201, description: 'The credential with its password', schema: createdSmtpCredential },
    handle: ({ principal, body }) =>
      accounts.secrets.createSmtpCredential(principal.workspaceId, body.label, body.allowedFrom ?? null),
  });
}

export function changeSmtpCredential({ accounts }: Deps) {
  return route({
    access: 'workspace',
    tag: 'SMTP credentials',
    summary: 'Change which addresses an SMTP credential may send from',
    description: 'It counts from the next sign-in on.',
    params: rowId,
    body: smtpCredentialChange,
    answer: { status: 200, description: 'The credential as it is now', schema: smtpCredential },
    handle: async ({ principal: { workspaceId }, params: { id }, body: { allowedFrom } }) => {
      const found =
        allowedFrom === undefined
          ? (await accounts.secrets.listSmtpCredentials(workspaceId)).find((one) => one.id === id)
          : await accounts.secrets.allowSmtpSenders(workspaceId, id, allowedFrom);
      if (found === undefined) throw new AppError('not-found', 'There is no such SMTP credential.');
      return found;
    },
  });
}

export function revokeSmtpCredential({ accounts }: Deps) {
  return route({
    access: 'workspace',
    tag: 'SMTP credentials',
    summary: 'Revoke an SMTP credential, at once',
    params: rowId,
    answer: { status: 204, description: 'Revoked' },
    handle: async ({ principal, params }) => {
      if (!(await accounts.secrets.revoke('smtp-credential', principal.workspaceId, params.id))) {
        throw new AppError('not-found', 'There is no such SMTP credential.');
      }
    },
  });
}
