import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { CliIo } from './io.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/** How a command is called. `-h` and `--help` come by themselves. */
export interface Usage<O extends Options = Options> {
  command: string;
  text: string;
  options: O;
}

/**
 * The command's options and positionals, or its exit status when there is nothing to do: the help was asked for, or
 * the call is wrong, which is said on standard error.
 */
export function readArguments<O extends Options>(
  { command, text, options }: Usage<O>,
  args: string[],
  io: Pick<CliIo, 'stdout' | 'stderr'>,
): Parsed<O> | number {
  try {
    const help = { type: 'boolean', short: 'h' } as const;
    const { values, positionals } = parseArgs({
      args,
      options: { ...options, help },
      allowPositionals: true,
    });
    if ('help' in values && values.help === true) {
      io.stdout.write(text);
      return 0;
    }
    return { values, positionals };
  } catch (error) {
    return wrongCall(command, (error as Error).message, io);
  }
}

/** Says what is wrong with the call. @returns the exit status for it */
export function wrongCall(command: string, problem: string, { stderr }: Pick<CliIo, 'stderr'>): number {
  stderr.write(`waybill ${command}: ${problem}\nwaybill ${command} --help says how it is called.\n`);
  return 2;
}
