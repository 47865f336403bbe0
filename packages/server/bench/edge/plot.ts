import type { Measurement } from './measure.ts';
import { summary, type Report } from './report.ts';

const WIDTH = 760;
const LEFT = 170;
const BAR = 18;
const COLOURS: Record<string, string> = {
  nginx: '#8a8f98',
  'bare node:http': '#b9bec7',
  pixel: '#0b7a75',
  link: '#3aa39d',
  'forged pixel': '#9bd3cf',
  peer: '#c2703d',
};

/** Requests for each second of the server's CPU as bars, which other work on the machine disturbs least; a group for each way of connecting. */
export function plot(report: Report): string {
  const rows = summary(report.results);
  const groups = [...Map.groupBy(rows, title)];
  const most = Math.max(...rows.map(({ perCpuSecond }) => perCpuSecond));
  let y = 56;
  const parts: string[] = [];
  for (const [name, group] of groups) {
    parts.push(`<text x="16" y="${y + 14}" font-weight="600">${name}</text>`);
    y += 24;
    for (const row of group) {
      parts.push(bar(row, y, most));
      y += BAR + 5;
    }
    y += 12;
  }
  const { cpu, node } = report.machine;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 12}" font-family="system-ui, sans-serif" font-size="13" fill="#1d2733">
<rect width="${WIDTH}" height="${y + 12}" fill="#ffffff"/>
<text x="16" y="24" font-size="16" font-weight="700">Requests for each second of CPU</text>
<text x="16" y="42" fill="#5b6673">Pixel and link are durable before the answer; nginx writes its log without fsync. ${cpu}, Node ${node}</text>
${parts.join('\n')}
</svg>
`;
}

function title({ connections, keepAlive }: Measurement): string {
  return `${connections} ${connections === 1 ? 'connection' : 'connections'}, ${keepAlive ? 'kept open' : 'a new one for each request'}`;
}

function bar({ subject, perCpuSecond, p99Ms }: Measurement, y: number, most: number): string {
  const width = Math.max(1, (perCpuSecond / most) * (WIDTH - LEFT - 190));
  const label = `${perCpuSecond.toLocaleString('en')} · p99 ${p99Ms} ms`;
  return `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${subject}</text><rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${COLOURS[subject] ?? '#555'}"/><text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 13}" fill="#5b6673">${label}</text>`;
}
