import type { WatchedFolder, WatchedMailbox } from '@waybill/sdk';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { FolderState, MailboxState } from '../mailboxes/mailboxes.ts';

/** A workspace's mailboxes as the API tells of them. */
export function mailboxesOf(states: readonly MailboxState[], workspaceId: WorkspaceId): WatchedMailbox[] {
  return states
    .filter((state) => state.workspaceId === workspaceId)
    .map(({ number, address, host, folders, takesSent, sentTrouble }) => ({
      number,
      address,
      host,
      folders: folders.map(folderOf),
      sent: takesSent ? { trouble: sentTrouble ?? null } : null,
    }));
}

function folderOf({ folder, isUp, trouble, lastLookAt, counts }: FolderState): WatchedFolder {
  return {
    name: folder,
    state: isUp ? 'watched' : trouble === undefined ? 'connecting' : 'trouble',
    trouble: trouble ?? null,
    lastLookAt: lastLookAt === undefined ? null : new Date(lastLookAt).toISOString(),
    looked: counts.looked,
    skipped: counts.skipped,
    reports: [...counts.taken].reduce((sum, [kind, count]) => (kind === 'none' ? sum : sum + count), 0),
  };
}
