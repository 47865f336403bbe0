import type { SystemCall } from './strace.ts';
import type { UnpluggedDisk } from './unplugged-disk.ts';

export interface PowerCuts {
  calls: readonly SystemCall[];
  /** Where the disk is put as the failure left it. */
  target: string;
  /** Of each sector that was written and not synced, to be there all the same. */
  chance: number;
  /** The power fails before each answer of that number. */
  every: number;
  /** What a call that begins promises to have kept. */
  promisedBy(call: SystemCall): string | undefined;
  /** A call that has ended. */
  left?(call: SystemCall): void;
  /** What is found after the failure. */
  found(): Promise<ReadonlySet<string>> | ReadonlySet<string>;
}

/** Goes through a trace; at each chosen answer the power fails just before it goes out. */
export async function cutPower(
  disk: UnpluggedDisk,
  { calls, target, chance, every, promisedBy, left, found }: PowerCuts,
): Promise<{ answers: number; looked: number; lost: string[] }> {
  const steps = calls
    .flatMap((call) => [
      { at: call.entered, call, isEntry: true },
      { at: call.left + 0.5, call, isEntry: false },
    ])
    .toSorted((a, b) => a.at - b.at);
  const promised = new Set<string>();
  const lost = new Set<string>();
  let looked = 0;
  for (const { call, isEntry } of steps) {
    if (!isEntry) {
      left?.(call);
      disk.leave(call);
      continue;
    }
    const promise = promisedBy(call);
    if (promise === undefined) continue;
    promised.add(promise);
    if (promised.size % every !== 0) continue;
    looked += 1;
    await disk.restore(target, () => Math.random() < chance);
    const there = await found();
    for (const each of promised) if (!there.has(each)) lost.add(each);
  }
  return { answers: promised.size, looked, lost: [...lost] };
}
