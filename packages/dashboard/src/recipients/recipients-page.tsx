import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { RecipientSummary } from '@waybill/sdk';
import { recipientsQuery } from '../api/queries.ts';
import { useRowKeys } from '../app/keyboard.ts';
import { Moment } from '../design/moment.tsx';
import { Page, PageHeader, useTitle } from '../design/page.tsx';
import { SearchField } from '../design/search-field.tsx';
import { ShowMore } from '../design/show-more.tsx';
import { Empty, ProblemNote, SkeletonRows } from '../design/states.tsx';
import { VerdictMark } from '../design/verdict-mark.tsx';
import { recipientSigns } from './recipient-signs.ts';

const route = getRouteApi('/inside/recipients');

/** Everyone who was written to, with what is known in sum; a row leads to their mails. */
export function RecipientsPage() {
  useTitle('Recipients');
  useRowKeys();
  const { query } = route.useSearch();
  const navigate = route.useNavigate();
  const recipients = useInfiniteQuery(recipientsQuery(query));
  const items = recipients.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader title="Recipients" lead="Whom your mails went to. Who objected is never tracked again." />
      <SearchField
        label="Search recipients"
        placeholder="Part of an address"
        value={query ?? ''}
        onChange={(value) =>
          void navigate({ search: { query: value === '' ? undefined : value }, replace: true })
        }
      />
      <div className="mt-4">
        {recipients.isPending && <SkeletonRows label="Loading recipients" />}
        {recipients.isError && (
          <ProblemNote error={recipients.error} onRetry={() => void recipients.refetch()} />
        )}
        {recipients.isSuccess && items.length === 0 && (
          <Empty title={query === undefined ? 'Nobody was written to yet' : 'Nobody matches'}>
            <p>
              {query === undefined
                ? 'Everyone you send a mail to through Waybill is listed here.'
                : 'Part of an address is enough, such as a name or a domain.'}
            </p>
          </Empty>
        )}
        {items.length > 0 && (
          <ul className="@container border-t border-line">
            {items.map((recipient) => (
              <RecipientRow key={recipient.address} recipient={recipient} />
            ))}
          </ul>
        )}
        <ShowMore listing={recipients} label="Show more" />
      </div>
    </Page>
  );
}

function RecipientRow({ recipient }: { recipient: RecipientSummary }) {
  const signs = recipientSigns(recipient.states);
  return (
    <li className="border-b border-line">
      <Link
        to="/"
        search={{ query: recipient.address }}
        data-row
        className="-mx-3 grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 rounded-md px-3 py-3 hover:bg-hover @lg:grid-cols-[minmax(0,1fr)_17rem_5.5rem]"
      >
        <span className="col-span-2 min-w-0 @lg:col-span-1">
          <span className="block truncate font-medium">{recipient.address}</span>
          <span className="block text-meta text-faint">
            {recipient.deliveries === 1 ? '1 mail' : `${recipient.deliveries} mails`}
            {recipient.objectedAt !== null && (
              <>
                {' · objected '}
                <Moment at={recipient.objectedAt} />
              </>
            )}
          </span>
        </span>
        <span className="flex flex-wrap gap-x-4">
          {signs.map(({ state, words }) => (
            <span key={state} className="inline-flex items-center gap-1.5 whitespace-nowrap text-soft">
              <VerdictMark verdict={{ state, confidence: state === 'probably-read' ? 0.75 : 1 }} size={14} />
              {words}
            </span>
          ))}
        </span>
        <span className="text-right text-meta text-faint @lg:text-body">
          {recipient.lastSignAt !== null && (
            <>
              <span className="sr-only">Last sign </span>
              <Moment at={recipient.lastSignAt} />
            </>
          )}
        </span>
      </Link>
    </li>
  );
}
