import type { Network } from '@waybill/sdk';
import { agentOf, type HitFacts } from './hit-facts.ts';
import type { Observation } from './observation.ts';

/** An opening that makes it likelier that a later click was a reader's. */
export interface Opening {
  /** Seconds, on the scale of the hits' times. */
  time: number;
  ip?: string;
  /** Name of the program. */
  client: string;
}

/** @returns what was seen to be a reader's: with a mail program, or a browser on a line that people have */
export function openingOf(
  { observation, agent, method, time }: Pick<HitFacts, 'observation' | 'agent' | 'method' | 'time'>,
  network: () => Network,
): Opening | undefined {
  const { kind, ip } = observation;
  if (kind !== 'open' || method !== 'GET' || time === undefined) return undefined;
  const isReaders =
    agent.species === 'mail-client' || (agent.species === 'browser' && network().kind === 'access');
  if (!isReaders) return undefined;
  return { time, client: agent.client.name, ...(ip === undefined ? {} : { ip }) };
}

/**
 * What a hit says of later clicks on the same mail, if it says that a reader has opened it.
 * @param network of its address; asked for only when it matters
 */
export function readersOpening(observation: Observation, network: () => Network): Opening | undefined {
  const { atMs, secondsAfterSend = 0, method = 'GET' } = observation;
  if (atMs === undefined || secondsAfterSend < 0) return undefined;
  return openingOf({ observation, agent: agentOf(observation), method, time: atMs / 1000 }, network);
}
