/**
 * `npm run check`: everything about the source that a machine can judge without running the product. One line a check,
 * and the output of those that failed. `npm run check -- --fix` mends what can be mended by itself.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fromRoot } from './launch/root.mjs';

/** @typedef {{ name: string, args: string[], fix?: string[] }} Check arguments for Node; `fix`: those that mend */

const CONFIGURATION_DOCS = join('docs', 'configuration.md');
const node = process.execPath;
const isFixing = process.argv.includes('--fix');
/** @param {string[]} parts */
const tool = (...parts) => join('node_modules', ...parts);
const prettier = [
  tool('prettier', 'bin', 'prettier.cjs'),
  '--cache',
  '--cache-location',
  '.waybill/prettier',
  '--log-level=warn',
];
const oxlint = [tool('oxlint', 'bin', 'oxlint'), '--quiet', '--report-unused-disable-directives'];
const tsc = tool('typescript', 'bin', 'tsc');

/** The longest ones first, so that all are done soonest. @type {Check[]} */
const CHECKS = [
  { name: 'format', args: [...prettier, '--check', '.'], fix: [...prettier, '--write', '.'] },
  { name: 'lint', args: oxlint, fix: [...oxlint, '--fix'] },
  {
    name: 'unused code and dependencies',
    args: [tool('knip', 'bin', 'knip.js'), '--no-progress', '--no-config-hints'],
  },
  { name: 'types of server and sdk', args: [tsc, '-p', 'tsconfig.json'] },
  { name: 'types of dashboard', args: [tsc, '-p', 'packages/dashboard/tsconfig.json'] },
  { name: 'types of scripts', args: [tsc, '-p', 'scripts/tsconfig.json'] },
  { name: 'architecture', args: ['--test', 'packages/server/test/architecture.test.ts'] },
];

const startedAt = Date.now();
const waiting = [...CHECKS];
const failed = (
  await Promise.all([
    docsAreFresh(),
    ...Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
      let isGood = true;
      for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
        isGood = (await runCheck(check)) && isGood;
      }
      return isGood;
    }),
  ])
).includes(false);
console.log(`${failed ? 'Something is wrong' : 'All is well'} (${seconds(startedAt)}).`);
process.exitCode = failed ? 1 : 0;

/** @param {Check} check  @returns {Promise<boolean>} */
async function runCheck({ name, args, fix }) {
  const begin = Date.now();
  const { status, output } = await run(isFixing && fix !== undefined ? fix : args);
  report(name, begin, status === 0, output);
  return status === 0;
}

async function docsAreFresh() {
  const begin = Date.now();
  const generator = new URL('../packages/server/src/config/docs.ts', import.meta.url);
  const text = (await import(generator.href)).configurationDocs();
  if (isFixing) writeFileSync(fromRoot(CONFIGURATION_DOCS), text);
  const isFresh = readFileSync(fromRoot(CONFIGURATION_DOCS), 'utf8') === text;
  report('generated docs', begin, isFresh, `${CONFIGURATION_DOCS} is stale: npm run check -- --fix\n`);
  return isFresh;
}

/** @param {string} name  @param {number} begin  @param {boolean} isGood  @param {string} output */
function report(name, begin, isGood, output) {
  console.log(`${isGood ? '✔' : '✖'} ${name} (${seconds(begin)})`);
  if (!isGood) console.log(output.trimEnd().replaceAll(/^/gm, '    '));
}

/** @param {number} since */
function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** @param {string[]} args  @returns {Promise<{ status: number | null, output: string }>} */
function run(args) {
  const child = spawn(node, args, { cwd: fromRoot(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
