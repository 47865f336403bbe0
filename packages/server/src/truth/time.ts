import type { Evidence } from './evidence.ts';
import type { HitFacts } from './hit-facts.ts';

/** Within this time of sending nearly all gateways have done their work (97 % of observed bursts). */
const SCAN_WINDOW_S = 300;
/** Nobody receives a mail, reads it and follows a link in it within this time. */
const INHUMAN_CLICK_S = 2;
/** A displayed image that is fetched sooner is rather loaded at delivery. */
const DELIVERY_FETCH_S = 5;
/** Image proxies check some images within the first minute, too. */
const PROXY_PRESCAN_S = 60;

/** Nothing else that is seen of such a hit can speak for another actor: nobody else could have made it. */
export const BEFORE_SENDING: Evidence = {
  toward: 'self',
  weight: 12,
  code: 'before-sending',
  text: 'It came before the mail was sent: nobody but you had it.',
};

export function isBeforeSending({ sinceSend }: HitFacts): boolean {
  return sinceSend !== undefined && sinceSend < 0;
}

/** Fourth layer: when the hit came after sending. Time only lowers certainty, it never decides. */
export function timeEvidence(facts: HitFacts): Evidence[] {
  const { sinceSend, agent, network, observation } = facts;
  if (sinceSend === undefined) return [];
  if (agent.species === 'image-proxy' && observation.kind === 'open') return proxyTime(sinceSend);
  if (network.kind === 'local') return [];
  return [...hostingTime(facts, sinceSend), ...earlyTime(facts, sinceSend)];
}

function proxyTime(seconds: number): Evidence[] {
  if (seconds < DELIVERY_FETCH_S) {
    return [
      {
        toward: 'prefetch',
        weight: 3.6,
        code: 'at-delivery',
        text: `It came ${spoken(seconds)} after sending: rather a check at delivery than a display.`,
      },
    ];
  }
  if (seconds < PROXY_PRESCAN_S) {
    return [
      {
        toward: 'prefetch',
        weight: 2.1,
        code: 'soon-after-sending',
        text: `It came ${spoken(seconds)} after sending. Real openings happen that soon, but checks at delivery do, too.`,
      },
    ];
  }
  return [
    {
      toward: 'human-via-proxy',
      weight: 0.7,
      code: 'later',
      text: `It came ${spoken(seconds)} after sending, when checks at delivery are over.`,
    },
  ];
}

function hostingTime({ network, agent, ranges }: HitFacts, seconds: number): Evidence[] {
  if (
    network.kind !== 'hosting' ||
    ranges.length > 0 ||
    seconds > SCAN_WINDOW_S ||
    agent.species === 'mail-client'
  )
    return [];
  return [
    {
      toward: 'scanner',
      weight: 1.8,
      code: 'scan-window',
      text: `It came ${spoken(seconds)} after sending, while gateways check new mail.`,
    },
  ];
}

function earlyTime({ observation, network, agent }: HitFacts, seconds: number): Evidence[] {
  if (agent.species !== 'browser' && agent.species !== 'dead-browser' && agent.species !== 'absent')
    return [];
  if (observation.kind === 'click' && seconds < INHUMAN_CLICK_S) {
    return [
      {
        toward: 'scanner',
        weight: 2.5,
        code: 'inhuman-speed',
        text: `The link was followed ${spoken(seconds)} after sending, faster than a person can receive and read.`,
      },
    ];
  }
  if (network.kind === 'access' || seconds > 30) return [];
  return [
    {
      toward: 'scanner',
      weight: 0.5,
      code: 'soon-after-sending',
      text: `It came ${spoken(seconds)} after sending. People are rarely that quick.`,
    },
  ];
}

/** "18 s", "4 min", "11 h": what a person needs of a duration. */
export function spoken(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
