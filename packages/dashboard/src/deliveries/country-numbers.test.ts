import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { countryNumber } from './country-numbers.ts';
import { countryName } from './origin-words.ts';

interface Atlas {
  objects: { countries: { geometries: { id?: string; properties: { name: string } }[] } };
}

const file = createRequire(import.meta.url).resolve('world-atlas/countries-110m.json');
const atlas = JSON.parse(readFileSync(file, 'utf8')) as Atlas;
const shapes = new Map(atlas.objects.countries.geometries.map(({ id, properties }) => [id, properties.name]));
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
const codes = letters
  .flatMap((a) => letters.map((b) => a + b))
  .filter((code) => countryNumber(code) !== undefined);

test('every shape of the map that has a number can be found by its letters', () => {
  const found = new Set(codes.map(countryNumber));
  assert.deepEqual(
    [...shapes.keys()].filter((id) => id !== undefined && !found.has(id)),
    [],
  );
});

test('letters and number mean the same country', () => {
  // The map abbreviates; the first letters of some longer word in common are enough to catch a slip.
  const others: Record<string, string> = {
    CD: 'Dem. Rep. Congo',
    CI: "Côte d'Ivoire",
    CF: 'Central African Rep.',
    EH: 'W. Sahara',
    SZ: 'eSwatini',
    FK: 'Falkland Is.',
    TF: 'Fr. S. Antarctic Lands',
    LA: 'Laos',
    MM: 'Myanmar',
    TL: 'Timor-Leste',
    CZ: 'Czechia',
    GB: 'United Kingdom',
    BA: 'Bosnia and Herz.',
    TR: 'Turkey',
    SS: 'S. Sudan',
    GQ: 'Eq. Guinea',
    KP: 'North Korea',
    KR: 'South Korea',
    SB: 'Solomon Is.',
    DO: 'Dominican Rep.',
    MK: 'Macedonia',
    PS: 'Palestine',
    US: 'United States of America',
  };
  for (const code of codes) {
    const shape = shapes.get(countryNumber(code));
    if (shape === undefined) continue;
    const expected = others[code] ?? countryName(code);
    assert.equal(shape.slice(0, 5), expected.slice(0, 5), code);
  }
});
