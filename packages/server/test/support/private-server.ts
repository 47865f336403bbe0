import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { showWhenFailed } from './failure-log.ts';
import { onFreePorts } from './free-ports.ts';
import { temporaryDirectory } from './temp-dir.ts';

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 5_000;
const SETPRIV = '/usr/bin/setpriv';

/** How a server is run, once its directory is filled. */
export interface Launch {
  name: string;
  program: string;
  args: readonly string[];
  /** The directory is the server's root, and `program` a path within. */
  isRoot?: boolean;
  /** Loopback; has to answer with a greeting before the server counts as started. */
  port: number;
  /** Files, absolute, that it logs to besides its standard streams. */
  logFiles?: readonly string[];
}

/**
 * Somebody else's server, started in the foreground for one test and stopped with all its processes when that is over.
 * Its log is shown when the test, or one of its subtests, has failed.
 */
export class PrivateServer {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #launch: Launch;
  #output = '';

  private constructor(directory: string, launch: Launch) {
    this.#directory = directory;
    this.#launch = launch;
    const { program, args, isRoot = false } = launch;
    const words = isRoot ? ['/usr/sbin/chroot', directory, program, ...args] : [program, ...args];
    // The kernel ends it when this process is killed and cannot do so itself.
    const [command = '', ...rest] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig=TERM', ...words] : words;
    this.#process = spawn(command, rest, {
      cwd: directory,
      // A process group of its own: some servers end by a signal to their group.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /**
   * @param portCount how many ports the server listens on
   * @param fill puts what the server needs into its directory (absolute; where its processes are at home)
   */
  static async start(
    t: TestContext,
    portCount: number,
    fill: (directory: string, ports: readonly number[]) => Promise<Launch>,
  ): Promise<PrivateServer> {
    return onFreePorts(portCount, async (ports) => {
      const directory = await temporaryDirectory();
      let server: PrivateServer | undefined;
      const end = async (): Promise<void> => {
        await server?.stop();
        await directory[Symbol.asyncDispose]();
      };
      try {
        // Its users have to get through to what is theirs.
        await chmod(directory.path, 0o711);
        const launch = await fill(directory.path, ports);
        server = new PrivateServer(directory.path, launch);
        await server.#becomeReady();
      } catch (error) {
        await end();
        throw error;
      }
      const started = server;
      showWhenFailed(t, started.#launch.name, () => started.log());
      t.after(end);
      return started;
    });
  }

  log(): string {
    const files = (this.#launch.logFiles ?? []).map((file) =>
      existsSync(file) ? readFileSync(file, 'utf8') : '',
    );
    return [this.#output, ...files].join('');
  }

  /** Ends it and whatever it has started; may be called again. */
  async stop(): Promise<void> {
    if (this.#isRunning()) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await Promise.race([exit, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    }
    const deadline = Date.now() + STOP_WITHIN_MS;
    for (let round = 0; ; round++) {
      const left = processesBelow(this.#directory);
      if (left.length === 0) break;
      if (Date.now() > deadline) {
        throw new Error(`${this.#launch.name} left processes that do not end: ${left.join(', ')}`);
      }
      for (const pid of left) tryKill(pid, round < 5 ? 'SIGTERM' : 'SIGKILL');
      await sleep(20);
    }
    if (this.#isRunning()) this.#process.kill('SIGKILL');
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }

  #isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async #becomeReady(): Promise<void> {
    const { name, port } = this.#launch;
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await greets(port))) {
      if (!this.#isRunning()) throw new Error(`${name} ended at once:\n${this.log()}`);
      if (Date.now() > deadline) throw new Error(`${name} was not ready in time:\n${this.log()}`);
      await sleep(25);
    }
  }
}

/** The server's descendants may have other parents by now, but they have not left its directory. */
function processesBelow(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) =>
      ['root', 'cwd'].some((link) => {
        try {
          const place = readlinkSync(`/proc/${pid}/${link}`);
          return place === directory || place.startsWith(`${directory}/`);
        } catch {
          return false;
        }
      }),
    )
    .filter((pid) => !isZombie(pid))
    .map(Number);
}

function isZombie(pid: string): boolean {
  try {
    return /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    const [greeting] = (await once(socket, 'data', { signal: AbortSignal.timeout(3_000) })) as [Buffer];
    return /^(?:220|\* OK)/.test(greeting.toString('latin1'));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
