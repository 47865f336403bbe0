import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { QueuedCopy } from '@waybill/sdk';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Moment } from '../design/moment.tsx';
import { useNow } from '../design/now.ts';
import { StateDot } from '../design/state-dot.tsx';
import { ProblemNote } from '../design/states.tsx';
import { attemptsWords, untilWords } from './queue-words.ts';

/** One copy: what it is, what keeps it, when it is tried next, and what can be done. */
export function QueueRow({
  copy,
  onDrop,
  onChanged,
}: {
  copy: QueuedCopy;
  onDrop: () => void;
  onChanged: () => unknown;
}) {
  const retry = useMutation({
    mutationFn: () => request<{ retried: number }>('POST', `/queue/${copy.id}/retry`),
    onSettled: () => onChanged(),
  });
  const subject = copy.subject === '' ? '(no subject)' : copy.subject;
  return (
    <li className="border-b border-line py-3">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
        <div className="min-w-0 flex-1 basis-60">
          <p className="truncate font-medium" dir="auto">
            {copy.trackingNumber === null ? (
              subject
            ) : (
              <Link
                to="/deliveries/$trackingNumber"
                params={{ trackingNumber: copy.trackingNumber }}
                className="-my-3 inline-block max-w-full truncate py-3 hover:underline md:my-0 md:py-0"
              >
                {subject}
              </Link>
            )}
          </p>
          <p className="truncate text-meta text-faint">
            To {copy.recipient}, from {copy.from === '' ? copy.sender : copy.from}
          </p>
        </div>
        {copy.state === 'waiting' && (
          <div className="-ml-3.5 flex gap-1 sm:ml-0">
            <Button
              look="quiet"
              busy={retry.isPending}
              onClick={() => retry.mutate()}
              aria-label={`Try now: “${subject}” to ${copy.recipient}`}
            >
              Try now
            </Button>
            <Button look="quiet" onClick={onDrop} aria-label={`Take out: “${subject}” to ${copy.recipient}`}>
              Take out
            </Button>
          </div>
        )}
      </div>
      <State copy={copy} />
      {copy.lastError !== null && (
        <p className="mt-1 max-w-[72ch] text-soft wrap-anywhere">{copy.lastError}</p>
      )}
      {retry.isError && <ProblemNote error={retry.error} />}
    </li>
  );
}

function State({ copy }: { copy: QueuedCopy }) {
  const now = useNow();
  if (copy.state === 'failed') {
    return (
      <p className="mt-1 text-meta">
        <StateDot isGood={false}>
          Failed
          {copy.finishedAt !== null && (
            <>
              {' '}
              <Moment at={copy.finishedAt} wording="phrase" />
            </>
          )}
        </StateDot>
      </p>
    );
  }
  if (copy.state !== 'waiting') {
    return (
      <p className="mt-1 text-meta">
        <StateDot isGood>{copy.state === 'sending' ? 'On its way' : 'Its outcome is being noted'}</StateDot>
      </p>
    );
  }
  return (
    <p className="mt-1 flex flex-wrap gap-x-4 text-meta text-faint">
      <StateDot isGood={false} isOpen>
        {copy.nextAttemptAt === null ? 'Waits' : `Next attempt ${untilWords(copy.nextAttemptAt, now)}`}
      </StateDot>
      <span>{attemptsWords(copy)}</span>
      <span>Given up {untilWords(copy.expiresAt, now)}</span>
    </p>
  );
}
