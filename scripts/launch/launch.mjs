import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { dashboardStep } from './dashboard.mjs';
import { pinnedNode, packagesStep } from './packages.mjs';
import { fromRoot, ROOT } from './root.mjs';
import { LaunchError, prepare } from './steps.mjs';
import { tablesStep } from './tables.mjs';

const SERVER = join('packages', 'server', 'src', 'main.ts');
/** The program's place for compiled code (main/compiled-code.ts), from its first moment on: it starts faster and smaller. */
const COMPILED = { NODE_COMPILE_CACHE: fromRoot('node_modules', '.cache', 'waybill-compiled') };
const USAGE = 'Usage: node scripts/launch.mjs start|test|faults|check|bench|waybill [ARGUMENTS]\n';

/** @type {Record<string, (args: string[]) => Promise<number>>} */
const COMMANDS = {
  start: (args) => serve(['serve', ...args]),

  waybill: async (args) => {
    if (args[0] === 'serve') return serve(args);
    await prepare([packagesStep, tablesStep]);
    return runChild(pinnedNode(), [SERVER, ...args], { env: { ...COMPILED, ...process.env } });
  },

  test: async (args) => {
    // Only here, so that the other commands start without reading it.
    const { testArguments, testEnvironment, testSteps } = await import('./test-run.mjs');
    await prepare([packagesStep, tablesStep, ...testSteps(args)]);
    return runChild(pinnedNode(), testArguments(args), { env: { ...process.env, ...testEnvironment() } });
  },

  faults: async (args) => {
    const { FAULT_FOLDER, testArguments, testEnvironment, testFiles, testSteps } =
      await import('./test-run.mjs');
    await prepare([packagesStep, tablesStep, ...testSteps([FAULT_FOLDER])]);
    const isLong = args.includes('--long');
    // One after the other, and none is given up: the long form takes its time.
    const options = isLong ? ['--test-concurrency=1', '--test-timeout=3600000'] : [];
    const further = args.filter((arg) => arg !== '--long');
    const files = further.some((arg) => !arg.startsWith('-')) ? [] : testFiles(FAULT_FOLDER);
    const env = { ...process.env, ...testEnvironment(), ...(isLong ? { WAYBILL_TEST_LONG: '1' } : {}) };
    return runChild(pinnedNode(), testArguments([...options, ...further, ...files]), { env });
  },

  bench: async ([name = '', ...args]) => {
    const program = join('packages', 'server', 'bench', `${name}.ts`);
    if (!/^[a-z-]+$/.test(name) || !existsSync(program)) throw new LaunchError(`There is no ${program}.`);
    await prepare([packagesStep, tablesStep]);
    return runChild(pinnedNode(), [program, ...args]);
  },

  check: async (args) => {
    await prepare([packagesStep]);
    return runChild(pinnedNode(), [join('scripts', 'check.mjs'), ...args]);
  },
};

/** @param {string[]} args  @returns {Promise<number>} */
async function serve(args) {
  await prepare([packagesStep, tablesStep, dashboardStep]);
  // The server drains when the channel closes, which also happens when this process is killed.
  return runChild(pinnedNode(), [SERVER, ...args], { env: { ...COMPILED, ...process.env }, isServer: true });
}

/** @param {string[]} args command and its arguments; sets the exit status */
export async function launch([name = '', ...args]) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  process.chdir(ROOT);
  try {
    process.exitCode = await command(args);
  } catch (error) {
    const { message, stack } = /** @type {Error} */ (error);
    process.stderr.write(`waybill: ${error instanceof LaunchError ? message : (stack ?? message)}\n`);
    process.exitCode = 1;
  }
}
