import type { Evidence } from './evidence.ts';
import type { HitFacts } from './hit-facts.ts';

/** Third layer: how the request was made. */
export function requestEvidence({ method, agent, observation }: HitFacts): Evidence[] {
  const evidence: Evidence[] = [];
  const headers = observation.headers ?? {};
  if (method !== 'GET') {
    evidence.push({
      toward: agent.species === 'program' ? 'automation' : 'scanner',
      weight: 6,
      code: 'probing-method',
      text: `It asked with ${method}: it wanted to know whether the address exists, not to see it.`,
    });
  }
  if (
    SPECULATIVE.test(
      `${headers['purpose'] ?? ''} ${headers['sec-purpose'] ?? ''} ${headers['x-purpose'] ?? ''} ${headers['x-moz'] ?? ''}`,
    )
  ) {
    evidence.push({
      toward: 'prefetch',
      weight: 7,
      code: 'announced-prefetch',
      text: 'The request announces itself as loading ahead of time, before anybody asked for it.',
    });
  }
  if (/headless/i.test(headers['sec-ch-ua'] ?? '')) {
    evidence.push({
      toward: 'automation',
      weight: 6,
      code: 'headless',
      text: 'Its own headers say that it is a browser without a screen.',
    });
  }
  if (agent.species === 'gmail-prefetch' && /\/\/mail\.google\.com/.test(headers['referer'] ?? '')) {
    evidence.push({
      toward: 'prefetch',
      weight: 2,
      code: 'gmail-referer',
      text: 'It says that it comes from Gmail.',
    });
  }
  const looksLikeBrowser = agent.species === 'browser' || agent.species === 'dead-browser';
  if (looksLikeBrowser && headers['accept'] !== undefined && headers['accept-language'] === undefined) {
    evidence.push({
      toward: 'scanner',
      weight: 0.7,
      code: 'no-language',
      text: 'It names no language, as browsers of people always do.',
    });
  }
  return evidence;
}

const SPECULATIVE = /prefetch|prerender|preview/i;
