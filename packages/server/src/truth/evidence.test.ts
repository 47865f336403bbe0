import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTORS } from '@waybill/sdk';
import fc from 'fast-check';
import { conclude, NAMING_THRESHOLD, type Evidence, type Suspect } from './evidence.ts';

const SUSPECTS: Suspect[] = ACTORS.filter((actor) => actor !== 'unknown');
const piece = (toward: Suspect, weight: number, code = `${toward}-${weight}`): Evidence => ({
  toward,
  weight,
  code,
  text: `${code}.`,
});
const anyEvidence = fc.array(
  fc.record({
    toward: fc.constantFrom(...SUSPECTS),
    weight: fc.double({ min: -4, max: 8, noNaN: true }),
    code: fc.stringMatching(/^[a-z]{1,4}$/),
    text: fc.constant('Because.'),
  }),
);

test('without evidence the actor is unknown and nothing is claimed', () => {
  assert.deepEqual(conclude([]), {
    actor: 'unknown',
    confidence: 0,
    reasons: [{ code: 'nothing-known', text: 'Too little is known of this request to say who made it.' }],
  });
});

test('equal evidence for a person and a machine gives unknown, with the signs of both', () => {
  const { actor, confidence, reasons } = conclude([piece('human', 3), piece('scanner', 3)]);
  assert.equal(actor, 'unknown');
  assert.equal(confidence, 0);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['undecided', 'human-3', 'scanner-3'],
  );
});

test('an actor is named only from the threshold on, and never with certainty', () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const { actor, confidence } = conclude(evidence);
      if (actor === 'unknown') assert.equal(confidence, 0);
      else assert.ok(confidence >= NAMING_THRESHOLD && confidence <= 0.99);
    }),
  );
});

test('the order of the evidence does not matter', () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const forwards = conclude(evidence);
      const backwards = conclude(evidence.toReversed());
      assert.equal(forwards.actor, backwards.actor);
      assert.equal(forwards.confidence, backwards.confidence);
    }),
  );
});

test('more evidence for the named actor never makes it less certain', () => {
  fc.assert(
    fc.property(anyEvidence, fc.double({ min: 0, max: 5, noNaN: true }), (evidence, weight) => {
      const before = conclude(evidence);
      if (before.actor === 'unknown') return;
      const after = conclude([...evidence, piece(before.actor, weight, 'more')]);
      assert.equal(after.actor, before.actor);
      assert.ok(after.confidence >= before.confidence);
    }),
  );
});

test('what supports the judgement is told before what opposes it, the strongest first', () => {
  const { reasons } = conclude([
    piece('scanner', 1),
    piece('human', 2),
    piece('scanner', 1.5),
    piece('human', 4),
  ]);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['human-4', 'human-2', 'scanner-1.5', 'scanner-1'],
  );
});
