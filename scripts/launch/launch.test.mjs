import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { lockedPackages, unlockedBindings } from './lock-file.mjs';
import { ROOT } from './root.mjs';

/** A copy of the launcher in an empty clone: its root is where it lies. */
const clone = await mkdtemp(join(tmpdir(), 'waybill-launch-'));
await cp(join(ROOT, 'scripts'), join(clone, 'scripts'), { recursive: true });
after(() => rm(clone, { recursive: true, force: true, maxRetries: 10 }));
const moduleUrl = (/** @type {string} */ name) => pathToFileURL(join(clone, 'scripts', 'launch', name)).href;
const onLinux = process.platform === 'linux' ? false : 'it looks into /proc';

test('with nothing to do the launcher adds nothing to what a command writes, and passes its status on', () => {
  const run = (/** @type {string[]} */ ...args) =>
    spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  for (const args of [['--help'], ['no-such-command']]) {
    const direct = run(join('packages', 'server', 'src', 'main.ts'), ...args);
    const launched = run(join('scripts', 'launch.mjs'), 'waybill', ...args);
    assert.deepEqual(
      [launched.stdout, launched.stderr, launched.status],
      [direct.stdout, direct.stderr, direct.status],
    );
  }
});

test('bytes pass through in both directions, and the status of the program is the launcher’s', () => {
  const bytes = Buffer.from([0, 13, 10, 255, 128, 10]);
  const program = `process.stdin.on('end', () => (process.exitCode = 7)).pipe(process.stdout)`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', launching(program)],
    {
      input: bytes,
    },
  );
  assert.deepEqual([stdout, stderr.toString(), status], [bytes, '', 7]);
});

test('a server is asked to stop by SIGINT, SIGTERM and SIGHUP, and is waited for', async () => {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    const launcher = launchServer();
    await once(launcher.stdout, 'data');
    launcher.kill(signal);
    const [status] = await once(launcher, 'exit');
    assert.equal(status, 3, signal);
  }
});

test('a server sees that its launcher was killed', async () => {
  const launcher = launchServer();
  const [pid] = await once(launcher.stdout, 'data');
  launcher.kill('SIGKILL');
  await ended(Number(pid));
});

