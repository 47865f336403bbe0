import type { Evidence } from './evidence.ts';
import { recogniseAgent } from './agent.ts';
import type { HitFacts } from './hit-facts.ts';
import type { Elsewhere } from './observation.ts';
import { BURST_LINKS, BURST_WINDOW_S, sharesAddresses } from './sequence.ts';

/** Sixth layer: what is known beyond this delivery: of the sender, of this recipient, of the source. */
export function contextEvidence(facts: HitFacts): Evidence[] {
  const { senderAddress, elsewhere } = facts.observation;
  if (senderAddress !== true && elsewhere === undefined && facts.earlier === undefined) return NOTHING;
  return [...senderEvidence(facts), ...elsewhereEvidence(facts), ...earlierEvidence(facts)];
}

const NOTHING: Evidence[] = [];

/**
 * An address that the sender used lately. Offices share one address, so against a reader's usual signs this makes a
 * tie, not a decision. Behind a private address everybody is the sender's neighbour: there it says nothing.
 */
function senderEvidence({ observation, network }: HitFacts): Evidence[] {
  if (observation.senderAddress !== true || network.kind === 'local') return [];
  return [
    {
      toward: 'self',
      weight: 7.5,
      code: 'sender-address',
      text: 'It came from an address that you used lately yourself. It may have been you, or somebody near you.',
    },
  ];
}

/** So many other copies make a source one that works through a mailing. A couple reads one newsletter at breakfast. */
const OTHER_COPIES = 2;
/** A gateway works through a mailing within seconds. */
const TOGETHER_S = 10;

/** What the same address did with other recipients' copies. An office shares one address, and so does a gateway. */
function elsewhereEvidence(facts: HitFacts): Evidence[] {
  const { observation, network, agent } = facts;
  const { elsewhere } = observation;
  if (elsewhere === undefined || agent.species === 'image-proxy' || sharesAddresses(facts)) return [];
  const people = network.kind === 'access' || facts.ranges.includes('web-gateway');
  const evidence: Evidence[] = [];
  if (checkedElsewhere(elsewhere)) {
    evidence.push({
      toward: 'scanner',
      weight: people ? 1.5 : 3.2,
      code: 'scanner-elsewhere',
      text: 'The same address checked the copy of another recipient within the same hour.',
    });
  }
  const followed = elsewhere.filter(({ secondsApart }) => Math.abs(secondsApart) <= TOGETHER_S);
  const copies = new Set(followed.map(({ copy }) => copy)).size;
  if (copies >= OTHER_COPIES) {
    evidence.push({
      toward: 'scanner',
      weight: people ? 2.2 : 4,
      code: 'several-recipients',
      text: `The same address followed links in the copies of ${copies} more recipients within seconds.`,
    });
  }
  return evidence;
}

/** A scanner by its own word, or a sweep over the links of another copy. */
function checkedElsewhere(elsewhere: readonly Elsewhere[]): boolean {
  if (elsewhere.some(({ userAgent }) => recogniseAgent(userAgent).species === 'scanner')) return true;
  const clicks = elsewhere.filter(({ link }) => link !== undefined);
  for (const copy of Map.groupBy(clicks, (click) => click.copy).values()) {
    const sorted = copy.toSorted((a, b) => a.secondsApart - b.secondsApart);
    for (const [start, first] of sorted.entries()) {
      const window = sorted
        .slice(start)
        .filter(({ secondsApart }) => secondsApart - first.secondsApart <= BURST_WINDOW_S);
      if (new Set(window.map(({ link }) => link)).size >= BURST_LINKS) return true;
    }
  }
  return false;
}

const READERS = new Set(['mail-client', 'browser', 'embedded-browser']);

/** A program that read this recipient's mail before is likely to be theirs; from the same address even more so. */
function earlierEvidence({ earlier, observation, agent, method }: HitFacts): Evidence[] {
  if (earlier === undefined || !READERS.has(agent.species) || method !== 'GET') return [];
  const same = earlier.filter(
    (hit) =>
      hit.method === 'GET' &&
      (hit.agent.species === 'mail-client' ||
        (READERS.has(hit.agent.species) && hit.network.kind === 'access')) &&
      hit.agent.client.name === agent.client.name &&
      hit.agent.client.os === agent.client.os,
  );
  if (same.length === 0) return [];
  const sameAddress = same.some(({ observation: { ip } }) => ip !== undefined && ip === observation.ip);
  return [
    {
      toward: 'human',
      weight: sameAddress ? 1.2 : 0.6,
      code: 'known-reader',
      text: `${agent.client.name}${sameAddress ? ', from the same address,' : ''} asked for an earlier mail to this recipient, too.`,
    },
  ];
}
