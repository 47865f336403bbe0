import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** All processes below one, as Linux knows them now. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  const further = await Promise.all(children.map(descendantsOf));
  return [...children, ...further.flat()];
}

/** The edge's processes: all below the supervisor but the back end, and what is below that. */
export async function edgeProcesses(processes: { supervisor: number; backEnd: number }): Promise<number[]> {
  const [all, ofBackEnd] = await Promise.all([
    descendantsOf(processes.supervisor),
    descendantsOf(processes.backEnd),
  ]);
  const others = new Set([processes.backEnd, ...ofBackEnd]);
  return all.filter((pid) => !others.has(pid));
}

/** Sends a signal; a process that has ended by itself is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** It has ended, whether anybody has asked for its status or not. */
export function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
