import type { Reason } from '@waybill/sdk';
import { NAMING_THRESHOLD } from './evidence.ts';
import type { Judgement, Observation } from './observation.ts';

const MAYBE_QUOTED: Reason = {
  code: 'maybe-quoted-copy',
  text: 'Maybe a quoted copy: the recipient had answered before, and this program was not seen until then. It may be you, reading the answer.',
};

/**
 * An answer quotes the mail, and with it our image: whoever reads the answer loads it as well, the mail's own author
 * first of all. So an opening after an answer, by a program and from an address that were not seen before it, is a
 * person's at best, and says little of the recipient.
 *
 * @param judgements of these observations, in their order
 */
export function withQuotedCopies(
  observations: readonly Observation[],
  judgements: readonly Judgement[],
): Judgement[] {
  if (!observations.some(({ afterReply }) => afterReply === true)) return [...judgements];
  const known = new Set(
    judgements.flatMap((judgement, index) => {
      const observation = observations[index];
      return observation === undefined || observation.afterReply === true || !isPersons(judgement)
        ? []
        : marksOf(observation, judgement);
    }),
  );
  return judgements.map((judgement, index) => {
    const observation = observations[index];
    if (observation?.afterReply !== true || observation.kind !== 'open' || !isPersons(judgement))
      return judgement;
    if (marksOf(observation, judgement).some((mark) => known.has(mark))) return judgement;
    return {
      ...judgement,
      confidence: Math.min(judgement.confidence, NAMING_THRESHOLD),
      reasons: [MAYBE_QUOTED, ...judgement.reasons],
    };
  });
}

function isPersons({ actor }: Judgement): boolean {
  return actor === 'human' || actor === 'human-via-proxy';
}

/** What a reader is known by again: the address, and the program on its system. */
function marksOf({ ip }: Observation, { client }: Judgement): string[] {
  const program = `program ${client.name} ${client.os ?? ''}`;
  return ip === undefined ? [program] : [program, `address ${ip}`];
}
