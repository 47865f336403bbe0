import type { RunningServer } from './server.ts';

/** All samples of `/metrics`, by name with labels. */
export async function metricsOf(server: Pick<RunningServer, 'url'>): Promise<Map<string, number>> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** One sample; 0 while it is not there. */
export async function metricOf(server: Pick<RunningServer, 'url'>, name: string): Promise<number> {
  return (await metricsOf(server)).get(name) ?? 0;
}
