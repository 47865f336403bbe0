/**
 * Plays a newcomer: clones this repository's last commit into an empty directory, with an empty home and an empty
 * npm cache and prefix, and runs the commands of the README there. Prints what it saw and how long it took; exits
 * with 1 when something was wrong. Takes two to four minutes, so it is no part of `npm test`. Linux.
 *
 *     node scripts/fresh-clone.mjs [--npm /path/to/npm-cli.js] [--node /path/to/node]
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findNpm } from './launch/npm.mjs';
import { ROOT } from './launch/root.mjs';

const { values } = parseArgs({ options: { npm: { type: 'string' }, node: { type: 'string' } } });
const node = values.node ?? process.execPath;
const npm = values.npm ?? findNpm().args[0] ?? '';
const directory = mkdtempSync(join(tmpdir(), 'waybill-fresh-'));
const clone = join(directory, 'clone');
const env = {
  HOME: directory,
  PATH: [dirname(node), process.env['PATH']].join(delimiter),
  npm_config_cache: join(directory, 'cache'),
  npm_config_prefix: join(directory, 'prefix'),
  ...pick(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'https_proxy', 'WAYBILL_CHROMIUM', 'CI']),
  WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
  WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
  WAYBILL_SMTP_LISTEN: '127.0.0.1:0',
};
let failures = 0;

try {
  for (const name of ['cache', 'prefix']) mkdirSync(join(directory, name));
  execFileSync('git', ['clone', '--quiet', ROOT, clone]);
  console.log(
    `node ${run(node, ['--version']).trim()}, npm ${run(node, [npm, '--version']).trim()}, ${clone}`,
  );
  await killedInstall();
  await finishedInstall();
  await start();
  await startOrphaned();
  await tests();
  await overhead();
} finally {
  for (const pid of processesInClone()) process.kill(pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
console.log(failures === 0 ? 'all well' : `${failures} things were wrong`);
process.exitCode = failures === 0 ? 0 : 1;

async function killedInstall() {
  const first = npmRun(['run', '--silent', 'waybill', '--', '--help']);
  while (!existsSync(join(clone, 'node_modules'))) {
    if (first.child.exitCode !== null) throw new Error(`npm ended early:\n${first.output()}`);
    await sleep(5);
  }
  // npm is now unpacking; it moves what it has unpacked into place when all is there.
  await sleep(300);
  const launcher = processesInClone().find((pid) => commandLine(pid).startsWith('node\0scripts/launch.mjs'));
  if (launcher === undefined) throw new Error('the launcher is not there');
  process.kill(launcher, 'SIGKILL');
  await once(first.child, 'close');
  await sleep(500);
  expect('a launcher killed in the midst of the install leaves no process', processesInClone().length === 0);
  expect('and no complete installation', !existsSync(join(clone, 'node_modules', '.package-lock.json')));
}

async function finishedInstall() {
  const { status, output, stdout, seconds } = await npmRun(['run', '--silent', 'waybill', '--', '--help'])
    .done;
  expect(`the next run finishes the install and the command (${seconds} s)`, status === 0, output);
  expect('progress goes to standard error only', stdout.startsWith('Usage: waybill'), stdout);
  const again = await npmRun(['run', '--silent', 'waybill', '--', '--help']).done;
  expect('the run after that says nothing of its own', again.output === stdout, again.output);
  const changed = run('git', ['-C', clone, 'status', '--porcelain']);
  expect('git sees no change', changed === '', changed);
}

async function start() {
  const server = npmRun(['start']);
  const link = await signInLink(server);
  expect('npm start prints a sign-in link', link !== undefined, server.output());
  if (link !== undefined) {
    const page = await fetch(link).then((answer) => answer.text());
    expect('and the dashboard is there', page.includes('<script'), page);
  }
  server.child.kill('SIGTERM');
  const { status, seconds } = await server.done;
  expect(`SIGTERM ends it (status ${status}, ${seconds} s in all)`, processesInClone().length === 0);
}

async function startOrphaned() {
  const server = npmRun(['start']);
  expect('a second npm start works', (await signInLink(server)) !== undefined, server.output());
  server.child.kill('SIGKILL');
  const deadline = Date.now() + 10_000;
  while (processesInClone().length > 0 && Date.now() < deadline) await sleep(50);
  expect('when npm is killed, the server ends too', processesInClone().length === 0);
}

async function tests() {
  const file = join('packages', 'server', 'test', 'architecture.test.ts');
  const { status, output, seconds } = await npmRun(['test', '--', file]).done;
  expect(`npm test runs a file (${seconds} s)`, status === 0 && /tests \d+/.test(output), output);
}

async function overhead() {
  const main = join('packages', 'server', 'src', 'main.ts');
  const pinned = JSON.parse(run('cat', [join(clone, 'node_modules', '.waybill-packages.json')])).node;
  const direct = fastest(() => run(pinned, [main, '--help']));
  const launched = fastest(() => run(node, [join('scripts', 'launch.mjs'), 'waybill', '--help']));
  const ms = launched - direct;
  const bare = fastest(() => run(node, ['--eval', '0']));
  const parts = `${bare.toFixed(0)} ms of it is Node's own start`;
  expect(`the launcher takes ${ms.toFixed(0)} ms when there is nothing to do; ${parts}`, ms < 150);
}

/** @param {{ output(): string, child: import('node:child_process').ChildProcess }} server */
async function signInLink(server) {
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline && server.child.exitCode === null) {
    const link = /http:\/\/\S+\?token=\S+/.exec(server.output());
    if (link !== null) return link[0];
    await sleep(50);
  }
  return undefined;
}

/** @param {string[]} args of npm */
function npmRun(args) {
  const startedAt = Date.now();
  const child = spawn(node, [npm, ...args], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
    output += data;
  });
  child.stderr.on('data', (data) => (output += data));
  const done = once(child, 'close').then(([code, signal]) => ({
    status: /** @type {number | string} */ (code ?? signal),
    output,
    stdout,
    seconds: ((Date.now() - startedAt) / 1000).toFixed(1),
  }));
  return { child, output: () => output, done };
}

/** @param {string} command  @param {string[]} args */
function run(command, args) {
  const options = existsSync(clone) ? { cwd: clone, env } : { env };
  return execFileSync(command, args, { encoding: 'utf8', ...options });
}

/** @param {() => void} action  @returns {number} milliseconds, the least of seven */
function fastest(action) {
  const times = Array.from({ length: 7 }, () => {
    const startedAt = performance.now();
    action();
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

/** @returns {number[]} processes whose working directory is in the clone */
function processesInClone() {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && workingDirectory(pid).startsWith(clone));
}

/** @param {number} pid */
function workingDirectory(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** @param {number} pid */
function commandLine(pid) {
  return run('cat', [`/proc/${pid}/cmdline`]);
}

/** @param {string} what  @param {boolean} isTrue  @param {string} [seen] */
function expect(what, isTrue, seen = '') {
  console.log(`${isTrue ? '✔' : '✖'} ${what}`);
  if (isTrue) return;
  failures += 1;
  if (seen !== '') console.log(seen.replaceAll(/^/gm, '    '));
}

/** @param {string[]} names  @returns {Record<string, string>} */
function pick(names) {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
