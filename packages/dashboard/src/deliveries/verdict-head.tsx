import type { DeliveryDetail } from '@waybill/sdk';
import { classes } from '../design/classes.ts';
import { Icon } from '../design/icon.tsx';
import { useNow } from '../design/now.ts';
import { VerdictMark } from '../design/verdict-mark.tsx';
import { Reasons } from './reasons.tsx';
import { gapBefore, verdictSentence } from './verdict-sentence.ts';
import { confidenceWords, verdictTone } from './verdict-words.ts';

const leadColours = {
  person: 'text-person',
  machine: 'text-ink',
  trouble: 'text-amber',
  none: 'text-ink',
} as const;

/** The answer, as the largest thing on the page, and "why?" beside it. */
export function VerdictHead({ delivery, compact = false }: { delivery: DeliveryDetail; compact?: boolean }) {
  const now = useNow();
  const { lead, rest } = verdictSentence(delivery, now);
  const { verdict } = delivery;
  const tone = verdictTone(verdict.state);
  const sure = confidenceWords(verdict);
  const Heading = compact ? 'h2' : 'h1';
  return (
    <div className="mb-8">
      <Heading
        className={classes(
          'max-w-[34ch] font-normal text-soft text-pretty',
          compact ? 'text-title' : 'text-verdict',
        )}
      >
        <span
          className={classes('font-semibold', verdict.state === 'failed' ? 'text-red' : leadColours[tone])}
        >
          {lead}
        </span>
        {gapBefore(rest)}
        {rest}
      </Heading>
      <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-soft">
        {sure !== undefined && (
          <span className="inline-flex items-center gap-2">
            <VerdictMark verdict={verdict} size={18} />
            {sure}
          </span>
        )}
        {!verdict.settled && (
          <span className="text-faint">Still settling: what comes next may change it.</span>
        )}
      </div>
      {verdict.reasons.length > 0 && <Why reasons={verdict.reasons} />}
    </div>
  );
}

function Why({ reasons }: { reasons: DeliveryDetail['verdict']['reasons'] }) {
  return (
    <details className="group mt-1">
      <summary className="inline-flex min-h-11 items-center gap-1.5 rounded-sm text-soft hover:text-ink md:min-h-8">
        Why?
        <Icon name="down" size={14} className="transition-transform duration-120 group-open:rotate-180" />
      </summary>
      <Reasons reasons={reasons} />
    </details>
  );
}
