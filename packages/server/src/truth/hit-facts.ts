import type { Client, Network } from '@waybill/sdk';
import { recogniseAgent } from './agent.ts';
import { mailPackage } from './mail-package.ts';
import type { Agent } from './species.ts';
import type { Lookup, Observation, RangeName } from './observation.ts';

/** One hit with all that every layer of the judgement needs to know of it. */
export interface HitFacts {
  observation: Observation;
  agent: Agent;
  network: Network;
  ranges: readonly RangeName[];
  method: string;
  /** Seconds since sending, if known. */
  sinceSend: number | undefined;
  /** Seconds on a scale that all hits of the sequence share, if known. */
  time: number | undefined;
  /** Of {@link Observation.earlier}. */
  earlier: HitFacts[] | undefined;
}

export function factsOf(observation: Observation, lookup: Lookup): HitFacts {
  const { ip, secondsAfterSend, atMs, method } = observation;
  return {
    observation,
    agent: agentOf(observation),
    network: ip === undefined ? { kind: 'unknown' } : lookup.network(ip),
    ranges: ip === undefined ? [] : lookup.ranges(ip),
    method: (method ?? 'GET').toUpperCase(),
    sinceSend: secondsAfterSend,
    time: atMs === undefined ? secondsAfterSend : atMs / 1000,
    earlier: observation.earlier?.map((hit) => factsOf(hit, lookup)),
  };
}

/** The User-Agent's word, made more exact by what other headers and the kind of the hit add. */
export function agentOf({ userAgent, headers, kind }: Observation): Agent {
  const agent = recogniseAgent(userAgent);
  const app = headers?.['x-requested-with']?.trim().toLowerCase();
  if (app !== undefined && (agent.species === 'embedded-browser' || agent.species === 'browser')) {
    const name = mailPackage(app);
    if (name !== undefined) return asMailClient(agent, name);
  }
  // Apple Mail sends the bare engine. On a link the same string is some app's built-in browser.
  if (agent.engineOnly === true && kind === 'open' && isApple(agent.client)) {
    return asMailClient(agent, 'Apple Mail');
  }
  return agent;
}

function asMailClient(agent: Agent, name: string): Agent {
  const client: Agent = { ...agent, species: 'mail-client', client: withoutVersion(agent.client, name) };
  delete client.said;
  return client;
}

function isApple({ os }: Client): boolean {
  return os === 'iOS' || os === 'macOS';
}

function withoutVersion({ os, device }: Client, name: string): Client {
  return { name, ...(os === undefined ? {} : { os }), ...(device === undefined ? {} : { device }) };
}
