import type { Evidence } from './evidence.ts';
import type { HitFacts } from './hit-facts.ts';
import { openingOf, type Opening } from './opening.ts';
import { spoken } from './time.ts';

/**
 * Fifth layer: what the other hits on the same delivery say. Looks back: a burst makes hits before it a machine's.
 * Distances follow published observations: gateways fetch the image first and all links of the message in one
 * sweep of a second or two, most of them within a minute.
 */
export const BURST_WINDOW_S = 2;
export const LOOK_BACK_S = 60;
export const BURST_LINKS = 3;
export const SAME_SOURCE_S = 10;
/** Slower than a sweep, faster than anybody reads: so many different links by one source within so many seconds. */
export const PACES = [
  { links: 7, withinS: 20, weight: 6 },
  { links: 5, withinS: 12, weight: 4.2 },
] as const;
/** A HEAD and the GET that belongs to it. */
const PROBE_PAIR_S = 120;
/** An invisible link that was followed casts doubt on other hits within this time. */
const HONEYPOT_S = 300;
/** A flood of hits is no sequence; only so many neighbours are compared, so that work stays linear. */
const MOST_NEIGHBOURS = 64;

/**
 * @param before openings on the same delivery that are not among these hits, oldest first
 * @returns evidence for each hit, in their order
 */
export function sequenceEvidence(hits: readonly HitFacts[], before: readonly Opening[] = []): Evidence[][] {
  const found = new Findings(hits);
  followedInvisible(hits, found);
  if (hits.length > 1) {
    const clicks = timedClicks(hits);
    linkBursts(hits, clicks, found);
    linkPaces(clicks, found);
    manyAddresses(clicks, found);
    probes(hits, found);
    scannerAddresses(hits, found);
  }
  readBefore(hits, before, found);
  return found.evidence;
}

class Findings {
  readonly evidence: Evidence[][];

  constructor(hits: readonly HitFacts[]) {
    this.evidence = hits.map(() => []);
  }

  /** Once per hit and code, the strongest. */
  add(index: number, piece: Evidence): void {
    const list = this.evidence[index];
    if (list === undefined) return;
    const same = list.findIndex(({ code }) => code === piece.code);
    if (same === -1) list.push(piece);
    else if ((list[same]?.weight ?? 0) < piece.weight) list[same] = piece;
  }
}

/** Same address, or the same agent where not both addresses are known. */
function sameSource(a: HitFacts, b: HitFacts): boolean {
  const [ipA, ipB] = [a.observation.ip, b.observation.ip];
  if (ipA !== undefined && ipA === ipB) return true;
  return sameAgent(a, b) && (ipA === undefined || ipB === undefined);
}

function sameAgent(a: HitFacts, b: HitFacts): boolean {
  return a.observation.userAgent !== undefined && a.observation.userAgent === b.observation.userAgent;
}

function distance(a: HitFacts, b: HitFacts): number {
  return a.time === undefined || b.time === undefined ? Number.NaN : Math.abs(a.time - b.time);
}

/** People share and change these addresses; that is no sign of a machine. */
export function sharesAddresses({ network }: HitFacts): boolean {
  return network.kind === 'privacy-relay' || network.kind === 'local';
}

function followedInvisible(hits: readonly HitFacts[], found: Findings): void {
  const traps = hits.filter(({ observation }) => observation.honeypot === true).slice(0, MOST_NEIGHBOURS);
  if (traps.length === 0) return;
  hits.forEach((hit, index) => {
    if (hit.observation.honeypot === true) {
      found.add(index, {
        toward: 'scanner',
        weight: 9,
        code: 'invisible-link',
        text: 'It followed a link that people cannot see.',
      });
      return;
    }
    for (const trap of traps) {
      const piece = besideInvisible(hit, trap, distance(trap, hit));
      if (piece !== undefined) found.add(index, piece);
    }
  });
}

/** A checker often comes from several addresses under several names; but a person may read at the same time. */
function besideInvisible(hit: HitFacts, trap: HitFacts, apart: number): Evidence | undefined {
  if (sameSource(trap, hit) && !(apart > HONEYPOT_S)) {
    return {
      toward: 'scanner',
      weight: apart <= SAME_SOURCE_S ? 7 : 4.5,
      code: 'source-of-invisible-link',
      text: 'The same source also followed a link that people cannot see.',
    };
  }
  const personal = hit.network.kind === 'access' || sharesAddresses(hit);
  if (hit.observation.kind !== 'click' || !(apart <= HONEYPOT_S) || personal) return undefined;
  return {
    toward: 'scanner',
    weight: 3.2,
    code: 'near-invisible-link',
    text: `A link that people cannot see was followed within ${spoken(apart)} of it, so a checker was at work on this mail.`,
  };
}

