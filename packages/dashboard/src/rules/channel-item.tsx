import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Channel } from '@waybill/sdk';
import { channelsQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { ProblemNote } from '../design/states.tsx';
import { channelKindLabel, channelTarget } from './trigger-words.ts';

interface TestResult {
  delivered: boolean;
  detail: string;
}

export function ChannelItem({ channel, onEdit }: { channel: Channel; onEdit: () => void }) {
  const queryClient = useQueryClient();
  const test = useMutation({
    mutationFn: () => request<TestResult>('POST', `/channels/${channel.id}/test`),
    onSettled: () => queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey }),
  });
  const kind = channelKindLabel(channel.config.kind);
  const target = channelTarget(channel.config);
  // A name that Waybill gave says both already.
  const isNew = (text: string) => !channel.name.toLowerCase().includes(text.toLowerCase());
  return (
    <li className="border-b border-line py-3 last:border-b-0">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <div className="min-w-0">
          <p className="font-medium wrap-anywhere">
            {channel.name}
            {isNew(kind) && <span className="font-normal text-faint"> {kind}</span>}
          </p>
          {isNew(target) && <p className="text-soft break-all">{target}</p>}
          <p className="text-meta text-faint">
            {channel.lastSentAt === null ? (
              'Nothing sent yet'
            ) : (
              <>
                Last sent <Moment at={channel.lastSentAt} />
              </>
            )}
          </p>
        </div>
        <div className="-ml-3.5 flex shrink-0 gap-1 sm:ml-0">
          <Button look="quiet" onClick={onEdit} aria-label={`Change the channel ${channel.name}`}>
            Change
          </Button>
          <Button
            busy={test.isPending}
            onClick={() => test.mutate()}
            aria-label={`Send a test to ${channel.name}`}
          >
            {test.isPending ? 'Sending' : 'Send a test'}
          </Button>
        </div>
      </div>
      <div aria-live="polite">
        {test.data !== undefined && <TestNote result={test.data} />}
        {test.isError && <ProblemNote error={test.error} />}
      </div>
      {channel.lastError !== null && test.data === undefined && (
        <p className="mt-2 flex gap-2 text-amber">
          <Icon name="warning" className="mt-0.5" />
          <span>{channel.lastError} Waybill tries again by itself.</span>
        </p>
      )}
    </li>
  );
}

function TestNote({ result }: { result: TestResult }) {
  return (
    <p className={`mt-2 flex gap-2 ${result.delivered ? 'text-soft' : 'text-amber'}`}>
      <Icon name={result.delivered ? 'check' : 'warning'} className="mt-0.5" />
      <span className="min-w-0 break-words">{result.detail}</span>
    </p>
  );
}
