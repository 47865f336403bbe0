import { existsSync, writeFileSync } from 'node:fs';

const LIBRARY = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));

/** Why the clock of a process cannot be set here; undefined when it can. */
export const noFakeClock: string | undefined =
  LIBRARY === undefined
    ? (process.env['WAYBILL_TEST_NO_FAULT_TOOLS'] ?? 'libfaketime is not installed')
    : undefined;

/** A wall clock of its own for a process and all its children, that can be set while they run. */
export interface FakeClock {
  /** For the process's environment. */
  environment: Record<string, string>;
  /** @param offset from the real time, as libfaketime reads it: `+1d`, `-3600`. Seen within a second */
  set(offset: string): void;
}

/** @param file that tells libfaketime the offset. The monotonic clock stays as it is, as on a machine whose clock is set */
export function fakeClock(file: string): FakeClock {
  writeFileSync(file, '+0\n');
  return {
    environment: {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set: (offset) => writeFileSync(file, `${offset}\n`),
  };
}
