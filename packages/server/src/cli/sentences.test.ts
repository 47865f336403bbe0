import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventFacts, eventWords } from './sentences.ts';

test('an event that stands for several requests says how many', () => {
  const event = { at: '2026-11-01T12:00:00.000Z', type: 'opened', ip: '192.0.2.1' } as const;
  assert.deepEqual(eventFacts(event), ['192.0.2.1']);
  assert.equal(eventFacts({ ...event, requests: 2 }).at(-1), 'asked for twice within a second');
  assert.equal(eventFacts({ ...event, requests: 3 }).at(-1), 'asked for 3 times within a second');
});

test('a mail in the demo inbox was not handed over to anybody', () => {
  const event = { at: '2026-11-01T12:00:00.000Z', type: 'relayed' } as const;
  assert.equal(eventWords(event), 'handed over');
  const captured = { code: 'captured', text: 'The mail is in the demo inbox. It was not sent to anybody.' };
  assert.equal(eventWords({ ...event, reasons: [captured] }), 'put into the demo inbox');
});
