import type { DeliveryDetail } from '@waybill/sdk';
import { classes } from '../design/classes.ts';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { type Station, type StationState, stationsOf } from './stations.ts';

/** What each station's shape says, in words, for those who hear the page. */
const spoken: Record<StationState, string> = {
  transport: 'reached',
  person: 'reached by a person',
  probable: 'probably reached by a person',
  machine: 'reached by a machine only',
  implied: 'not reported, but must have been',
  trouble: 'ended here',
  ahead: 'no sign of it',
};

/** The parcel's way: across on wide screens, down on narrow ones. */
export function Way({ delivery }: { delivery: DeliveryDetail }) {
  const stations = stationsOf(delivery);
  return (
    <section aria-label="The way so far" className="@container mb-9">
      <h2 className="sr-only">The way so far</h2>
      <ol className="flex flex-col @xl:grid @xl:grid-cols-6">
        {stations.map((station, index) => (
          <StationItem key={station.key} station={station} next={stations[index + 1]} />
        ))}
      </ol>
    </section>
  );
}

function StationItem({ station, next }: { station: Station; next: Station | undefined }) {
  const ahead = station.state === 'ahead';
  return (
    <li className="relative flex min-h-11 gap-3 pb-3 last:min-h-0 last:pb-0 @xl:min-h-0 @xl:flex-col @xl:gap-2 @xl:pb-0">
      {next !== undefined && <Leg travelled={isPassed(station) && isPassed(next)} />}
      <StationMark state={station.state} />
      <div className="flex min-w-0 flex-1 justify-between gap-3 @xl:block @xl:pr-2">
        <p className={ahead ? 'text-faint' : 'font-medium'}>
          {station.label}
          <span className="sr-only">: {spoken[station.state]}</span>
          {station.note !== undefined && (
            <span className="block text-meta font-normal text-faint">{station.note}</span>
          )}
        </p>
        {station.at !== undefined && (
          <p className="text-meta text-faint">
            <Moment at={station.at} />
          </p>
        )}
      </div>
    </li>
  );
}

function isPassed({ state }: Station): boolean {
  return state !== 'ahead' && state !== 'trouble';
}

/** The leg to the next station: solid when it was travelled, dotted when nobody knows. */
function Leg({ travelled }: { travelled: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={classes(
        'absolute border-l-[1.5px] @xl:border-t-[1.5px] @xl:border-l-0',
        'top-6 bottom-0.5 left-[0.6875rem] @xl:top-[0.6875rem] @xl:right-1 @xl:bottom-auto @xl:left-7',
        travelled ? 'border-ink' : 'border-dotted border-edge',
      )}
    />
  );
}

function StationMark({ state }: { state: StationState }) {
  const base = 'flex size-6 shrink-0 items-center justify-center';
  switch (state) {
    case 'transport':
      return (
        <span aria-hidden="true" className={`${base} rounded-full bg-button text-on-button`}>
          <Icon name="check" size={14} />
        </span>
      );
    case 'person':
      return (
        <span aria-hidden="true" className={`${base} rounded-full bg-person text-on-person`}>
          <Icon name="person" size={14} />
        </span>
      );
    case 'probable':
      return (
        <span aria-hidden="true" className={`${base} rounded-full border-2 border-person text-person`}>
          <Icon name="person" size={14} />
        </span>
      );
    case 'machine':
      return (
        <span aria-hidden="true" className={`${base} rounded-sm border-[1.5px] border-machine text-machine`}>
          <Icon name="gear" size={14} />
        </span>
      );
    case 'implied':
      return (
        <span aria-hidden="true" className={`${base} rounded-full border-[1.5px] border-ink text-ink`}>
          <Icon name="check" size={14} />
        </span>
      );
    case 'trouble':
      return (
        <span aria-hidden="true" className={`${base} text-amber`}>
          <Icon name="warning" size={18} />
        </span>
      );
    case 'ahead':
      return (
        <span aria-hidden="true" className={base}>
          <span className="size-3 rounded-full border-[1.5px] border-dotted border-edge" />
        </span>
      );
  }
}
