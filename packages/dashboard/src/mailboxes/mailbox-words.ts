import type { MailboxTrouble, WatchedFolder, WatchedMailbox } from '@waybill/sdk';

/** What to do about each kind of trouble; the trouble's own sentence has said what it is. */
const advice: Record<MailboxTrouble['kind'], string> = {
  'sign-in':
    'Put the right user name and password into WAYBILL_IMAP_ACCOUNTS and start again. Many providers want an app password; Microsoft 365 takes none and wants auth=oauth (docs/mailboxes.md).',
  certificate:
    'Check that the host name is the one that the provider gives. For a certificate of your own, make its authority known with NODE_EXTRA_CA_CERTS.',
  'no-tls': 'Write imaps:// instead of imap:// in WAYBILL_IMAP_ACCOUNTS, and start again.',
  network: 'It is tried again by itself, with growing pauses. If it stays, check host, port and firewall.',
  folder: 'Correct the folder’s name (watch=…) in WAYBILL_IMAP_ACCOUNTS, and start again.',
  refused: 'It is tried again by itself, with growing pauses. If it stays, ask whoever runs the mail server.',
  store: 'It is tried again by itself. If it stays, see Settings, System.',
};

export function adviceFor({ kind }: MailboxTrouble): string {
  return advice[kind];
}

export function folderWord({ state }: Pick<WatchedFolder, 'state'>): string {
  return { connecting: 'Connecting', watched: 'Watched', trouble: 'Not watched' }[state];
}

/** Every trouble of a mailbox once, though several folders may have the same. */
export function troublesOf({ folders, sent }: WatchedMailbox): MailboxTrouble[] {
  const all = [...folders.map(({ trouble }) => trouble), sent?.trouble ?? null].filter(
    (trouble) => trouble !== null,
  );
  return all.filter((trouble, index) => all.findIndex(({ text }) => text === trouble.text) === index);
}

const count = (number: number, one: string, many: string): string =>
  `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`;

/** `412 messages looked at, 3 reports or replies among them`: what came of watching since the start. */
export function yieldWords({ looked, skipped, reports }: WatchedFolder): string {
  if (looked === 0) return 'Nothing new since the start';
  const found = `${count(looked, 'message', 'messages')} looked at, ${count(reports, 'report or reply', 'reports or replies')} among them`;
  return skipped === 0 ? found : `${found}; ${skipped} could not be read`;
}
