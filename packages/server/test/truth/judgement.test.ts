/** The gate: what the rules promise on composed sequences and varied agents. A change that breaks it is not released. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createLookup, type OfflineLookup } from '../../src/storage/lookup.ts';
import { judge, type Judgement } from '../../src/truth/truth.ts';
import { GOALS, measure } from '../../bench/truth/measures.ts';
import * as agents from './agents.ts';
import { judgeNamedAgents, judgeRows, readRows } from './labelled.ts';
import { composeSequences, type ComposedSequence } from './sequences.ts';

/** Share of people's hits that may be called a machine's. */
const PEOPLE_LOST_BOUND = 0.01;
/** Share of all clear hits that may stay undecided. */
const UNKNOWN_BOUND = 0.05;
/** Share of an actor's clear hits that must be called so. */
const RECALL_BOUND = 0.97;

const TABLE = fileURLToPath(new URL('../../tables/asn.bin', import.meta.url));

type Judged = ComposedSequence['hits'][number] & { family: string; judgement: Judgement };

const isReader = (actor: string): boolean => actor === 'human' || actor === 'human-via-proxy';

describe(
  'composed sequences',
  { skip: existsSync(TABLE) ? false : 'the table of networks is not built' },
  () => {
    let lookup: OfflineLookup;
    let judged: Judged[];
    before(async () => {
      lookup = await createLookup();
      judged = judgeAll(composeSequences());
    });

    function judgeAll(sequences: readonly ComposedSequence[]): Judged[] {
      return sequences.flatMap(({ family, hits }) => {
        const judgements = judge(
          hits.map(({ observation }) => observation),
          lookup,
        );
        return hits.map((hit, i) => {
          const judgement = judgements[i];
          assert.ok(judgement);
          return { ...hit, family, judgement };
        });
      });
    }

    test('no machine is called a person', () => {
      const machines = judged.filter(({ actor }) => !isReader(actor));
      assert.ok(machines.length > 3000, `${machines.length}`);
      assert.deepEqual(described(machines.filter(({ judgement }) => isReader(judgement.actor))), []);
    });

    test('hardly a person is called a machine', () => {
      const people = judged.filter(({ actor }) => isReader(actor));
      assert.ok(people.length > 500, `${people.length}`);
      const lost = people.filter(({ judgement: { actor } }) => !isReader(actor) && actor !== 'unknown');
      assert.ok(lost.length <= people.length * PEOPLE_LOST_BOUND, described(lost).join('\n'));
    });

    test('what is clear is decided, and rightly, for each actor', () => {
      const clear = judged.filter(({ hard }) => hard === undefined);
      const undecided = clear.filter(({ judgement }) => judgement.actor === 'unknown');
      assert.ok(undecided.length <= clear.length * UNKNOWN_BOUND, described(undecided).join('\n'));
      for (const [actor, hits] of Map.groupBy(clear, (hit) => hit.actor)) {
        const wrong = hits.filter(({ judgement }) => judgement.actor !== actor);
        assert.ok(wrong.length <= hits.length * (1 - RECALL_BOUND), described(wrong).join('\n'));
      }
    });

    test('confidence is no boast: of what is more than 0.95 certain at least that share is right', () => {
      const sure = judged.filter(({ judgement }) => judgement.confidence > 0.95);
      const right = sure.filter(({ actor, judgement }) => judgement.actor === actor);
      assert.ok(right.length >= sure.length * 0.95);
    });

    test('the goals hold on labelled rows of others, where there are any, and on the agents we know', () => {
      const directory = process.env['WAYBILL_TRUTH_DIR'] ?? '../shared/data/truth';
      const sets = [judgeNamedAgents(lookup)];
      for (const file of ['cases', 'sequences']) {
        const rows = readRows(directory, file);
        if (rows !== undefined) sets.push(judgeRows(rows, lookup));
      }
      for (const set of sets) {
        const { machinesCalledHuman, peopleLost, unknown, macroRecall } = measure(set);
        assert.ok(machinesCalledHuman.count <= machinesCalledHuman.of * GOALS.machinesCalledHuman);
        assert.ok(peopleLost.count <= peopleLost.of * GOALS.peopleLost);
        assert.ok(unknown.count <= unknown.of * GOALS.unknown);
        assert.ok(macroRecall >= GOALS.macroRecall, `${macroRecall}`);
      }
    });

    test('letter case changes nothing', () => {
      const sequences = composeSequences();
      const shouted = judgeAll(
        sequences.map(({ family, hits }) => ({
          family,
          hits: hits.map((hit) => ({
            ...hit,
            observation: { ...hit.observation, userAgent: hit.observation.userAgent?.toUpperCase() ?? '' },
          })),
        })),
      );
      const changed = shouted.filter(({ judgement }, i) => judgement.actor !== judged[i]?.judgement.actor);
      assert.deepEqual(described(changed), []);
    });

    test('another version of an agent is the same agent', () => {
      const known = [
        ...agents.MAIL_CLIENTS,
        ...agents.SCANNERS,
        ...agents.PREVIEW_BOTS,
        ...agents.PROGRAMS,
        ...agents.IMAGE_PROXIES,
      ];
      fc.assert(
        fc.property(fc.constantFrom(...known), fc.nat({ max: 40 }), (agent, patch) => {
          const [before_, after] = [agent, otherPatch(agent, patch)].map((userAgent) => {
            const [judgement] = judge(
              [{ kind: 'open', method: 'GET', userAgent, ip: '91.10.10.10', secondsAfterSend: 900 }],
              lookup,
            );
            return { actor: judgement?.actor, client: judgement?.client.name };
          });
          assert.deepEqual(after, before_, `${agent} → ${otherPatch(agent, patch)}`);
        }),
      );
    });
  },
);

/** The last number of a version changes with every release. */
function otherPatch(agent: string, patch: number): string {
  return agent.replace(/(\/\d+(?:\.\d+)*\.)\d+(?=[^\d.]*$)/, `$1${patch}`);
}

/** One line for each kind of mistake. */
function described(wrong: readonly Judged[]): string[] {
  const lines = wrong.map(({ family, actor, judgement, observation }) => {
    const codes = judgement.reasons.map(({ code }) => code).join(', ');
    return `${family}: ${actor} called ${judgement.actor} (${codes}) for ${observation.userAgent}`;
  });
  return [...new Set(lines)].slice(0, 20);
}
