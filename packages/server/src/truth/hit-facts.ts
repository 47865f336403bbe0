import type { Client, Network } from '@waybill/sdk';
import agents from '../../data/agents.json' with { type: 'json' };
import { recogniseAgent } from './agent.ts';
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

const MAIL_PACKAGES = new Map(agents.mailPackages.map((row) => [row.package, row.name]));

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
function agentOf({ userAgent, headers, kind }: Observation): Agent {
  const agent = recogniseAgent(userAgent);
  const app = headers?.['x-requested-with']?.trim().toLowerCase();
  if (app !== undefined && (agent.species === 'embedded-browser' || agent.species === 'browser')) {
    const name = MAIL_PACKAGES.get(app) ?? mailPackageName(app);
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

/** Android puts the app's package into X-Requested-With of its WebView; a mail app's says so. */
function mailPackageName(app: string): string | undefined {
  if (!/^[a-z][\w-]*(?:\.[\w-]+)+$/.test(app) || !/mail|outlook|inbox|poczta|pošta/.test(app))
    return undefined;
  return `Mail app (${app})`;
}

function isApple({ os }: Client): boolean {
  return os === 'iOS' || os === 'macOS';
}

function withoutVersion({ os, device }: Client, name: string): Client {
  return { name, ...(os === undefined ? {} : { os }), ...(device === undefined ? {} : { device }) };
}
