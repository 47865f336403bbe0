import type { Readable, Writable } from 'node:stream';
import { once } from 'node:events';
import { z } from 'zod';
import { judge, type Judgement, type Lookup, type Observation } from '../truth/truth.ts';
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
/** Characters of a line; no request is described in more. */
const LONGEST_LINE = 262_144;
/** Characters gathered before they are written. */
const CHUNK_CHARACTERS = 65_536;

/** Takes the place of a judgement, in its shape, where a line is no hit: readers that count lines stay in step. */
interface BadLine extends Judgement {
  error: string;
  /** From 1. */
  line: number;
}

/** `waybill explain`: judges hits given as JSON lines (see the documentation of the format in `docs/`). */
export async function run(
  args: string[],
  io: Pick<CliIo, 'stdin' | 'stdout' | 'stderr'>,
  lookup: Lookup,
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
 * together. A line that is no hit gives an `unknown` with `error` and `line` in its place; blank lines give nothing.
 *
 * @returns whether every line was a hit
 */
export async function explain(input: Readable, output: Writable, lookup: Lookup): Promise<boolean> {
  const writer = new LineWriter(output);
  const explainer = new Explainer(lookup, writer);
  const lines = new LineSplitter((line) => explainer.take(line));
  input.setEncoding('utf8');
  for await (const chunk of input as AsyncIterable<string>) {
    // Small steps, so that what waits to be written stays small, whatever the size of what was read.
    for (let at = 0; at < chunk.length; at += CHUNK_CHARACTERS) {
      lines.push(chunk.slice(at, at + CHUNK_CHARACTERS));
      if (writer.full) await writer.drain();
    }
  }
  lines.end();
  explainer.end();
  await writer.end();
  return explainer.good;
}

/** Without a promise for each line: at a million lines these cost more than the judgements. */
class Explainer {
  good = true;
  readonly #lookup: Lookup;
  readonly #writer: LineWriter;
  #number = 0;
  #sequence: string | number | undefined;
  #hits: (Observation | BadLine)[] = [];

  constructor(lookup: Lookup, writer: LineWriter) {
    this.#lookup = lookup;
    this.#writer = writer;
  }

  take(line: string): void {
    this.#number += 1;
    const hit = parseLine(line, this.#number);
    if (hit === undefined) return;
    if ('error' in hit) {
      this.good = false;
      // Whatever it was meant to be, it does not part the hits around it.
      this.#hits.push(hit);
      if (this.#sequence === undefined || this.#hits.length >= LONGEST_SEQUENCE) this.end();
      return;
    }
    const { sequence, observation } = hit;
    if (sequence === undefined) {
      this.end();
      this.#writer.add(JSON.stringify(judge([observation], this.#lookup)[0]));
      return;
    }
    if (sequence !== this.#sequence || this.#hits.length >= LONGEST_SEQUENCE) this.end();
    this.#sequence = sequence;
    this.#hits.push(observation);
  }

  /** Judges what waits for more hits of its sequence. */
  end(): void {
    const hits = this.#hits;
    if (hits.length === 0) return;
    this.#hits = [];
    this.#sequence = undefined;
    const judgements = judge(
      hits.filter((hit): hit is Observation => !('error' in hit)),
      this.#lookup,
    );
    let next = 0;
    for (const hit of hits) {
      this.#writer.add(JSON.stringify('error' in hit ? hit : judgements[next]));
      if (!('error' in hit)) next += 1;
    }
  }
}

type Parsed = { observation: Observation; sequence: string | number | undefined } | BadLine;

/** @returns undefined for a blank line */
function parseLine(line: string, number: number): Parsed | undefined {
  if (line.trim() === '') return undefined;
  if (line.length > LONGEST_LINE)
    return badLine(`This line is longer than ${LONGEST_LINE} characters.`, number);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return badLine('This line is not JSON.', number);
  }
  const result = LINE.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue?.path.join('.') ?? '';
    return badLine(`${field === '' ? 'The line' : `“${field}”`}: ${issue?.message ?? 'not a hit'}`, number);
  }
  return { observation: observationOf(result.data), sequence: result.data.sequence ?? undefined };
}

function badLine(error: string, line: number): BadLine {
  return {
    error,
    line,
    actor: 'unknown',
    confidence: 0,
    reasons: [{ code: 'no-hit', text: `Line ${line} could not be judged. ${error}` }],
    client: { name: 'Unknown', device: 'unknown' },
    network: { kind: 'unknown' },
    place: { grain: 'unknown' },
  };
}

function observationOf(hit: z.infer<typeof LINE>): Observation {
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

/** Splits at line feeds, and keeps no more of an endless line than shows that it is too long. */
class LineSplitter {
  readonly #take: (line: string) => void;
  #rest = '';

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(chunk: string): void {
    let from = 0;
    for (let to = chunk.indexOf('\n'); to !== -1; to = chunk.indexOf('\n', from)) {
      this.#take(from === 0 ? this.#rest + chunk.slice(0, to) : chunk.slice(from, to));
      if (from === 0) this.#rest = '';
      from = to + 1;
    }
    if (this.#rest.length <= LONGEST_LINE) this.#rest += chunk.slice(from);
  }

  /** A half line at the end counts. */
  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }
}