interface TimedClick {
  hit: HitFacts;
  index: number;
  time: number;
  link: string | number;
}

function timedClicks(hits: readonly HitFacts[]): TimedClick[] {
  const clicks: TimedClick[] = [];
  hits.forEach((hit, index) => {
    const { kind, link, honeypot } = hit.observation;
    // A link that nobody can see is none of those that a mail has; it speaks for itself.
    if (kind === 'click' && honeypot !== true && link !== undefined && hit.time !== undefined) {
      clicks.push({ hit, index, time: hit.time, link });
    }
  });
  return clicks.sort((a, b) => a.time - b.time);
}

/** The clicks from `start` on that came within the burst window. */
function windowFrom(clicks: readonly TimedClick[], start: number): TimedClick[] {
  const until = (clicks[start]?.time ?? 0) + BURST_WINDOW_S;
  let end = start;
  while (end < clicks.length && end - start < MOST_NEIGHBOURS && (clicks[end]?.time ?? Infinity) <= until)
    end += 1;
  return clicks.slice(start, end);
}

/** Several links at once: no person does that. */
function linkBursts(hits: readonly HitFacts[], clicks: readonly TimedClick[], found: Findings): void {
  const bursts: { clicks: TimedClick[]; links: number }[] = [];
  clicks.forEach((first, start) => {
    const window = windowFrom(clicks, start);
    const mine = window.filter(({ hit }) => sameAgent(first.hit, hit) || sameSource(first.hit, hit));
    const links = distinctLinks(mine);
    const ofEverybody = distinctLinks(window);
    if (links >= BURST_LINKS || (links >= 2 && links === first.hit.observation.linkCount)) {
      bursts.push({ clicks: mine, links });
    } else if (ofEverybody >= BURST_LINKS) bursts.push({ clicks: window, links: ofEverybody });
  });
  for (const burst of bursts) {
    for (const { index } of burst.clicks) {
      found.add(index, {
        toward: 'scanner',
        weight: 6.5,
        code: 'link-burst',
        text: `${burst.links} different links of this mail were followed within ${BURST_WINDOW_S} s. People do not do that.`,
      });
    }
  }
  // One burst of each source is enough to look back from.
  const looked = new Set<string>();
  for (const { clicks: members, links } of bursts) {
    for (const member of members) {
      const key = `${member.hit.observation.userAgent ?? ''}\n${member.hit.observation.ip ?? ''}\n${Math.floor(member.time / SAME_SOURCE_S)}`;
      if (looked.has(key) || looked.size >= MOST_NEIGHBOURS) continue;
      looked.add(key);
      lookBack(hits, member, links, found);
    }
  }
}

/** Link after link at a pace that nobody reads in, by one source. Five pages opened in tabs make it a tie. */
function linkPaces(clicks: readonly TimedClick[], found: Findings): void {
  for (const source of Map.groupBy(clicks, ({ hit }) => hit.observation.ip ?? '').values()) {
    for (const { links, withinS, weight } of PACES) {
      for (let start = 0; start + links <= source.length; start += 1) {
        const some = source.slice(start, start + links);
        const lasted = (some.at(-1)?.time ?? 0) - (some[0]?.time ?? 0);
        if (lasted > withinS || distinctLinks(some) < links) continue;
        for (const { index } of some) {
          found.add(index, {
            toward: 'scanner',
            weight,
            code: 'link-pace',
            text: `${links} different links of this mail were followed within ${spoken(lasted)}, faster than anybody reads.`,
          });
        }
      }
    }
  }
}

function distinctLinks(clicks: readonly TimedClick[]): number {
  return new Set(clicks.map(({ link }) => link)).size;
}

