import { geoNaturalEarth1, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import atlas from 'world-atlas/countries-110m.json';
import { countryNumber } from './country-numbers.ts';
import type { MapMark } from './map-marks.ts';

const width = 640;
const height = 300;
// JSON is imported with wider types than TopoJSON's own.
const topology = atlas as unknown as Parameters<typeof feature>[0];
const world = feature(
  topology,
  topology.objects['countries'] ?? { type: 'GeometryCollection', geometries: [] },
);
// Antarctica (010) reads no mail and would take a quarter of the height.
const countries = 'features' in world ? world.features.filter((country) => country.id !== '010') : [];
const projection = geoNaturalEarth1().fitSize([width, height], {
  type: 'FeatureCollection',
  features: countries,
});
const path = geoPath(projection);
const shapes = countries.map((country) => ({ id: String(country.id ?? ''), drawing: path(country) ?? '' }));

/** A small world: a dot for a city, a shaded country for a country. The list beside it says the same. */
export function WorldMap({ marks }: { marks: readonly MapMark[] }) {
  const shaded = new Map(
    marks
      .filter((mark) => mark.grain === 'country')
      .map((mark) => [countryNumber(mark.country ?? ''), mark.kind]),
  );
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label(marks)} className="w-full">
      {shapes.map(({ id, drawing }, index) => (
        <path
          key={`${id} ${index}`}
          d={drawing}
          className={shaded.has(id) ? shade(shaded.get(id)) : 'fill-land stroke-paper'}
          strokeWidth="0.75"
        />
      ))}
      {marks.map((mark) => {
        const at = mark.point === undefined ? null : projection(mark.point);
        if (at === null) return null;
        // A country too small for this map's shapes is ringed instead of shaded.
        if (mark.grain === 'country') {
          return shapes.some(({ id }) => id === countryNumber(mark.country ?? '')) ? null : (
            <circle
              key={mark.name}
              cx={at[0]}
              cy={at[1]}
              r="9"
              fill="none"
              className="stroke-person"
              strokeWidth="2.5"
            />
          );
        }
        return (
          <circle
            key={`${mark.name} ${mark.kind}`}
            cx={at[0]}
            cy={at[1]}
            r="8"
            strokeWidth="3"
            className={mark.kind === 'person' ? 'fill-person stroke-paper' : 'fill-paper stroke-machine'}
          />
        );
      })}
    </svg>
  );
}

function shade(kind: MapMark['kind'] | undefined): string {
  return kind === 'person' ? 'fill-person stroke-paper' : 'fill-machine stroke-paper';
}

function label(marks: readonly MapMark[]): string {
  return `World map with ${marks.map((mark) => mark.name).join('; ')}`;
}
