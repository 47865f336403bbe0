import type { ImapFlow } from 'imapflow';
import { AppError } from '../kernel/errors.ts';

/**
 * Finds the folder for sent mail and opens it for reading, so that it can be searched.
 * @param sent its name, or `auto`: the one that bears the mark (RFC 6154), else the one with a usual name
 * @returns its path
 * @throws AppError `not-found` when there is none
 */
export async function openSentFolder(client: ImapFlow, sent: string): Promise<string> {
  const path = sent === 'auto' ? await findSentFolder(client) : sent;
  await client.mailboxOpen(path, { readOnly: true });
  return path;
}

async function findSentFolder(client: ImapFlow): Promise<string> {
  const folders = (await client.list()).filter(({ specialUse }) => specialUse === String.raw`\Sent`);
  const folder = folders.find(({ specialUseSource }) => specialUseSource === 'extension') ?? folders[0];
  if (folder !== undefined) return folder.path;
  throw new AppError('not-found', 'The mailbox has no folder marked for sent mail; name one with sent=.');
}