function lookBack(hits: readonly HitFacts[], burst: TimedClick, links: number, found: Findings): void {
  hits.forEach((hit, index) => {
    if (hit.time === undefined || index === burst.index) return;
    const before = burst.time - hit.time;
    if (before > LOOK_BACK_S || before < -SAME_SOURCE_S) return;
    const same = sameSource(burst.hit, hit);
    if (!same && (!sameAgent(burst.hit, hit) || sharesAddresses(hit))) return;
    // Millions have the same browser: a home is not the data centre's accomplice for that alone.
    const elsewhere = !same && hit.network.kind === 'access' && burst.hit.network.kind !== 'access';
    found.add(index, {
      toward: 'scanner',
      weight: elsewhere ? 3.8 : 5.5,
      code: 'beside-burst',
      text:
        before > 0.5
          ? `The same agent followed ${links} links at once ${spoken(before)} later.`
          : `The same agent followed ${links} links at once.`,
    });
  });
}

/** One link, one agent, several addresses at once: a checker's farm. */
function manyAddresses(clicks: readonly TimedClick[], found: Findings): void {
  const addressed = clicks.filter(({ hit }) => hit.observation.ip !== undefined && !sharesAddresses(hit));
  addressed.forEach((first, start) => {
    for (const other of windowFrom(addressed, start)) {
      const { ip } = other.hit.observation;
      if (other.link !== first.link || ip === first.hit.observation.ip || !sameAgent(first.hit, other.hit))
        continue;
      // A person's device may change between IPv4 and IPv6, or between two lines.
      const household = first.hit.network.kind === 'access' && other.hit.network.kind === 'access';
      for (const { index } of [first, other]) {
        found.add(index, {
          toward: 'scanner',
          weight: household ? 1.2 : 5,
          code: 'many-addresses',
          text: 'The same link was followed from several addresses at once by one agent.',
        });
      }
    }
  });
}

/** Gateways ask whether a link exists, then fetch it. */
function probes(hits: readonly HitFacts[], found: Findings): void {
  const probing = hits
    .filter(({ method, agent }) => method !== 'GET' && agent.species !== 'program')
    .slice(0, MOST_NEIGHBOURS);
  for (const probe of probing) {
    hits.forEach((hit, index) => {
      const { kind, link } = hit.observation;
      if (hit.method !== 'GET' || kind !== probe.observation.kind || link !== probe.observation.link) return;
      const after = (hit.time ?? Number.NaN) - (probe.time ?? Number.NaN);
      if (!(after >= 0 && after <= PROBE_PAIR_S)) return;
      const same = sameSource(probe, hit);
      found.add(index, {
        toward: 'scanner',
        weight: same ? 4.5 : 2.6,
        code: 'after-probe',
        text: `${spoken(after)} before, ${same ? 'the same source' : 'a machine'} had tested whether the address exists.`,
      });
    });
  }
}

/** What one hit shows of an address holds for its other hits. */
function scannerAddresses(hits: readonly HitFacts[], found: Findings): void {
  const names = new Map<string, string>();
  for (const hit of hits) {
    const { ip } = hit.observation;
    if (ip !== undefined && hit.agent.species === 'scanner' && !sharesAddresses(hit))
      names.set(ip, hit.agent.client.name);
  }
  if (names.size === 0) return;
  hits.forEach((hit, index) => {
    const name = names.get(hit.observation.ip ?? '');
    if (name === undefined || hit.agent.species === 'scanner') return;
    found.add(index, {
      toward: 'scanner',
      weight: 3.5,
      code: 'scanner-address',
      text: `${name} used the same address on this mail.`,
    });
  });
}

/** Seen to read before on the same connection, or with a mail program: more certainly a person. */
function readBefore(hits: readonly HitFacts[], before: readonly Opening[], found: Findings): void {
  if (!hits.some(({ observation }) => observation.kind === 'click')) return;
  const openings = [
    ...before,
    ...hits.map((hit) => openingOf(hit, () => hit.network)).filter((opening) => opening !== undefined),
  ];
  if (before.length > 0) openings.sort((a, b) => a.time - b.time);
  if (openings.length === 0) return;
  openings.splice(MOST_NEIGHBOURS);
  hits.forEach((hit, index) => {
    if (hit.observation.kind !== 'click' || hit.time === undefined) return;
    const opening = openings.find((other) => isSameReader(other, hit));
    if (opening === undefined) return;
    found.add(index, {
      toward: 'human',
      weight: 0.8,
      code: 'opened-before',
      text: `The mail had been opened before, with ${opening.client}.`,
    });
  });
}

function isSameReader({ ip, time }: Opening, click: HitFacts): boolean {
  const { ip: other } = click.observation;
  return (click.time ?? 0) >= time && (ip === undefined || other === undefined || ip === other);
}
