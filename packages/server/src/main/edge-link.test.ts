import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { DenyEntry } from '../tracking/tracking.ts';
import { EdgeLink } from './edge-link.ts';

const entry = (version: number): DenyEntry => ({
  version,
  kind: 'delivery',
  workspaceId: 1 as WorkspaceId,
  target: 'ab'.repeat(16),
  effect: 'silent',
});
const ready = (denyVersion: number) => ({ type: 'edge-ready', host: 'h', port: 1, denyVersion }) as const;

function linkTo(entries: readonly DenyEntry[]) {
  /** Versions of each message. */
  const told: number[][] = [];
  const reader = {
    denyEntriesAfter: async (after: number) => entries.filter(({ version }) => version > after),
  };
  const link = new EdgeLink(
    reader,
    () => 0,
    (message) => {
      if (message.type === 'deny') told.push(message.entries.map(({ version }) => version));
    },
  );
  return { link, told };
}

/** What the link does by itself is done then. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what an edge was not there to hear is told to it again as soon as it is, and then confirmed', async () => {
  const { link, told } = linkTo([entry(5), entry(6)]);
  link.handle(ready(4), () => {});
  const pushed = link.push();
  await settled();
  assert.deepEqual(told, [[5, 6]]);
  link.handle(ready(4), () => {});
  assert.deepEqual(told, [
    [5, 6],
    [5, 6],
  ]);
  link.handle({ type: 'deny-ack', version: 6 }, () => {});
  await pushed;
});

test('an edge that is ready with all of it has confirmed it', async () => {
  const { link } = linkTo([entry(5)]);
  link.handle(ready(4), () => {});
  const pushed = link.push();
  await settled();
  link.handle(ready(5), () => {});
  await pushed;
});

test('an edge that lacks more than that is not told a part of it, which it would confirm for the whole', async () => {
  const { link, told } = linkTo([entry(3), entry(5)]);
  link.handle(ready(4), () => {});
  const pushed = link.push();
  await settled();
  link.handle(ready(2), () => {});
  assert.deepEqual(told, [[5]]);
  // Nobody confirms it.
  await assert.rejects(pushed, /did not confirm/);
  const again = link.push();
  await settled();
  assert.deepEqual(told, [[5], [3, 5]]);
  link.handle({ type: 'deny-ack', version: 5 }, () => {});
  await again;
});
