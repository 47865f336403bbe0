import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { QueuedCopy, QueueSummary, SmarthostState } from '@waybill/sdk';
import { type ReactNode, useState } from 'react';
import { queueQuery, queueSummaryQuery, sessionQuery, systemQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Segments } from '../design/choice.tsx';
import { Moment } from '../design/moment.tsx';
import { useNow } from '../design/now.ts';
import { useTitle } from '../design/page.tsx';
import { SearchField } from '../design/search-field.tsx';
import { ShowMore } from '../design/show-more.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { Trouble } from '../design/trouble.tsx';
import { DropDialog } from './drop-dialog.tsx';
import { QueueRow } from './queue-row.tsx';
import { queueSentence, untilWords } from './queue-words.ts';

/** Here one watches mail leave, so what is shown is fresher than on other pages. */
const refreshMs = 5_000;

const route = getRouteApi('/inside/settings/queue');

const shows = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'failed', label: 'Failed' },
  { value: 'all', label: 'All' },
] as const;

/** What waits to leave, why, and when it is tried next; with the two things one can do about it. */
export function QueuePage() {
  useTitle('Mail queue');
  const { show = 'waiting' } = route.useSearch();
  const navigate = route.useNavigate();
  const queryClient = useQueryClient();
  const [to, setTo] = useState('');
  const [dropped, setDropped] = useState<QueuedCopy | undefined>(undefined);
  const queue = useInfiniteQuery({
    ...queueQuery({ state: show === 'all' ? undefined : show, to }),
    refetchInterval: refreshMs,
  });
  const summary = useQuery({ ...queueSummaryQuery, refetchOnMount: 'always', refetchInterval: refreshMs });
  const items = queue.data?.pages.flatMap((page) => page.items) ?? [];
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['queue'] });
  const retryAll = useMutation({
    mutationFn: () => request<{ retried: number }>('POST', '/queue/retry'),
    onSettled: refresh,
  });
  return (
    <section aria-label="Mail queue">
      {summary.isPending && <div className="skeleton mb-6 h-7 w-2/3" />}
      {summary.data !== undefined && <Answer summary={summary.data} />}
      {summary.data !== undefined && isPutOff(summary.data) && (
        <Reasons summary={summary.data}>
          <Button busy={retryAll.isPending} onClick={() => retryAll.mutate()}>
            Try all now
          </Button>
        </Reasons>
      )}
      {retryAll.isError && <ProblemNote error={retryAll.error} />}
      <div className="mb-3 flex flex-col gap-3">
        <SearchField
          label="Search the queue"
          placeholder="Part of a recipient’s address"
          value={to}
          onChange={setTo}
        />
        <Segments
          label="Show"
          options={shows}
          value={show}
          onChange={(value) =>
            void navigate({ search: { show: value === 'waiting' ? undefined : value }, replace: true })
          }
        />
      </div>
      {queue.isPending && <SkeletonRows rows={3} label="Loading the queue" />}
      {queue.isError && <ProblemNote error={queue.error} onRetry={() => void queue.refetch()} />}
      {queue.isSuccess && items.length === 0 && <p className="py-6 text-soft">{emptyWords(to, show)}</p>}
      {items.length > 0 && (
        <ul className="border-t border-line" aria-busy={queue.isPlaceholderData}>
          {items.map((copy) => (
            <QueueRow key={copy.id} copy={copy} onDrop={() => setDropped(copy)} onChanged={refresh} />
          ))}
        </ul>
      )}
      <ShowMore listing={queue} label="Show older" />
      {dropped !== undefined && (
        <DropDialog copy={dropped} onClose={() => setDropped(undefined)} onDropped={refresh} />
      )}
    </section>
  );
}

/** Copies are put off for reasons of their own; while the server takes no mail at all, that is said in their place. */
function isPutOff({ byReason, smarthost }: QueueSummary): boolean {
  return byReason.length > 0 && smarthost?.state !== 'down';
}

function emptyWords(to: string, show: (typeof shows)[number]['value']): string {
  if (to !== '') return 'No copy in the queue is for such an address.';
  if (show === 'failed') return 'Nothing failed lately.';
  if (show === 'waiting')
    return 'No copy waits. Each stands here from the moment it is handed in until the next mail server has it.';
  return 'Nothing waits, and nothing failed lately.';
}

function Answer({ summary }: { summary: QueueSummary }) {
  const { data: session } = useQuery(sessionQuery);
  const { data: system } = useQuery(systemQuery);
  const { lead, rest } = queueSentence(summary, session?.workspace.demo === true);
  return (
    <div className="mb-6">
      <h2 className="max-w-[40ch] text-title text-soft">
        <span className="font-semibold text-ink">{lead}</span>
        {rest}
      </h2>
      {system?.wayOut.kind === 'smarthost' && (
        <p className="mt-1 text-soft">
          Mail leaves through <span className="font-mono text-meta text-ink">{system.wayOut.host}</span>.
        </p>
      )}
      {summary.smarthost?.state === 'down' && <Outage smarthost={summary.smarthost} />}
    </div>
  );
}

function Outage({ smarthost: { since, reason, nextTryAt } }: { smarthost: SmarthostState }) {
  const now = useNow();
  const next =
    nextTryAt === null
      ? 'A single copy tries now whether it is back.'
      : `It is tried again ${untilWords(nextTryAt, now)}.`;
  return (
    <Trouble
      text={
        <>
          {since === null ? (
            'It takes no mail'
          ) : (
            <>
              It has taken no mail since <Moment at={since} wording="phrase" />
            </>
          )}
          .{reason !== null && ` ${reason}`}
        </>
      }
      advice={`Nothing is lost: mail is accepted and kept. ${next} If this stays, ask whoever runs it, or check WAYBILL_SMARTHOST_URL.`}
    />
  );
}

function Reasons({ summary, children }: { summary: QueueSummary; children: ReactNode }) {
  return (
    <div className="mb-6 rounded-lg bg-amber-wash px-4 py-3">
      <h3 className="font-medium">What keeps them</h3>
      <ul className="mt-1 mb-3 flex flex-col gap-1 text-soft">
        {summary.byReason.map(({ reason, waiting }) => (
          <li key={reason} className="flex justify-between gap-4">
            <span className="min-w-0 wrap-anywhere">{reason}</span>
            <span className="figures shrink-0">{waiting.toLocaleString('en-GB')}</span>
          </li>
        ))}
      </ul>
      {children}
    </div>
  );
}
