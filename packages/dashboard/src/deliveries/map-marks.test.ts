import assert from 'node:assert/strict';
import test from 'node:test';
import type { Event } from '@waybill/sdk';
import { mapMarks } from './map-marks.ts';

const opening = (event: Partial<Event>): Event => ({
  at: '2026-11-23T12:00:00.000Z',
  type: 'opened',
  actor: 'human',
  ...event,
});
const bern = { grain: 'city', country: 'CH', city: 'Bern', latitude: 46.9, longitude: 7.4 } as const;

test('a city becomes one dot, however often it was the place', () => {
  const { marks } = mapMarks([opening({ place: bern }), opening({ place: bern })]);
  assert.deepEqual(marks, [
    { name: 'Bern, Switzerland', kind: 'person', grain: 'city', country: 'CH', point: [7.4, 46.9], count: 2 },
  ]);
});

test('a region is shaded as its country and never drawn as a dot', () => {
  const { marks } = mapMarks([
    opening({ place: { grain: 'region', country: 'DE', region: 'Bavaria', latitude: 48, longitude: 11 } }),
  ]);
  assert.equal(marks[0]?.grain, 'country');
  assert.equal(marks[0]?.name, 'Bavaria, Germany');
});

test('proxies, machines, the local network and the sender leave no mark', () => {
  const result = mapMarks([
    opening({ actor: 'human-via-proxy', place: bern, network: { kind: 'image-proxy', owner: 'Google LLC' } }),
    opening({ actor: 'scanner', place: bern }),
    opening({ place: { grain: 'local-network' } }),
    opening({ actor: 'self', place: bern }),
    opening({ place: { grain: 'unknown' } }),
  ]);
  assert.deepEqual(result, { marks: [], hiddenByProxy: 1, local: 1, machines: 1 });
});
