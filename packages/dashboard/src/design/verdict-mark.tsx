import type { Verdict, VerdictState } from '@waybill/sdk';
import { confidenceWords, verdictTone, verdictWord } from '../deliveries/verdict-words.ts';
import { classes } from './classes.ts';

const radius = 6.25;
const round = 2 * Math.PI * radius;

/** Circle: a person. Square: machines. Triangle: trouble. Dotted: nothing seen. The arc is the confidence. */
export function VerdictMark({
  verdict,
  size = 16,
}: {
  verdict: Pick<Verdict, 'state' | 'confidence'>;
  size?: number;
}) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 16 16" fill="none" className="shrink-0">
      {drawing(verdict.state, verdict.confidence)}
    </svg>
  );
}

function drawing(state: VerdictState, confidence: number) {
  const tone = verdictTone(state);
  if (tone === 'person') {
    return (
      <g className="text-person">
        <circle cx="8" cy="8" r={radius} stroke="var(--person-wash)" strokeWidth="2.5" />
        <circle
          cx="8"
          cy="8"
          r={radius}
          stroke="currentColor"
          strokeWidth="2.5"
          strokeDasharray={`${round * Math.min(1, confidence)} ${round}`}
          transform="rotate(-90 8 8)"
        />
        {state !== 'probably-read' && <circle cx="8" cy="8" r="2.75" fill="currentColor" />}
      </g>
    );
  }
  if (tone === 'machine') {
    return (
      <rect
        x="2.25"
        y="2.25"
        width="11.5"
        height="11.5"
        rx="2"
        className="stroke-machine"
        strokeWidth="1.5"
      />
    );
  }
  if (tone === 'trouble') {
    return (
      <path
        d="M8 2 15 14H1zM8 6.5v3.5M8 12v.1"
        className={state === 'failed' ? 'stroke-red' : 'stroke-amber'}
        strokeWidth="1.5"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    );
  }
  if (state === 'objected') {
    return (
      <path
        d="M8 14.25A6.25 6.25 0 1 0 8 1.75a6.25 6.25 0 0 0 0 12.5ZM3.6 3.6l8.8 8.8"
        className="stroke-machine"
        strokeWidth="1.5"
      />
    );
  }
  return (
    <circle cx="8" cy="8" r={radius} className="stroke-machine" strokeWidth="1.5" strokeDasharray="1.5 2.4" />
  );
}

const toneText = {
  person: 'text-person',
  machine: 'text-soft',
  trouble: 'text-amber',
  none: 'text-soft',
} as const;

/** A judgement that a burst of fetches may still turn is never shown like a final one. */
function isProvisional({ state, settled }: Verdict): boolean {
  const tone = verdictTone(state);
  return !settled && (tone === 'person' || tone === 'machine');
}

/** The verdict as a word with its mark; `suffix` adds how many of a message's deliveries share it. */
export function VerdictWord({ verdict, suffix }: { verdict: Verdict; suffix?: string }) {
  const sure = confidenceWords(verdict);
  const tone = verdictTone(verdict.state);
  return (
    <span
      className="inline-flex items-center gap-2 whitespace-nowrap"
      title={sure === undefined ? undefined : `${sure}${verdict.settled ? '' : ', may still change'}`}
    >
      <VerdictMark verdict={verdict} />
      <span
        className={classes(
          tone === 'person' && 'font-medium',
          verdict.state === 'failed' ? 'text-red' : toneText[tone],
        )}
      >
        {verdictWord(verdict)}
      </span>
      {suffix === undefined && isProvisional(verdict) && <span className="text-faint">for now</span>}
      {suffix !== undefined && <span className="text-faint">{suffix}</span>}
      {sure !== undefined && <span className="sr-only">, {sure}</span>}
    </span>
  );
}
