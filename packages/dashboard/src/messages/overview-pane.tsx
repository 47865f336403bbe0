import { useQuery } from '@tanstack/react-query';
import type { Overview, VerdictState } from '@waybill/sdk';
import { overviewQuery } from '../api/queries.ts';
import { verdictTone, type VerdictTone } from '../deliveries/verdict-words.ts';
import { DaysChart } from './days-chart.tsx';
import { overviewSentence } from './overview-sentence.ts';

/** The last thirty days beside the list: people's signs, and always the machines' beside them. */
export function OverviewPane() {
  const { data, isError } = useQuery(overviewQuery);
  if (isError && data === undefined) return null;
  return (
    <aside aria-label={`Last ${data?.sinceDays ?? 30} days`} className="hidden xl:block">
      <h2 className="mb-4 font-semibold">Last {data?.sinceDays ?? 30} days</h2>
      {data === undefined ? <div className="skeleton h-56 w-full" /> : <Figures overview={data} />}
    </aside>
  );
}

/** The same answer in one sentence, where there is no room for the pane. */
export function OverviewLine() {
  const { data } = useQuery(overviewQuery);
  if (data === undefined || data.deliveries === 0) return null;
  const { lead, rest } = overviewSentence(data);
  return (
    <p className="-mt-3 mb-5 text-soft xl:hidden">
      <span className={`font-medium ${data.read.atMost > 0 ? 'text-person' : 'text-ink'}`}>{lead}</span>
      {rest}
    </p>
  );
}

function countTones({ states }: Overview): Record<VerdictTone, number> {
  const counts: Record<VerdictTone, number> = { person: 0, machine: 0, trouble: 0, none: 0 };
  for (const [state, count] of Object.entries(states)) counts[verdictTone(state as VerdictState)] += count;
  return counts;
}

function Figures({ overview }: { overview: Overview }) {
  const counts = countTones(overview);
  const rows = [
    { label: 'Read, at least', count: overview.read.atLeast },
    { label: 'Read, at most', count: overview.read.atMost },
    { label: 'Machines only', count: counts.machine },
    { label: 'No sign, which proves nothing', count: counts.none },
    { label: 'Failed or came back', count: counts.trouble },
  ];
  return (
    <div className="flex flex-col gap-8">
      <dl className="flex flex-col">
        <div className="flex justify-between gap-4 border-b border-line pb-2">
          <dt className="font-medium">Deliveries</dt>
          <dd className="font-medium">{overview.deliveries.toLocaleString('en-GB')}</dd>
        </div>
        {rows.map(({ label, count }) => (
          <div key={label} className="flex justify-between gap-4 border-b border-line py-2 text-soft">
            <dt>{label}</dt>
            <dd>{count.toLocaleString('en-GB')}</dd>
          </div>
        ))}
      </dl>
      <DaysChart days={overview.days} />
    </div>
  );
}
