import type { DeliveryDetail, Event } from '@waybill/sdk';
import { isCapture, isSure, kindOf } from './actor-words.ts';
import { verdictTone } from './verdict-words.ts';

export type StationKey = 'sent' | 'delivered' | 'loaded' | 'read' | 'clicked' | 'replied';

/**
 * `transport`: the mail itself got here · `person`: a person did · `probable`: probably a person ·
 * `machine`: machines only · `implied`: nobody reported it, but a later station shows it ·
 * `trouble`: it ended here · `ahead`: not reached.
 */
export type StationState = 'transport' | 'person' | 'probable' | 'machine' | 'implied' | 'trouble' | 'ahead';

export interface Station {
  key: StationKey;
  label: string;
  state: StationState;
  /** When it was reached first, if that is known. */
  at?: string;
  /** A few words that belong to the state, for sighted and hearing readers alike. */
  note?: string;
}

type Travelled = Pick<DeliveryDetail, 'verdict' | 'events' | 'sentAt'>;

/** The parcel's way, station by station. Later signs fill earlier stations that nobody reported. */
export function stationsOf(delivery: Travelled): Station[] {
  const stations = [
    sentStation(delivery),
    deliveredStation(delivery),
    loadedStation(delivery),
    readStation(delivery),
    clickedStation(delivery),
    repliedStation(delivery),
  ];
  const last = stations.findLastIndex((station) => station.state !== 'ahead' && station.state !== 'trouble');
  return stations.map((station, index) =>
    index < last ? implied(station, stations.slice(index + 1)) : station,
  );
}

/** Whoever answers has had the mail; a fetch by a machine shows only that it arrived. */
function implied(station: Station, later: Station[]): Station {
  if (station.state !== 'ahead') return station;
  const seenByPerson = later.some((other) => other.state === 'person' || other.state === 'probable');
  const arrived = seenByPerson || later.some((other) => other.state === 'machine');
  if (station.key === 'clicked') return station;
  if (station.key === 'loaded')
    return seenByPerson ? { ...station, note: 'images were not loaded' } : station;
  if (station.key === 'read') return seenByPerson ? { ...station, state: 'implied' } : station;
  return arrived && station.note === undefined ? { ...station, state: 'implied' } : station;
}

const first = (events: readonly Event[], matches: (event: Event) => boolean) => events.find(matches);

function reached(
  key: StationKey,
  label: string,
  state: StationState,
  at?: string | null,
  note?: string,
): Station {
  return {
    key,
    label,
    state,
    ...(at === undefined || at === null ? {} : { at }),
    ...(note === undefined ? {} : { note }),
  };
}

function isCaptured({ verdict, events }: Pick<Travelled, 'verdict' | 'events'>): boolean {
  return verdict.state === 'captured' || events.some(isCapture);
}

function sentStation({ verdict, events, sentAt }: Travelled): Station {
  if (verdict.state === 'queued') return reached('sent', 'Queued', 'ahead', undefined, 'waiting');
  if (verdict.state === 'failed') return reached('sent', 'Not sent', 'trouble', events.at(-1)?.at);
  const captured = isCaptured({ verdict, events });
  const at = sentAt ?? first(events, (event) => event.type === 'relayed')?.at;
  return captured
    ? reached('sent', 'Captured', 'transport', at ?? events[0]?.at, 'demo inbox')
    : reached('sent', 'Sent', 'transport', at ?? events[0]?.at);
}

function deliveredStation({ verdict, events }: Travelled): Station {
  const bounce = first(events, (event) => event.type === 'bounced');
  if (bounce !== undefined && verdictTone(verdict.state) !== 'person') {
    return reached('delivered', 'Came back', 'trouble', bounce.at);
  }
  // Nothing leaves the demo inbox, so no later sign implies a delivery.
  if (isCaptured({ verdict, events }))
    return reached('delivered', 'Delivered', 'ahead', undefined, 'not in the demo');
  const delivered = first(events, (event) => event.type === 'delivered');
  return delivered === undefined
    ? reached('delivered', 'Delivered', 'ahead')
    : reached('delivered', 'Delivered', 'transport', delivered.at);
}

function loadedStation({ events }: Travelled): Station {
  const loads = events.filter((event) => event.type === 'opened' && event.actor !== 'self');
  const byPerson = first(loads, (event) => kindOf(event.actor) === 'person');
  const surely = first(loads, isSure);
  if (surely !== undefined || byPerson !== undefined) {
    // That it was loaded is a fact; who did it is drawn as surely as it is known.
    const state = surely === undefined ? 'probable' : 'person';
    return reached('loaded', 'Loaded', state, (byPerson ?? surely)?.at);
  }
  const load = loads[0] ?? first(events, (event) => event.type === 'clicked' && event.actor !== 'self');
  return load === undefined
    ? reached('loaded', 'Loaded', 'ahead')
    : reached('loaded', 'Loaded', 'machine', load.at, 'by a machine');
}

function readStation({ verdict, events }: Travelled): Station {
  const reading = first(
    events,
    (event) => event.type === 'receipt' || (event.type === 'opened' && kindOf(event.actor) === 'person'),
  );
  if (verdict.state === 'probably-read') return reached('read', 'Probably read', 'probable', reading?.at);
  if (reading === undefined) return reached('read', 'Read', verdict.state === 'read' ? 'person' : 'ahead');
  return reached('read', 'Read', 'person', reading.at);
}

function clickedStation({ verdict, events }: Travelled): Station {
  const clicks = events.filter((event) => event.type === 'clicked' && event.actor !== 'self');
  const byPerson = first(clicks, (event) => kindOf(event.actor) === 'person');
  if (byPerson !== undefined || verdict.state === 'clicked') {
    return reached('clicked', 'Link followed', 'person', byPerson?.at);
  }
  return clicks[0] === undefined
    ? reached('clicked', 'Link followed', 'ahead')
    : reached('clicked', 'Links checked', 'machine', clicks[0].at, 'by a machine');
}

function repliedStation({ verdict, events }: Travelled): Station {
  const answer = first(events, (event) => event.type === 'replied');
  if (answer !== undefined || verdict.state === 'replied')
    return reached('replied', 'Answered', 'person', answer?.at);
  const automatic = first(events, (event) => event.type === 'auto-replied');
  return automatic === undefined
    ? reached('replied', 'Answered', 'ahead')
    : reached('replied', 'Automatic reply', 'machine', automatic.at, 'by a machine');
}
