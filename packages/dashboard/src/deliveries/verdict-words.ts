import type { Verdict, VerdictState } from '@waybill/sdk';

/** How a verdict is drawn: circle = person, square = machine, triangle = trouble, dotted = nothing seen. */
export type VerdictTone = 'person' | 'machine' | 'trouble' | 'none';

const words: Record<VerdictState, string> = {
  queued: 'Queued',
  captured: 'Captured',
  sent: 'Sent',
  delivered: 'Delivered',
  failed: 'Not sent',
  bounced: 'Came back',
  loaded: 'Machines only',
  'probably-read': 'Probably read',
  read: 'Read',
  clicked: 'Link followed',
  replied: 'Answered',
  objected: 'Objected',
};

/** Where it cannot be told who loaded the image, "machines only" would say too much. */
const unknownLoad = new Set(['loaded-by-unknown', 'kept-private']);

export function verdictWord(verdict: Pick<Verdict, 'state' | 'reasons'>): string {
  if (verdict.state === 'loaded' && verdict.reasons.some(({ code }) => unknownLoad.has(code)))
    return 'Loaded';
  return words[verdict.state];
}

export function verdictTone(state: VerdictState): VerdictTone {
  switch (state) {
    case 'probably-read':
    case 'read':
    case 'clicked':
    case 'replied':
      return 'person';
    case 'loaded':
      return 'machine';
    case 'failed':
    case 'bounced':
      return 'trouble';
    case 'queued':
    case 'captured':
    case 'sent':
    case 'delivered':
    case 'objected':
      return 'none';
  }
}

/** `82 % sure`; nothing where there is no reading to be sure of. */
export function confidenceWords(verdict: Verdict): string | undefined {
  const tone = verdictTone(verdict.state);
  if (tone !== 'person' && tone !== 'machine') return undefined;
  return `${Math.min(99, Math.round(verdict.confidence * 100))} % sure`;
}

/** Weakest first; the order in which a message's deliveries are summed up. */
export const ladder: readonly VerdictState[] = [
  'queued',
  'captured',
  'sent',
  'delivered',
  'objected',
  'failed',
  'bounced',
  'loaded',
  'probably-read',
  'read',
  'clicked',
  'replied',
];
