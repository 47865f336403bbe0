import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import { Keyring } from '../tracking/tracking.ts';
import { copyPlan, instrumentOptions, trackedBy, trackedLinks, type TrackingContext } from './copy-plan.ts';
import { surveyHtml } from './instrument/html-survey.ts';
import { instrumentHtml, stripTracking } from './instrument/instrument.ts';
import { makeSnippet } from './snippet.ts';

const keyring = new Keyring(new Map([[1, new Uint8Array(32).fill(1)]]));
const context: TrackingContext = { keyring, publicUrl: 'https://track.example.org', trapLink: true };
const workspaceId = 3 as WorkspaceId;
const subject = 'ab'.repeat(16);
const HTML = '<p>See <a href="https://example.org/">this</a></p>';

test('a copy with a trap has no more links than without, and loses it with the others when it is quoted', () => {
  const plan = copyPlan(context, workspaceId, { subject, mode: 'full', disclosure: 'none' });
  const made = instrumentHtml(HTML, instrumentOptions(context, workspaceId, plan));
  assert.match(
    made.html,
    /<a href="https:\/\/track\.example\.org\/l\/[\w-]{54}\?to=[^"]*nowhere" tabindex="-1"/,
  );
  assert.deepEqual(trackedLinks(made), [{ index: 1, url: 'https://example.org/' }]);
  assert.equal(stripTracking(made.html, trackedBy(keyring)), HTML);
});

test('no trap where none is asked for, and in modes that keep nothing to judge', () => {
  for (const mode of ['day', 'aggregate'] as const) {
    assert.equal(copyPlan(context, workspaceId, { subject, mode, disclosure: 'none' }).trapUrl, undefined);
  }
  const { trapLink: _, ...without } = context;
  const plan = copyPlan(without, workspaceId, { subject, mode: 'full', disclosure: 'none' });
  assert.equal(plan.trapUrl, undefined);
});

test('no trap in HTML to paste, in which its author goes on writing', () => {
  const { copies } = makeSnippet(
    {
      context,
      random: (size) => new Uint8Array(size).fill(7),
      workspaceId,
      messageId: 'cd'.repeat(16) as MessageId,
      mode: 'full',
      disclosure: 'none',
    },
    { html: HTML, survey: surveyHtml(HTML) },
    [{ address: 'bob@example.com', objected: false }],
  );
  assert.match(copies[0]?.html ?? '', /\/l\/[\w-]{54}\?to=https%3A%2F%2Fexample\.org%2F"/);
  assert.doesNotMatch(copies[0]?.html ?? '', /nowhere/);
});
