import { mkdtemp, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './finding.ts';
import { nearest, whyNotWritable } from './writable.ts';

const TOPIC = 'disk';
/** Of `statfs`, by linux/magic.h; on these a sync does not mean what it means on a disk. */
const FILE_SYSTEMS: Readonly<Record<number, { name: string; kind: 'memory' | 'overlay' | 'network' }>> = {
  0x01021994: { name: 'tmpfs', kind: 'memory' },
  0x858458f6: { name: 'ramfs', kind: 'memory' },
  0x794c7630: { name: 'overlayfs', kind: 'overlay' },
  0x6969: { name: 'NFS', kind: 'network' },
  0xff534d42: { name: 'CIFS', kind: 'network' },
  0xfe534d42: { name: 'SMB', kind: 'network' },
  0x01021997: { name: '9p', kind: 'network' },
  0x00c36400: { name: 'CephFS', kind: 'network' },
  0x65735546: { name: 'FUSE', kind: 'network' },
};
const SYNCS = 40;
const BLOCK = Buffer.alloc(4_096, 1);
/** Even a controller with a battery takes longer than this to be asked. */
const IMPLAUSIBLE_MS = 0.015;
const SLOW_MS = 50;

/** Whether what is synced is likely to be there after a loss of power, and how long a hit waits for that. */
export async function checkDisk(dataDir: string): Promise<Finding[]> {
  const directory = await nearest(dataDir);
  const { type } = await statfs(directory);
  const fileSystem = FILE_SYSTEMS[type];
  const findings: Finding[] = fileSystem === undefined ? [] : [ofFileSystem(fileSystem)];
  // Not a directory, or not to be written to: what is wrong is said of the data directory.
  if (!(await stat(directory)).isDirectory() || (await whyNotWritable(directory)) !== undefined) {
    const text = 'how long a sync takes cannot be measured where nothing can be written';
    return [...findings, { topic: TOPIC, level: 'unknown', text }];
  }
  return [...findings, ofSyncs(await measure(directory), fileSystem)];
}

function ofFileSystem({ name, kind }: { name: string; kind: 'memory' | 'overlay' | 'network' }): Finding {
  const advice = {
    memory: 'Put WAYBILL_DATA_DIR on a disk: this one is empty after a restart.',
    overlay:
      'Mount a volume at WAYBILL_DATA_DIR: what is in a container’s own layer goes with the container.',
    network:
      'Put WAYBILL_DATA_DIR on a local disk: SQLite’s locks and its shared memory do not work over a network.',
  }[kind];
  return {
    topic: TOPIC,
    level: kind === 'overlay' ? 'warning' : 'problem',
    text: `the data directory is on ${name}`,
    advice,
  };
}

/** @returns the median of what one small write and its fdatasync take, ms */
async function measure(directory: string): Promise<number> {
  const scratch = await mkdtemp(join(directory, '.waybill-doctor-'));
  const file = await open(join(scratch, 'sync'), 'w', 0o600);
  const times: number[] = [];
  try {
    for (let n = 0; n < SYNCS; n++) {
      await file.write(BLOCK, 0, BLOCK.length, n * BLOCK.length);
      const begun = performance.now();
      await file.datasync();
      times.push(performance.now() - begun);
    }
  } finally {
    await file.close();
    await rm(scratch, { recursive: true, force: true });
  }
  return times.sort((a, b) => a - b)[SYNCS / 2] ?? 0;
}

function ofSyncs(medianMs: number, fileSystem: { kind: string } | undefined): Finding {
  const text = `a sync takes ${medianMs.toFixed(medianMs < 1 ? 3 : 1)} ms (median of ${SYNCS})`;
  if (medianMs > SLOW_MS) {
    return {
      topic: TOPIC,
      level: 'warning',
      text: `${text}: every reader waits that long`,
      advice: 'Use a faster disk for WAYBILL_DATA_DIR, or find out what else keeps this one busy.',
    };
  }
  if (medianMs >= IMPLAUSIBLE_MS || fileSystem?.kind === 'memory') return { topic: TOPIC, level: 'ok', text };
  return {
    topic: TOPIC,
    level: 'warning',
    text: `${text}: no disk is that fast, so it only says that it has synced`,
    advice:
      'Look for a setting that ignores syncs (of the virtual machine: cache=unsafe; of the file system: nobarrier; eatmydata), or what was answered is lost with the power.',
  };
}
