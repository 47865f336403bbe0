import type { Evidence } from './evidence.ts';
import type { HitFacts } from './hit-facts.ts';
import { spoken } from './time.ts';

/**
 * Fifth layer: what the other hits on the same delivery say. Looks back: a burst makes hits before it a machine's.
 * Distances follow published observations: gateways fetch the image first and all links of the message in one
 * sweep of a second or two, most within a minute.
 */
export const BURST_WINDOW_S = 2;
export const LOOK_BACK_S = 60;
const BURST_LINKS = 3;
const SAME_SOURCE_S = 10;
/** A HEAD and the GET that belongs to it. */
const PROBE_PAIR_S = 120;
/** An invisible link that was followed casts doubt on other early hits within this time. */
const HONEYPOT_S = 300;

export function sequenceEvidence(hits: readonly HitFacts[]): Evidence[][] {
  const evidence: Evidence[][] = hits.map(() => []);
  if (hits.length === 0) return evidence;
  honeypots(hits, evidence);
  if (hits.length === 1) return evidence;
  linkBursts(hits, evidence);
  manyAddresses(hits, evidence);
  probes(hits, evidence);
  machineAddresses(hits, evidence);
  readBefore(hits, evidence);
  return evidence;
}

function add(evidence: Evidence[][], index: number, piece: Evidence): void {
  const list = evidence[index];
  if (list === undefined || list.some(({ code }) => code === piece.code)) return;
  list.push(piece);
}

/** Same address, or the same agent where at most one address is known. */
function sameSource(a: HitFacts, b: HitFacts): boolean {
  const [ipA, ipB] = [a.observation.ip, b.observation.ip];
  if (ipA !== undefined && ipA === ipB) return true;
  const [agentA, agentB] = [a.observation.userAgent, b.observation.userAgent];
  return agentA !== undefined && agentA === agentB && (ipA === undefined || ipB === undefined);
}

function sameAgent(a: HitFacts, b: HitFacts): boolean {
  return a.observation.userAgent !== undefined && a.observation.userAgent === b.observation.userAgent;
}

function distance(a: HitFacts, b: HitFacts): number {
  return a.time === undefined || b.time === undefined ? Number.NaN : Math.abs(a.time - b.time);
}

/** People's own devices share and change these addresses; that is no sign of a machine. */
function hidesMany({ network, ranges }: HitFacts): boolean {
  return (
    network.kind === 'privacy-relay' || network.kind === 'local' || ranges.includes('apple-private-relay')
  );
}

function honeypots(hits: readonly HitFacts[], evidence: Evidence[][]): void {
  hits.forEach((trap, i) => {
    if (trap.observation.honeypot !== true) return;
    add(evidence, i, {
      toward: 'scanner',
      weight: 9,
      code: 'invisible-link',
      text: 'It followed a link that people cannot see.',
    });
    hits.forEach((hit, j) => {
      if (i === j || hit.observation.honeypot === true) return;
      const apart = distance(trap, hit);
      if (sameSource(trap, hit) && !(apart > HONEYPOT_S)) {
        add(evidence, j, {
          toward: 'scanner',
          weight: apart <= SAME_SOURCE_S ? 7 : 4.5,
          code: 'same-source-invisible-link',
          text: 'The same source also followed a link that people cannot see.',
        });
      } else if (
        hit.observation.kind === 'click' &&
        apart <= HONEYPOT_S &&
        hit.network.kind !== 'access' &&
        !hidesMany(hit)
      ) {
        add(evidence, j, {
          toward: 'scanner',
          weight: 3.2,
          code: 'near-invisible-link',
          text: `A link that people cannot see was followed ${spoken(apart)} apart from it, so a checker was at work on this mail.`,
        });
      }
    });
  });
}

interface TimedClick {
  hit: HitFacts;
  index: number;
  time: number;
  link: string | number;
}

function timedClicks(hits: readonly HitFacts[]): TimedClick[] {
  return hits
    .flatMap((hit, index) => {
      const { kind, link } = hit.observation;
      return kind === 'click' && link !== undefined && hit.time !== undefined
        ? [{ hit, index, time: hit.time, link }]
        : [];
    })
    .sort((a, b) => a.time - b.time);
}

/** All links at once: no person does that. */
function linkBursts(hits: readonly HitFacts[], evidence: Evidence[][]): void {
  const clicks = timedClicks(hits);
  clicks.forEach((first, start) => {
    const window: TimedClick[] = [];
    for (let i = start; i < clicks.length; i += 1) {
      const click = clicks[i];
      if (click === undefined || click.time - first.time > BURST_WINDOW_S) break;
      window.push(click);
    }
    const members = window.filter(({ hit }) => sameSource(first.hit, hit) || sameAgent(first.hit, hit));
    const mine = new Set(members.map(({ link }) => link)).size;
    const everybody = new Set(window.map(({ link }) => link)).size;
    const all = first.hit.observation.linkCount;
    if (mine >= BURST_LINKS || (mine >= 2 && mine === all)) markBurst(hits, evidence, members, mine);
    else if (everybody >= BURST_LINKS) markBurst(hits, evidence, window, everybody);
  });
}

