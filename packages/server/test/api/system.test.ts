import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SystemState, WatchedMailbox } from '@waybill/sdk';
import { mailboxesOf } from '../../src/main/mailbox-list.ts';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import type { MailboxState } from '../../src/mailboxes/mailboxes.ts';
import { startApi } from '../support/api-server.ts';

function account(workspaceId: WorkspaceId, given: Partial<MailboxState> = {}): MailboxState {
  const counts = { looked: 40, skipped: 1, taken: new Map([['dsn', 2] as const, ['none', 5] as const]) };
  return {
    number: 1,
    workspaceId,
    address: 'ann@example.org',
    host: 'imap.example.org',
    refusals: 0,
    folders: [{ folder: 'INBOX', isUp: true, reconnects: 0, counts, lastLookAt: Date.UTC(2026, 10, 26) }],
    takesSent: true,
    ...given,
  };
}

test('a workspace sees its own mailboxes, their folders and what keeps them', async (t) => {
  const states: MailboxState[] = [];
  const server = await startApi(t, {
    deps: {
      installation: {
        state: () => Promise.reject(new Error('is not asked here')),
        mailboxes: (workspaceId) => mailboxesOf(states, workspaceId),
      },
    },
  });
  const other = await server.newTenant();
  const trouble = { kind: 'sign-in', text: 'imap.example.org does not accept the password.' } as const;
  const down = {
    folder: 'Junk',
    isUp: false,
    reconnects: 3,
    counts: { looked: 0, skipped: 0, taken: new Map() },
  };
  states.push(
    account(server.tenant.workspaceId),
    account(server.tenant.workspaceId, {
      number: 2,
      folders: [{ ...down, trouble }, down],
      takesSent: false,
    }),
    account(other.workspaceId, { number: 3 }),
  );
  const { items } = (await (await server.fetch('/api/v1/mailboxes')).json()) as { items: WatchedMailbox[] };
  assert.deepEqual(
    items.map(({ number }) => number),
    [1, 2],
  );
  const [first, second] = items;
  assert.deepEqual(first?.sent, { trouble: null });
  assert.deepEqual(first.folders[0], {
    name: 'INBOX',
    state: 'watched',
    trouble: null,
    lastLookAt: '2026-11-26T00:00:00.000Z',
    looked: 40,
    skipped: 1,
    reports: 2,
  });
  assert.equal(second?.sent, null);
  assert.deepEqual(
    second.folders.map(({ state, trouble: why }) => [state, why?.kind]),
    [
      ['trouble', 'sign-in'],
      ['connecting', undefined],
    ],
  );
});

test('the state of the installation is for those who may use it', async (t) => {
  const server = await startApi(t);
  assert.equal((await server.fetch('/api/v1/system', { key: '' })).status, 401);
  assert.equal((await server.fetch('/api/v1/mailboxes', { key: '' })).status, 401);
  const state = (await (await server.fetch('/api/v1/system')).json()) as SystemState;
  assert.deepEqual(state.troubles, []);
});