test('a server is asked to stop when npm, above a shell, was killed', { skip: onLinux }, async () => {
  const script = join(clone, 'server.mjs');
  await writeFile(script, launching(SERVER, { isServer: true }));
  // The colon keeps the shell from being replaced by the program.
  const npm = `require('node:child_process').spawn('sh', ['-c', '"$0" "$1"; :', process.execPath, ${JSON.stringify(script)}], { stdio: 'inherit' })`;
  const starter = spawn(process.execPath, ['--eval', npm], {
    env: { ...process.env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await once(starter.stdout, 'data');
  starter.kill('SIGKILL');
  await ended(Number(pid));
});

test('a step that fails shows the end of its log, and is needed again', async () => {
  const { stderr, status } = await preparing(`
    isNeeded: () => true,
    run: ({ tool }) => tool(process.execPath, ['--eval', 'console.log("the reason"); process.exit(4)']),`);
  assert.equal(status, 1);
  assert.match(stderr, /^waybill: a step … failed \(\d+ s\)\n/);
  assert.match(stderr, /the reason\n[^]*Run the same command again/);
  assert.match(await readFile(join(clone, '.waybill', 'launch.log'), 'utf8'), /the reason/);
});

test('of two launchers in one clone the second waits, and then finds it done', async () => {
  const step = `
    isNeeded: () => !existsSync('done'),
    run: async () => { await setTimeout(700); writeFileSync('done', ''); },`;
  const runs = await Promise.all([preparing(step), preparing(step)]);
  const [first, second] = runs.map(({ stderr }) => stderr).sort((a, b) => a.length - b.length);
  assert.match(first ?? '', /^waybill: a step … done \(\d+ s\)\n$/);
  assert.match(second ?? '', /^waybill: waiting for process \d+, which is preparing this clone\n$/);
});

test('the lock of a launcher that was killed holds nobody up', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  await writeFile(join(clone, '.waybill', 'launch.lock'), String(pid));
  const { stderr } = await preparing(`isNeeded: () => true, run: async () => 'made',`);
  assert.match(stderr, /^waybill: a step … made \(\d+ s\)\n$/);
});

test('a tool dies with its launcher', async () => {
  const launcher = prepareProcess(`
    isNeeded: () => true,
    run: ({ tool }) => tool(process.execPath, ['--eval', 'require("node:fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000)']),`);
  const pid = await eventually(() => readFile(join(clone, 'pid'), 'utf8').catch(() => ''));
  launcher.kill('SIGKILL');
  await ended(Number(pid));
});

test('of the lock file, what is for this platform is needed, and native parts it left out are found', async () => {
  const [platform, arch] = [process.platform, process.arch];
  const file = join(clone, 'package-lock.json');
  const packages = {
    '': {},
    'packages/server': {},
    'node_modules/plain': { version: '1.0.0' },
    'node_modules/here': { version: '1.0.0', optional: true, os: platform, cpu: [arch] },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['plan9'], cpu: [arch] },
    'node_modules/not-here': { version: '1.0.0', optional: true, os: [`!${platform}`] },
    'node_modules/of-another': { version: '1.0.0', optional: true },
    'node_modules/native': {
      version: '2.0.0',
      optionalDependencies: {
        [`@native/${platform}-${arch}`]: '2.0.0',
        '@native/plan9-x64': '2.0.0',
        here: '1.0.0',
      },
    },
  };
  await writeFile(file, JSON.stringify({ packages }));
  assert.deepEqual(
    lockedPackages(file).map(({ path }) => path),
    ['node_modules/plain', 'node_modules/here', 'node_modules/native'],
  );
  assert.deepEqual(unlockedBindings(file), [{ name: `@native/${platform}-${arch}`, version: '2.0.0' }]);
});

const SERVER = `
  process.on('SIGTERM', () => process.exit(3)).on('SIGINT', () => {}).on('disconnect', () => process.exit(0));
  console.log(process.pid);
  setInterval(() => {}, 1000);`;

const launchServer = () =>
  spawn(process.execPath, ['--input-type=module', '--eval', launching(SERVER, { isServer: true })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** @param {string} program  @param {{ isServer?: boolean }} [options]  @returns {string} a program that runs it */
function launching(program, options = {}) {
  const args = ['--input-type=commonjs', '--eval', program];
  return `
    import { runChild } from ${JSON.stringify(moduleUrl('child.mjs'))};
    process.exitCode = await runChild(process.execPath, ${JSON.stringify(args)}, ${JSON.stringify(options)});`;
}

/** @param {string} step the rest of a Step, as source */
function prepareProcess(step) {
  const program = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    import { prepare } from ${JSON.stringify(moduleUrl('steps.mjs'))};
    await prepare([{ name: 'a step', ${step} }]).catch((error) => {
      process.stderr.write(error.message);
      process.exitCode = 1;
    });`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: clone,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** @param {string} step  @returns {Promise<{ stderr: string, status: number }>} */
async function preparing(step) {
  const child = prepareProcess(step);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [status] = await once(child, 'close');
  return { stderr, status };
}

/** @param {number} pid */
async function ended(pid) {
  assert.ok(pid > 1);
  await eventually(async () => !isRunning(pid));
}

/** @param {number} pid  @returns {boolean} */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where nobody collects orphans, an ended one is left as a zombie.
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return !(stdout ?? '').startsWith('Z');
}

/** @template T  @param {() => Promise<T>} probe  @returns {Promise<T>} its first truthy value */
async function eventually(probe) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(30)) {
    const value = await probe();
    if (value) return value;
  }
  throw new Error('it did not happen within 10 s');
}