function markBurst(
  hits: readonly HitFacts[],
  evidence: Evidence[][],
  members: readonly TimedClick[],
  links: number,
): void {
  for (const { index } of members) {
    add(evidence, index, {
      toward: 'scanner',
      weight: 6.5,
      code: 'link-burst',
      text: `${links} different links of this mail were followed within ${BURST_WINDOW_S} s. People do not do that.`,
    });
  }
  const inBurst = new Set(members.map(({ index }) => index));
  hits.forEach((hit, index) => {
    if (inBurst.has(index)) return;
    const related = members.find(
      ({ hit: member }) => sameSource(member, hit) || (sameAgent(member, hit) && !hidesMany(hit)),
    );
    if (related === undefined || hit.time === undefined) return;
    const before = related.time - hit.time;
    if (before > LOOK_BACK_S || before < -SAME_SOURCE_S) return;
    add(evidence, index, {
      toward: 'scanner',
      weight: 5.5,
      code: 'before-burst',
      text:
        before > 0
          ? `The same agent followed ${links} links at once ${spoken(before)} later.`
          : `The same agent had just followed ${links} links at once.`,
    });
  });
}

/** One link, one agent, several addresses at once: a checker's farm. */
function manyAddresses(hits: readonly HitFacts[], evidence: Evidence[][]): void {
  const clicks = timedClicks(hits).filter(({ hit }) => hit.observation.ip !== undefined && !hidesMany(hit));
  for (const a of clicks) {
    for (const b of clicks) {
      if (b.time < a.time || a.index === b.index) continue;
      if (b.time - a.time > BURST_WINDOW_S) break;
      if (a.link !== b.link || a.hit.observation.ip === b.hit.observation.ip || !sameAgent(a.hit, b.hit))
        continue;
      // A person's device may switch between IPv4 and IPv6 or two lines of one household.
      const household = a.hit.network.kind === 'access' && b.hit.network.kind === 'access';
      for (const { index } of [a, b]) {
        add(evidence, index, {
          toward: 'scanner',
          weight: household ? 1.2 : 5,
          code: 'many-addresses',
          text: 'The same link was followed from several addresses at once by one agent.',
        });
      }
    }
  }
}

/** Gateways ask whether a link exists, then fetch it. */
function probes(hits: readonly HitFacts[], evidence: Evidence[][]): void {
  for (const probe of hits) {
    if (probe.method === 'GET' || probe.agent.species === 'program') continue;
    hits.forEach((hit, index) => {
      if (hit.method !== 'GET' || hit.observation.kind !== probe.observation.kind) return;
      if (hit.observation.link !== probe.observation.link) return;
      const after = (hit.time ?? Number.NaN) - (probe.time ?? Number.NaN);
      if (!(after >= 0 && after <= PROBE_PAIR_S)) return;
      const same = sameSource(probe, hit);
      add(evidence, index, {
        toward: 'scanner',
        weight: same ? 4.5 : 2.6,
        code: 'after-probe',
        text: `${spoken(after)} before, ${same ? 'the same source' : 'a machine'} had tested whether the same address exists.`,
      });
    });
  }
}

/** An address that one hit shows to be a machine's is so for its neighbours. */
function machineAddresses(hits: readonly HitFacts[], evidence: Evidence[][]): void {
  for (const machine of hits) {
    const { ip } = machine.observation;
    if (ip === undefined || machine.agent.species !== 'scanner' || hidesMany(machine)) continue;
    hits.forEach((hit, index) => {
      if (hit === machine || hit.observation.ip !== ip || hit.agent.species === 'scanner') return;
      add(evidence, index, {
        toward: 'scanner',
        weight: 3.5,
        code: 'scanner-address',
        text: `${machine.agent.client.name} used the same address on this mail.`,
      });
    });
  }
}

/** Seen to read before by the same device or connection: more certainly a person. */
function readBefore(hits: readonly HitFacts[], evidence: Evidence[][]): void {
  hits.forEach((hit, index) => {
    if (hit.observation.kind !== 'click' || hit.agent.species === 'program') return;
    const opening = hits.find(
      (other) =>
        other.observation.kind === 'open' &&
        (other.agent.species === 'mail-client' ||
          (other.observation.ip !== undefined && other.network.kind === 'access')) &&
        other.time !== undefined &&
        hit.time !== undefined &&
        hit.time >= other.time &&
        (other.observation.ip === undefined ||
          hit.observation.ip === undefined ||
          other.observation.ip === hit.observation.ip),
    );
    if (opening === undefined) return;
    add(evidence, index, {
      toward: 'human',
      weight: 0.8,
      code: 'opened-before',
      text: `The mail had been opened before, with ${opening.agent.client.name}.`,
    });
  });
}
