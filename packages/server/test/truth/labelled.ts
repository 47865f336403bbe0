import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor } from '@waybill/sdk';
import { judge, type Judgement, type Lookup, type Observation } from '../../src/truth/truth.ts';
import { namedAgents } from './named-agents.ts';
import { composeSequences } from './sequences.ts';

/** A hit with the answer: a line of `cases.jsonl` or `sequences.jsonl`, gathered by others from public sources. */
export interface LabelledRow {
  kind: 'open' | 'click';
  method: string | null;
  user_agent: string | null;
  ip: string | null;
  seconds_after_send: number | null;
  headers?: Record<string, string>;
  label: string;
  subclass?: string;
  human: 'likely' | 'no' | 'unknown';
  client?: string;
  ambiguous?: boolean;
  sequence?: string;
  link?: string;
  source: string;
}

export interface Judged {
  row: LabelledRow;
  expected: Actor;
  judgement: Judgement;
}

/** @returns undefined where the file is not there */
export function readRows(directory: string, name: string): LabelledRow[] | undefined {
  const file = join(directory, `${name}.jsonl`);
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LabelledRow);
}

/** Adjacent rows of one sequence together. */
export function judgeRows(rows: readonly LabelledRow[], lookup: Lookup): Judged[] {
  const groups: LabelledRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (row.sequence !== undefined && last?.[0]?.sequence === row.sequence) last.push(row);
    else groups.push([row]);
  }
  return groups.flatMap((group) => {
    const judgements = judge(group.map(observationOf), lookup);
    return group.flatMap((row, i) => {
      const judgement = judgements[i];
      return judgement === undefined ? [] : [{ row, expected: expectedActor(row), judgement }];
    });
  });
}

/** Our own sequences (sequences.ts), which the gate of `npm test` judges, too. */
export function judgeComposed(lookup: Lookup): Judged[] {
  return composeSequences().flatMap(({ family, hits }) => {
    const judgements = judge(
      hits.map(({ observation }) => observation),
      lookup,
    );
    return hits.flatMap(({ observation, actor, hard }, i) => {
      const judgement = judgements[i];
      const row = asRow(actor, observation, family, hard === true);
      return judgement === undefined ? [] : [{ row, expected: actor, judgement }];
    });
  });
}

/** Our own agents (named-agents.tsv), each alone, from nowhere in particular. */
export function judgeNamedAgents(lookup: Lookup): Judged[] {
  return namedAgents().flatMap(({ actor, kind, userAgent, client }) => {
    const observation: Observation = { kind, method: 'GET', userAgent, secondsAfterSend: 900 };
    const [judgement] = judge([observation], lookup);
    const row = asRow(actor, observation, kind === 'open' ? 'image' : 'link', false);
    if (client !== undefined) row.client = client.name;
    return judgement === undefined ? [] : [{ row, expected: actor, judgement }];
  });
}

function asRow(actor: Actor, observation: Observation, source: string, ambiguous: boolean): LabelledRow {
  return {
    kind: observation.kind,
    method: observation.method ?? null,
    user_agent: observation.userAgent ?? null,
    ip: observation.ip ?? null,
    seconds_after_send: observation.secondsAfterSend ?? null,
    label: actor,
    human: isReader(actor) ? 'likely' : 'no',
    source,
    ...(ambiguous ? { ambiguous } : {}),
  };
}

export function isReader(actor: Actor): boolean {
  return actor === 'human' || actor === 'human-via-proxy';
}

function expectedActor({ label, subclass, human, seconds_after_send }: LabelledRow): Actor {
  if ((seconds_after_send ?? 0) < 0) return 'self';
  if (label.startsWith('human_')) return 'human';
  if (label === 'proxy_human_or_prefetch_gmail') {
    return subclass === 'gmail_prefetch' || human === 'no' ? 'prefetch' : 'human-via-proxy';
  }
  if (label.startsWith('proxy_')) return 'human-via-proxy';
  if (label === 'prefetch_apple_mpp') return 'prefetch';
  if (label === 'preview_bot') return 'preview-bot';
  return label === 'scanner' ? 'scanner' : 'automation';
}

function observationOf(row: LabelledRow): Observation {
  const observation: Observation = { kind: row.kind };
  if (row.method !== null) observation.method = row.method;
  if (row.user_agent !== null) observation.userAgent = row.user_agent;
  if (row.ip !== null) observation.ip = row.ip;
  if (row.headers !== undefined) observation.headers = row.headers;
  if (row.seconds_after_send !== null) observation.secondsAfterSend = row.seconds_after_send;
  if (row.link !== undefined) {
    observation.link = row.link;
    observation.honeypot = row.link === 'HONEYPOT';
  }
  return observation;
}
