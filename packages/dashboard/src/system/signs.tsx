import type { SystemState } from '@waybill/sdk';
import { Section } from '../design/page.tsx';
import { StateDot } from '../design/state-dot.tsx';
import { CatchingUp } from './catching-up.tsx';
import { Count, Fact, Facts } from './facts.tsx';
import { isCatchingUp, lagWords } from './system-words.ts';

const number = (value: number) => value.toLocaleString('en-GB');

/** From the request of a reader's mail program to the timeline. */
export function Signs({ system: { edge, hits } }: { system: SystemState }) {
  return (
    <Section
      title="Openings and clicks"
      lead="Images and links are answered by a process of its own, which goes on when all else is down. Counted since the start."
    >
      {isCatchingUp(hits) && <CatchingUp hits={hits} />}
      <Facts>
        <Fact name="Answers images and links">
          <StateDot isGood={edge.isUp}>{edge.isUp ? 'Yes' : 'No word from it'}</StateDot>
        </Fact>
        <Fact
          name="Recorded"
          {...(edge.durableWithinMs === null
            ? {}
            : {
                hint: `Safe on the disk before the answer: 99 of 100 within ${number(edge.durableWithinMs)} ms.`,
              })}
        >
          {number(edge.hits)}
        </Fact>
        <Fact name="Put on timelines">{number(hits.processed)}</Fact>
        {hits.backlog !== null && (
          <Fact name="Waiting to be put there">
            <Count of={hits.backlog} />
          </Fact>
        )}
        {hits.lagSeconds !== null && <Fact name="Timelines are behind by">{lagWords(hits.lagSeconds)}</Fact>}
        <Fact name="Could not be recorded" hint="The reader was answered all the same.">
          <Count of={edge.unrecorded} isTrouble />
        </Fact>
      </Facts>
    </Section>
  );
}

/** What came in and is on no timeline, and why. */
export function LeftOut({ edge }: { edge: SystemState['edge'] }) {
  return (
    <Section
      title="Left out on purpose"
      lead="Where the address is genuine, the reader gets the image or the page all the same."
    >
      <Facts>
        <Fact name="Because of an objection">
          <Count of={edge.silenced} />
        </Fact>
        <Fact
          name="One source, one image, too often"
          hint="A program in a loop; the first of its requests are on the timeline."
        >
          <Count of={edge.repeated} />
        </Fact>
        <Fact name="Forged addresses" hint="Answered like any other, so that nobody learns anything from it.">
          <Count of={edge.forged} />
        </Fact>
        <Fact name="Refused requests" hint="Unknown addresses, and what is malformed, too large or too slow.">
          <Count of={edge.rejected} />
        </Fact>
        <Fact name="Connections sent away" hint="Beyond what may be open at the same time.">
          <Count of={edge.refusedConnections} />
        </Fact>
      </Facts>
    </Section>
  );
}
