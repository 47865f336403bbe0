import { AppError } from '../kernel/errors.ts';
import { explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'sign-in',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill sign-in [--json]

Makes a new link for the first sign-in to the dashboard. It works once, for 15 minutes, and only while
no user exists. To be run on the machine of the data directory (WAYBILL_DATA_DIR).

  --json   {"url": "..."} instead
`,
} as const satisfies Usage;

export interface SignInDependencies {
  /** @returns the link, or undefined when a user exists already */
  createSignInLink(): Promise<string | undefined>;
}

/** `waybill sign-in` */
export async function run(
  args: string[],
  io: CliIo,
  { createSignInLink }: SignInDependencies,
): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (positionals.length > 0)
    return wrongCall('sign-in', `${JSON.stringify(positionals[0])} is not understood.`, io);
  try {
    const url = await createSignInLink();
    if (url === undefined) {
      throw new AppError(
        'conflict',
        'Somebody has signed in already. Sign in with e-mail address and password.',
      );
    }
    if (values.json === true) io.stdout.write(`${JSON.stringify({ url })}\n`);
    else io.stdout.write(`${url}\nThis link works once, for 15 minutes.\n`);
    return 0;
  } catch (error) {
    explainFailure('sign-in', error, io.stderr);
    return 1;
  }
}
