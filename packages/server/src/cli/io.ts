import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../kernel/clock.ts';

/** The settings that commands need, read by `config/load.ts`. */
export interface CliSettings {
  /** `WAYBILL_URL`: base address of the server to talk to. */
  url?: string;
  /** `WAYBILL_API_KEY` */
  apiKey?: string;
  /** `WAYBILL_DATA_DIR`: a server on this machine leaves `run/local.json` there. */
  dataDir: string;
  /** Where the command was called: `npm run` itself changes to the project's directory. */
  cwd: string;
  /** `NO_COLOR` is set (https://no-color.org). */
  noColor: boolean;
}

/** Everything a command touches. It returns its exit status: 0 done, 1 failed, 2 wrongly called. */
export interface CliIo {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Standard output is a terminal: colour and local comfort are welcome. */
  isTty: boolean;
  env: CliSettings;
  clock: Clock;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}
