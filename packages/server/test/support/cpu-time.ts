/**
 * What a piece of work costs: the processor's time of this thread, which, unlike the clock's, does not grow while the
 * machine is busy with something else.
 * @returns milliseconds
 */
export function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
