import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { descendantsOf, signal } from '../../test/support/process-tree.ts';
import { eventually } from '../../test/support/server.ts';
import { temporaryDirectory } from '../../test/support/temp-dir.ts';
import { ServerProcesses } from './server-processes.ts';

/** Says what it is when it is asked, and ends with its parent. */
const PROGRAM = `
  process.on('message', () => process.send([process.argv[2], process.env.MARK]));
  process.on('disconnect', () => process.exit(0));
`;

async function withProcesses(work: (processes: ServerProcesses) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  const entry = join(directory.path, 'entry.mjs');
  await writeFile(entry, PROGRAM);
  try {
    await work(new ServerProcesses(entry, { MARK: 'of the parent' }));
  } finally {
    for (const pid of await descendantsOf(process.pid)) signal(pid, 'SIGKILL');
    await noneLeft();
  }
}

async function noneLeft(): Promise<void> {
  await eventually('all have ended', async () => (await descendantsOf(process.pid)).length === 0);
}

async function whatItIs(child: ChildProcess): Promise<unknown> {
  child.send('what are you?');
  const [message] = (await once(child, 'message')) as unknown[];
  return message;
}

test('the first of each role was begun ahead, further ones are new, and what they were told early they hear', () =>
  withProcesses(async (processes) => {
    processes.begin();
    const ahead = await descendantsOf(process.pid);
    assert.equal(ahead.length, 2);
    const edge = processes.take('edge-process');
    const backEnd = processes.take('back-end-process');
    const another = processes.take('edge-process');
    assert.deepEqual(
      [edge, backEnd, another].map(({ pid }) => ahead.includes(pid ?? 0)),
      [true, true, false],
    );
    assert.deepEqual(await Promise.all([edge, backEnd, another].map(whatItIs)), [
      ['edge-process', 'of the parent'],
      ['back-end-process', 'of the parent'],
      ['edge-process', 'of the parent'],
    ]);
  }));

test('one that has died before it was wanted is not given out', () =>
  withProcesses(async (processes) => {
    processes.begin();
    for (const pid of await descendantsOf(process.pid)) signal(pid, 'SIGKILL');
    await noneLeft();
    assert.deepEqual(await whatItIs(processes.take('edge-process')), ['edge-process', 'of the parent']);
  }));

test('those that nobody has wanted are ended, the others live on', () =>
  withProcesses(async (processes) => {
    processes.begin();
    const edge = processes.take('edge-process');
    processes.end();
    await eventually('the back end has ended', async () => (await descendantsOf(process.pid)).length === 1);
    assert.deepEqual(await whatItIs(edge), ['edge-process', 'of the parent']);
  }));
