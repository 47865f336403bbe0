import { useQuery } from '@tanstack/react-query';
import type { Overview } from '@waybill/sdk';
import { overviewQuery } from '../api/queries.ts';
import { verdictTone } from '../deliveries/verdict-words.ts';
import { DaysChart } from './days-chart.tsx';

/** The last thirty days beside the list: people's signs, and always the machines' beside them. */
export function OverviewPane() {
  const { data } = useQuery(overviewQuery);
  return (
    <aside aria-label={`Last ${data?.sinceDays ?? 30} days`} className="hidden xl:block">
      <h2 className="mb-4 font-semibold">Last {data?.sinceDays ?? 30} days</h2>
      {data === undefined ? <div className="skeleton h-56 w-full" /> : <Figures overview={data} />}
    </aside>
  );
}

function Figures({ overview }: { overview: Overview }) {
  const counts = { person: 0, machine: 0, trouble: 0, none: 0 };
  for (const [state, count] of Object.entries(overview.states)) {
    counts[verdictTone(state as keyof Overview['states'])] += count;
  }
  const rows = [
    { label: 'Read, surely or probably', count: counts.person },
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
