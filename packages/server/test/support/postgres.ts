import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { temporaryDirectory, type TemporaryDirectory } from './temp-dir.ts';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const OLDEST_VERSION = 15;
const READY_WITHIN_MS = 60_000;
const USER = 'waybill';

/** A PostgreSQL of this test process only. */
export interface TestPostgres {
  /** Why there is none, or false: give it to `test` as its `skip` option. */
  skip: string | false;
  /** A new, empty database; the server is started for the first one. @returns `postgres://…` */
  createDatabase(): Promise<string>;
}

/**
 * Call it at the top of a test file. The server listens on a socket in a directory that only its user may enter, needs
 * no password, and is gone with its data when the file's tests are over.
 */
export function usePostgres(): TestPostgres {
  const folder = programFolder();
  let server: Promise<PrivateServer> | undefined;
  let databases = 0;
  after(async () => (await server)?.close());
  return {
    skip:
      folder === undefined
        ? (process.env['WAYBILL_TEST_NO_POSTGRES'] ?? 'no PostgreSQL on this machine')
        : false,
    createDatabase: async () => {
      if (folder === undefined) throw new Error('no PostgreSQL: the test should have been skipped');
      server ??= PrivateServer.start(folder);
      databases += 1;
      return (await server).createDatabase(`test_${databases}`);
    },
  };
}

/** Of Debian's versions, which are not on the PATH, the newest. */
function programFolder(): string | undefined {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).map(Number) : [];
  const debian = versions
    .filter((version) => version >= OLDEST_VERSION)
    .sort((a, b) => b - a)
    .map((version) => join(DEBIAN_FOLDER, String(version), 'bin'));
  return [...debian, ...(process.env['PATH'] ?? '').split(delimiter)].find((folder) =>
    existsSync(join(folder, 'initdb')),
  );
}

class PrivateServer {
  readonly #process: ChildProcess;
  readonly #directory: TemporaryDirectory;

  private constructor(process: ChildProcess, directory: TemporaryDirectory) {
    this.#process = process;
    this.#directory = directory;
  }

  static async start(programs: string): Promise<PrivateServer> {
    const directory = await temporaryDirectory();
    const data = join(directory.path, 'data');
    const owner = unprivilegedOwner();
    if (owner !== undefined) await chown(directory.path, owner.uid, owner.gid);
    const initialise = ['-D', data, '-U', USER, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    await promisify(execFile)(join(programs, 'initdb'), initialise, { ...owner, cwd: directory.path });

    const settings = {
      listen_addresses: '',
      unix_socket_directories: directory.path,
      // The data need not outlive this process.
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      shared_buffers: '32MB',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [program = '', ...args] = [...tied(owner), join(programs, 'postgres'), '-D', data, ...options];
    const child = spawn(program, args, {
      ...(program === SETPRIV ? {} : owner),
      cwd: directory.path,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
    const server = new PrivateServer(child, directory);
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!isReady(data)) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await server.close();
        throw new Error(`PostgreSQL did not start:\n${log}`);
      }
      await sleep(20);
    }
    return server;
  }

  async createDatabase(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.#url('postgres') });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return this.#url(name);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      // Fast shutdown: open sessions are ended.
      this.#process.kill('SIGINT');
      await once(this.#process, 'exit');
    }
    await this.#directory[Symbol.asyncDispose]();
  }

  #url(database: string): string {
    return `postgres://${USER}@localhost/${database}?host=${encodeURIComponent(this.#directory.path)}`;
  }
}

const SETPRIV = '/usr/bin/setpriv';

/** Has the kernel end the server when this process is killed, where there is a program for that. */
function tied(owner: { uid: number; gid: number } | undefined): string[] {
  if (!existsSync(SETPRIV)) return [];
  const identity =
    owner === undefined ? [] : [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  return [SETPRIV, ...identity, '--pdeathsig=QUIT'];
}

/** PostgreSQL refuses to run as root. Undefined when we are not. */
function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/** The last line of this file is the server's state (https://www.postgresql.org/docs/current/storage-file-layout.html). */
function isReady(data: string): boolean {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').trimEnd().endsWith('ready');
  } catch {
    return false;
  }
}
