import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { CapturedMail } from '@waybill/sdk';
import { inboxQuery } from '../api/queries.ts';
import { useRowKeys } from '../app/keyboard.ts';
import { buttonClasses } from '../design/button.tsx';
import { Moment } from '../design/moment.tsx';
import { Page, PageHeader, useTitle } from '../design/page.tsx';
import { ShowMore } from '../design/show-more.tsx';
import { Empty, ProblemNote, SkeletonRows } from '../design/states.tsx';
import { DemoBanner } from './demo-banner.tsx';

/** Mails that would have left, had a smarthost been set. */
export function InboxPage() {
  useTitle('Demo inbox');
  useRowKeys();
  const inbox = useInfiniteQuery(inboxQuery);
  const mails = inbox.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader title="Demo inbox" />
      <DemoBanner />
      <div className="mt-5">
        {inbox.isPending && <SkeletonRows label="Loading the demo inbox" />}
        {inbox.isError && <ProblemNote error={inbox.error} onRetry={() => void inbox.refetch()} />}
        {inbox.isSuccess && mails.length === 0 && (
          <Empty title="No mail was captured yet">
            <p>Send one, then open it here as its recipient would, and watch its timeline change.</p>
            <p>
              <Link to="/compose" className={buttonClasses('primary')}>
                Compose
              </Link>
            </p>
          </Empty>
        )}
        {mails.length > 0 && (
          <ul className="border-t border-line">
            {mails.map((mail) => (
              <MailRow key={mail.id} mail={mail} />
            ))}
          </ul>
        )}
        <ShowMore listing={inbox} label="Show older mails" />
      </div>
    </Page>
  );
}

function MailRow({ mail }: { mail: CapturedMail }) {
  return (
    <li className="border-b border-line">
      <Link
        to="/inbox/$mailId"
        params={{ mailId: mail.id }}
        preload={false}
        data-row
        className="-mx-3 flex items-baseline justify-between gap-4 rounded-md px-3 py-3 hover:bg-hover"
      >
        <span className="min-w-0">
          <span dir="auto" className="block truncate text-left font-medium">
            {mail.subject === '' ? '(no subject)' : mail.subject}
          </span>
          <span className="block truncate text-meta text-faint">
            To {mail.recipient}, from {mail.from}
          </span>
        </span>
        <span className="shrink-0 text-meta text-faint">
          <Moment at={mail.capturedAt} />
        </span>
      </Link>
    </li>
  );
}
