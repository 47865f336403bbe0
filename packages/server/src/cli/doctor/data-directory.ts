import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './finding.ts';
import { nearest, whyNotWritable } from './writable.ts';

const TOPIC = 'data directory';
const GIGABYTE = 1_000_000_000;
const LITTLE_BYTES = GIGABYTE;
const TOO_LITTLE_BYTES = GIGABYTE / 20;

/** Whose it is, who may read it, and how much room there is. */
export async function checkDataDirectory(dataDir: string, userId: number | undefined): Promise<Finding[]> {
  const found = await stat(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined) return [await notThereYet(dataDir)];
  if (!found.isDirectory()) {
    const advice = 'Set WAYBILL_DATA_DIR to a directory.';
    return [{ topic: TOPIC, level: 'problem', text: `${dataDir} is no directory`, advice }];
  }
  const why = await whyNotWritable(dataDir);
  if (why !== undefined) {
    return [
      ownership(dataDir, found, userId),
      {
        topic: TOPIC,
        level: 'problem',
        text: `nothing can be written to ${dataDir}: ${why}`,
        advice:
          'Let the user that runs Waybill own it (chown), on a file system that can be written to; or set WAYBILL_DATA_DIR. Without it nothing is accepted and nothing is recorded.',
      },
    ];
  }
  return [ownership(dataDir, found, userId), ...(await modes(dataDir, found.mode)), await room(dataDir)];
}

async function notThereYet(dataDir: string): Promise<Finding> {
  const parent = await nearest(dataDir);
  const why = (await stat(parent)).isDirectory() ? await whyNotWritable(parent) : 'it is no directory';
  if (why === undefined) {
    return { topic: TOPIC, level: 'ok', text: `${dataDir} is not there yet; the first start makes it` };
  }
  return {
    topic: TOPIC,
    level: 'problem',
    text: `${dataDir} is not there and cannot be made in ${parent}: ${why}`,
    advice: 'Make it for the user that runs Waybill, or set WAYBILL_DATA_DIR to a directory of theirs.',
  };
}

function ownership(dataDir: string, { uid }: { uid: number }, userId: number | undefined): Finding {
  if (userId === undefined || userId === uid) {
    return { topic: TOPIC, level: 'ok', text: `${dataDir} belongs to the user that calls this` };
  }
  return {
    topic: TOPIC,
    level: 'warning',
    text: `${dataDir} belongs to user ${uid}, and user ${userId} calls this`,
    advice: 'Run Waybill and its commands as the owner, or files appear that the server cannot write to.',
  };
}

async function modes(dataDir: string, mode: number): Promise<Finding[]> {
  const open: string[] = [];
  for (const folder of ['keys', 'dkim', 'tls']) {
    const names = await readdir(join(dataDir, folder)).catch(() => []);
    for (const name of names) {
      const { mode: each } = await stat(join(dataDir, folder, name));
      if ((each & 0o077) !== 0) open.push(join(dataDir, folder, name));
    }
  }
  if (open.length > 0) {
    return [
      {
        topic: TOPIC,
        level: 'problem',
        text: `others may read ${open.join(', ')}`,
        advice: `chmod 600 ${open.join(' ')}; if somebody may have read a key, make a new one (docs/backup.md).`,
      },
    ];
  }
  if ((mode & 0o077) !== 0) {
    return [
      {
        topic: TOPIC,
        level: 'warning',
        text: `others may look into ${dataDir} (mode ${(mode & 0o777).toString(8)}); it holds everybody's mail`,
        advice: `chmod 700 ${dataDir}`,
      },
    ];
  }
  return [{ topic: TOPIC, level: 'ok', text: 'it and its keys are for their owner only' }];
}

async function room(dataDir: string): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const share = blocks === 0 ? 0 : Math.round((bavail / blocks) * 100);
  const amount =
    free < GIGABYTE ? `${Math.round(free / 1_000_000)} MB` : `${(free / GIGABYTE).toFixed(1)} GB`;
  const text = `${amount} are free (${share} %)`;
  if (free >= LITTLE_BYTES) return { topic: TOPIC, level: 'ok', text };
  return {
    topic: TOPIC,
    level: free < TOO_LITTLE_BYTES ? 'problem' : 'warning',
    text: `only ${text}`,
    advice:
      'Make room: with a full disk hits are answered and not recorded, and mail is turned away for the time.',
  };
}
