import type { Overview } from '@waybill/sdk';

type Day = Overview['days'][number];

const width = 320;
const height = 64;

/** Two rows of bars on one scale, labelled where they stand, with the same numbers as a table. */
export function DaysChart({ days }: { days: readonly Day[] }) {
  const top = Math.max(1, ...days.map((day) => Math.max(day.people, day.machines)));
  const people = days.reduce((sum, day) => sum + day.people, 0);
  const machines = days.reduce((sum, day) => sum + day.machines, 0);
  return (
    <figure>
      <figcaption className="mb-3 font-medium">Signs a day</figcaption>
      <Bars
        label={`${people.toLocaleString('en-GB')} by people`}
        values={days.map((day) => day.people)}
        top={top}
        kind="person"
      />
      <Bars
        label={`${machines.toLocaleString('en-GB')} by machines`}
        values={days.map((day) => day.machines)}
        top={top}
        kind="machine"
      />
      <div className="flex justify-between text-meta text-faint">
        <span>{dayLabel(days[0])}</span>
        <span>{dayLabel(days.at(-1))}</span>
      </div>
      <details className="mt-2">
        <summary className="inline-block py-1 text-meta text-soft underline underline-offset-2">
          As a table
        </summary>
        <DaysTable days={days} />
      </details>
    </figure>
  );
}

function Bars({
  label,
  values,
  top,
  kind,
}: {
  label: string;
  values: number[];
  top: number;
  kind: 'person' | 'machine';
}) {
  const step = width / Math.max(1, values.length);
  return (
    <div className="mb-3">
      <div className="flex justify-between text-meta">
        <span className={kind === 'person' ? 'font-medium text-person' : 'text-soft'}>{label}</span>
        <span className="text-faint">{top} a day</span>
      </div>
      <svg aria-hidden="true" viewBox={`0 0 ${width} ${height}`} className="h-16 w-full">
        <path d={`M0 .5H${width}M0 ${height - 0.5}H${width}`} className="stroke-line" strokeWidth="1" />
        {values.map((value, index) => {
          const tall = value === 0 ? 0 : Math.max(2, (value / top) * (height - 2));
          const box = { x: index * step + 1.5, y: height - 1 - tall, width: step - 3, height: tall };
          return kind === 'person' ? (
            <rect key={index} {...box} className="fill-person" />
          ) : (
            <rect key={index} {...box} className="fill-machine-wash stroke-machine" strokeWidth="1" />
          );
        })}
      </svg>
    </div>
  );
}

function dayLabel(day: Day | undefined): string {
  if (day === undefined) return '';
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    new Date(day.day),
  );
}

function DaysTable({ days }: { days: readonly Day[] }) {
  return (
    <div className="max-h-64 overflow-y-auto" tabIndex={0} role="region" aria-label="Signs a day, as a table">
      <table className="w-full text-meta">
        <thead className="text-left text-faint">
          <tr>
            <th scope="col" className="py-1 font-medium">
              Day
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              People
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              Machines
            </th>
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.day} className="border-t border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {dayLabel(day)}
              </th>
              <td className="py-1 text-right">{day.people}</td>
              <td className="py-1 text-right">{day.machines}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
