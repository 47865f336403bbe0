/** Senders' own mailboxes: reports and replies found in them, copies of sent mail put there. The room's public file. */
export { readMailboxAccounts, type MailboxAccount } from './account.ts';
export {
  AccessTokens,
  type OauthClient,
  type RotatedToken,
  type RotatedTokens,
  type TokenHttp,
} from './access-tokens.ts';
export { checkMailbox, type MailboxCheck } from './check.ts';
export type { FolderCursor, MailboxStore, SentCopy, SentCopyEnd } from './ports.ts';
export { DEFAULT_MAILBOX_TIMING, type MailboxTiming } from './timing.ts';
export { Mailboxes, type FolderState, type MailboxState } from './watched-mailboxes.ts';
