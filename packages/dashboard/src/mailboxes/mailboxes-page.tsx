import { useQuery } from '@tanstack/react-query';
import type { WatchedFolder, WatchedMailbox } from '@waybill/sdk';
import { mailboxesQuery } from '../api/queries.ts';
import { CopyLine } from '../design/copy.tsx';
import { Moment } from '../design/moment.tsx';
import { Section, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { StateDot } from '../design/state-dot.tsx';
import { Trouble } from '../design/trouble.tsx';
import { adviceFor, folderWord, troublesOf, yieldWords } from './mailbox-words.ts';

/** The senders' own mailboxes: what is watched, when it was looked through, and what keeps it. */
export function MailboxesPage() {
  useTitle('Mailboxes');
  const mailboxes = useQuery(mailboxesQuery);
  return (
    <Section
      title="Watched mailboxes"
      lead="Bounces, receipts and replies come back into a sender’s own mailbox. Waybill reads them there over IMAP, changes nothing, and keeps only what they say about your mails."
    >
      {mailboxes.isPending && <SkeletonRows rows={2} label="Loading mailboxes" />}
      {mailboxes.isError && <ProblemNote error={mailboxes.error} onRetry={() => void mailboxes.refetch()} />}
      {mailboxes.data?.length === 0 && <NoneYet />}
      {mailboxes.data !== undefined && mailboxes.data.length > 0 && (
        <ul className="flex flex-col gap-8">
          {mailboxes.data.map((mailbox) => (
            <MailboxItem key={mailbox.number} mailbox={mailbox} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function MailboxItem({ mailbox }: { mailbox: WatchedMailbox }) {
  return (
    <li>
      <h3 className="font-medium break-words">
        {mailbox.address} <span className="font-normal text-faint">at {mailbox.host}</span>
      </h3>
      {troublesOf(mailbox).map((trouble) => (
        <Trouble key={trouble.text} text={trouble.text} advice={adviceFor(trouble)} />
      ))}
      <ul className="mt-2 border-t border-line">
        {mailbox.folders.map((folder) => (
          <FolderRow key={folder.name} folder={folder} />
        ))}
        {mailbox.sent !== null && (
          <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 border-b border-line py-2.5">
            <span>Copies of sent mail</span>
            <StateDot isGood={mailbox.sent.trouble === null}>
              {mailbox.sent.trouble === null ? 'Put into its Sent folder' : 'Waiting'}
            </StateDot>
          </li>
        )}
      </ul>
    </li>
  );
}

function FolderRow({ folder }: { folder: WatchedFolder }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 border-b border-line py-2.5">
      <span className="min-w-0 truncate">{folder.name}</span>
      <StateDot isGood={folder.state === 'watched'} isOpen={folder.state === 'connecting'}>
        {folderWord(folder)}
      </StateDot>
      <span className="text-meta text-faint">{yieldWords(folder)}</span>
      <span className="text-right text-meta text-faint">
        {folder.lastLookAt !== null && (
          <>
            last look <Moment at={folder.lastLookAt} />
          </>
        )}
      </span>
    </li>
  );
}

function NoneYet() {
  return (
    <div className="flex max-w-[64ch] flex-col gap-4 text-soft">
      <p>
        No mailbox is watched. You do not need one to see openings and clicks; with one, bounces, reading
        receipts and answers appear on the timeline as well. Name it when you start Waybill:
      </p>
      <CopyLine
        what="the setting"
        text="WAYBILL_IMAP_ACCOUNTS='imaps://ann%40example.org:app-password@imap.example.org/?address=ann@example.org&sent=auto'"
      />
      <p>Then this says, folder by folder, what works and what does not:</p>
      <CopyLine what="the command" text="npm run waybill -- mailbox check" />
    </div>
  );
}
