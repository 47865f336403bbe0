import type { Session } from '@waybill/sdk';
import { AppError } from '../../kernel/errors.ts';
import { clearSessionCookie, refuseOtherOrigins, setSessionCookie } from '../auth/guard.ts';
import type { SessionPrincipal } from '../auth/principal.ts';
import type { ApiDeps } from '../deps.ts';
import type { EventStream } from '../event-stream.ts';
import { route } from '../route.ts';
import { credentials, setup, setupQuery, setupState } from '../schemas/account.ts';
import { session } from '../schemas/wire.ts';
import { workspaceOf } from './workspace.ts';

type Deps = Pick<ApiDeps, 'accounts' | 'settings'>;

export function readSetup({ accounts }: Deps) {
  return route({
    access: 'public',
    tag: 'Session',
    summary: 'Whether the first user is still to be made, and whether a sign-in link can do it',
    query: setupQuery,
    answer: { status: 200, description: 'The state', schema: setupState },
    handle: async ({ query: { token } }) => ({
      needed: await accounts.setupNeeded(),
      valid: token !== undefined && (await accounts.setupLinkIsOpen(token)),
    }),
  });
}

export function setUp(deps: Deps) {
  return route({
    access: 'public',
    tag: 'Session',
    summary: 'Make the first user, by the sign-in link that the server printed, and sign in',
    description: 'A link works once, within 15 minutes, and only while no user exists.',
    body: setup,
    answer: { status: 201, description: 'Signed in; the session is in a cookie', schema: session },
    problems: [403, 409, 410],
    handle: async ({ body, address, request, reply }) => {
      refuseOtherOrigins(request);
      const opened = await deps.accounts.setUp({ ...body, ip: address });
      setSessionCookie(request, reply, opened.secret);
      return sessionOf(deps, opened.principal);
    },
  });
}

export function signIn(deps: Deps) {
  return route({
    access: 'public',
    tag: 'Session',
    summary: 'Sign in',
    body: credentials,
    answer: { status: 200, description: 'Signed in; the session is in a cookie', schema: session },
    problems: [401, 403, 429],
    handle: async ({ body, address, request, reply }) => {
      refuseOtherOrigins(request);
      const opened = await deps.accounts.signIn({ ...body, ip: address });
      setSessionCookie(request, reply, opened.secret);
      return sessionOf(deps, opened.principal);
    },
  });
}

export function readSession(deps: Deps) {
  return route({
    access: 'user',
    tag: 'Session',
    summary: 'Who is signed in',
    answer: { status: 200, description: 'The session', schema: session },
    handle: ({ principal }) => sessionOf(deps, principal),
  });
}

export function signOut({ accounts }: Deps, stream: EventStream) {
  return route({
    access: 'user',
    tag: 'Session',
    summary: 'Sign out',
    answer: { status: 204, description: 'Signed out' },
    handle: async ({ principal, request, reply }) => {
      await accounts.signOut(principal);
      stream.disconnect(principal.id);
      clearSessionCookie(request, reply);
    },
  });
}

async function sessionOf({ accounts, settings }: Deps, principal: SessionPrincipal): Promise<Session> {
  const workspace = await accounts.workspace(principal.workspaceId);
  if (workspace === undefined) throw new AppError('not-found', 'This workspace does not exist any more.');
  return { user: principal.user, workspace: workspaceOf(workspace, settings) };
}
