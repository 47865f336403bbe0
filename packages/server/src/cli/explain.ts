import type { Readable, Writable } from 'node:stream';
import { once } from 'node:events';
import { z } from 'zod';
import { judge, type Lookup, type Observation } from '../truth/truth.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'explain',
  options: {},
  text: `Usage: waybill explain < hits.jsonl

Judges hits given as JSON lines, and writes one judgement for each, in order. Needs no server.
Of a hit all but "kind" may be null or absent:

  {"kind":"open"|"click", "method", "userAgent", "ip", "headers", "secondsAfterSend",
   "sequence", "link", "linkCount", "honeypot"}

Adjacent hits of the same sequence belong to one delivery and are judged together.
`,
} as const satisfies Usage;

/** What the composition root gives: networks and places from the files on this machine. */
export interface ExplainLookup extends Lookup {
  prepare(ips: Iterable<string | undefined>): Promise<void>;
}

const LINE = z.object({
  kind: z.enum(['open', 'click']).nullish(),
  method: z.string().nullish(),
  userAgent: z.string().nullish(),
  ip: z.string().nullish(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()])).nullish(),
  secondsAfterSend: z.number().nullish(),
  sequence: z.union([z.string(), z.number()]).nullish(),
  link: z.union([z.string(), z.number()]).nullish(),
  linkCount: z.number().nullish(),
  honeypot: z.boolean().nullish(),
});

/** Hits of one sequence beyond this are judged without those before: memory stays bounded on any input. */
const LONGEST_SEQUENCE = 10_000;
/** Characters gathered before they are written. */
const CHUNK_CHARACTERS = 65_536;

interface BadLine {
  error: string;
  /** From 1. */
  line: number;
}

interface Pending {
  sequence: string | number | undefined;
  hits: (Observation | BadLine)[];
}

/** `waybill explain`: judges hits given as JSON lines (see the documentation of the format in `docs/`). */
export async function run(
  args: string[],
  io: Pick<CliIo, 'stdin' | 'stdout' | 'stderr'>,
  lookup: ExplainLookup,
): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const [surplus] = parsed.positionals;
  if (surplus !== undefined) {
    const message = `Hits are read from standard input, not from ${JSON.stringify(surplus)}.`;
    return wrongCall(USAGE.command, message, io);
  }
  return (await explain(io.stdin, io.stdout, lookup)) ? 0 : 1;
}

/**
 * Reads one hit a line and writes one judgement a line, in order. Adjacent hits of the same `sequence` are judged
 * together; a line that is no hit gives `{"error", "line"}` in its place.
 *
 * @returns whether every line was a hit
 */
export async function explain(input: Readable, output: Writable, lookup: ExplainLookup): Promise<boolean> {
  const writer = new LineWriter(output);
  let pending: Pending = { sequence: undefined, hits: [] };
  let number = 0;
  let good = true;
  for await (const line of lines(input)) {
    number += 1;
    const hit = parseLine(line, number);
    if (hit === undefined) continue;
    if ('error' in hit) good = false;
    const sequence = 'error' in hit ? pending.sequence : hit.sequence;
    const same =
      sequence !== undefined && sequence === pending.sequence && pending.hits.length < LONGEST_SEQUENCE;
    if (!same && pending.hits.length > 0) {
      await flush(pending, lookup, writer);
      pending = { sequence, hits: [] };
    }
    pending.sequence = sequence;
    pending.hits.push('error' in hit ? hit : hit.observation);
  }
  await flush(pending, lookup, writer);
  await writer.end();
  return good;
}

async function flush({ hits }: Pending, lookup: ExplainLookup, writer: LineWriter): Promise<void> {
  const observations = hits.filter((hit): hit is Observation => !('error' in hit));
  if (observations.some(({ ip }) => ip?.includes(':')))
    await lookup.prepare(observations.map(({ ip }) => ip));
  const judgements = judge(observations, lookup);
  let next = 0;
  for (const hit of hits) {
    if ('error' in hit) writer.add(JSON.stringify(hit));
    else {
      writer.add(JSON.stringify(judgements[next]));
      next += 1;
    }
  }
  if (writer.full) await writer.drain();
}

type Parsed = { observation: Observation; sequence: string | number | undefined } | BadLine;

/** @returns undefined for a blank line */
function parseLine(line: string, number: number): Parsed | undefined {
  if (line.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: 'This line is not JSON.', line: number };
  }
  const result = LINE.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue?.path.join('.') ?? '';
    return {
      error: `${field === '' ? 'The line' : `“${field}”`}: ${issue?.message ?? 'not a hit'}`,
      line: number,
    };
  }
  const { sequence, ...hit } = result.data;
  return { observation: observationOf(hit), sequence: sequence ?? undefined };
}

function observationOf(hit: Omit<z.infer<typeof LINE>, 'sequence'>): Observation {
  const { kind, method, userAgent, ip, headers, secondsAfterSend, link, linkCount, honeypot } = hit;
  const observation: Observation = { kind: kind ?? (link == null ? 'open' : 'click') };
  if (method != null) observation.method = method;
  if (userAgent != null) observation.userAgent = userAgent;
  if (ip != null && ip.trim() !== '') observation.ip = ip.trim();
  if (headers != null) observation.headers = lowerCased(headers);
  if (secondsAfterSend != null) observation.secondsAfterSend = secondsAfterSend;
  if (link != null) observation.link = link;
  if (linkCount != null) observation.linkCount = linkCount;
  // Exports of other systems tell the trap by its name alone.
  if (honeypot ?? /^honeypot$/i.test(String(link))) observation.honeypot = true;
  return observation;
}

function lowerCased(headers: Record<string, string | string[] | null>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== null) result[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return result;
}

/** Gathers lines to big writes and waits when the reader of the output is slow. */
class LineWriter {
  readonly #output: Writable;
  #chunk = '';

  constructor(output: Writable) {
    this.#output = output;
  }

  add(line: string): void {
    this.#chunk += `${line}\n`;
  }

  get full(): boolean {
    return this.#chunk.length >= CHUNK_CHARACTERS;
  }

  async drain(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = '';
    if (chunk !== '' && !this.#output.write(chunk)) await once(this.#output, 'drain');
  }

  /** Everything is out; the stream stays open, it may be standard output. */
  async end(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = '';
    await new Promise<void>((resolve, reject) => {
      this.#output.write(chunk, (error) => (error == null ? resolve() : reject(error)));
    });
  }
}

/** Splits at line feeds; faster than `node:readline` on long streams, and a half line at the end counts. */
async function* lines(input: Readable): AsyncGenerator<string> {
  input.setEncoding('utf8');
  let rest = '';
  for await (const chunk of input as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
