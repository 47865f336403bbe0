import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge, type Judgement, type Lookup } from '../../src/truth/truth.ts';
import { namedAgents } from './named-agents.ts';

/** Nothing but the agent and an ordinary connection speaks. */
const HOME: Lookup = {
  network: () => ({ kind: 'access', owner: 'Example Telecom' }),
  place: () => ({ grain: 'city', country: 'DE', city: 'Halle' }),
  ranges: () => [],
};
const AGENTS = namedAgents();

function judged(kind: 'open' | 'click', userAgent: string): Judgement {
  const [judgement] = judge(
    [{ kind, method: 'GET', userAgent, ip: '91.10.10.10', secondsAfterSend: 900, link: 1, linkCount: 4 }],
    HOME,
  );
  assert.ok(judgement);
  return judgement;
}

describe(`${AGENTS.length} named agents`, () => {
  test('each is what its maker says, in any letter case', () => {
    const wrong = AGENTS.flatMap(({ actor, kind, userAgent }) =>
      [userAgent, userAgent.toUpperCase(), userAgent.toLowerCase()].flatMap((spelled) => {
        const { actor: called } = judged(kind, spelled);
        return called === actor ? [] : [`${actor} called ${called}: ${spelled}`];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  test('in another version each is still the same', () => {
    const wrong = AGENTS.flatMap(({ kind, userAgent }) => {
      // The last part of versions with three or more; rules on age look at the first.
      const other = userAgent.replace(/(\d+\.\d+\.(?:\d+\.)*)\d+/g, '$17');
      const [before, after] = [judged(kind, userAgent), judged(kind, other)];
      return before.actor === after.actor && before.client.name === after.client.name ? [] : [userAgent];
    });
    assert.deepEqual(wrong, []);
  });

  test('people’s programs, systems and devices are named', () => {
    for (const { kind, userAgent, client } of AGENTS) {
      if (client === undefined) continue;
      const { name, os, device } = judged(kind, userAgent).client;
      assert.deepEqual({ name, device, ...(os === undefined ? {} : { os }) }, client, userAgent);
    }
  });

  test('no place is given for what is no person’s own connection', () => {
    for (const { actor, kind, userAgent } of AGENTS) {
      const { place } = judged(kind, userAgent);
      if (actor !== 'human' && actor !== 'automation') assert.equal(place.grain, 'unknown', userAgent);
    }
  });
});
