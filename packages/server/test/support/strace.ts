import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why the system calls of a process cannot be watched here; undefined when they can. */
export const noStrace: string | undefined =
  process.platform !== 'linux'
    ? 'strace is for Linux'
    : existsSync('/usr/bin/strace')
      ? undefined
      : (process.env['WAYBILL_TEST_NO_FAULT_TOOLS'] ?? 'strace is not installed');

/** One system call. Between its entry and its exit others may have happened. */
export interface SystemCall {
  name: string;
  /** Position of its entry, and of its exit, among all lines of the trace. */
  entered: number;
  left: number;
  /** As strace prints them, strings in hexadecimal. */
  arguments: string;
  result: number;
  /** The kernel did not do it: strace only said so. */
  isInjected: boolean;
}

const CALLS =
  'openat,read,recvfrom,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat';

/** Watches a process and all that it starts from now on. */
export class SystemCallTrace {
  readonly #file: string;
  readonly #child;

  private constructor(file: string, child: ReturnType<typeof spawn>) {
    this.#file = file;
    this.#child = child;
  }

  /** @param inject what strace is to do to which calls, as after its `-e inject=` */
  static async attach(pid: number, file: string, inject?: string): Promise<SystemCallTrace> {
    const tampering = inject === undefined ? [] : ['-e', `inject=${inject}`];
    const options = ['-f', '-y', '-xx', '-s', '262144', '-e', `trace=${CALLS}`, ...tampering];
    const child = spawn('/usr/bin/strace', [...options, '-o', file, '-p', String(pid)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    while (!said.includes('attached')) {
      if (child.exitCode !== null) throw new Error(`strace ended: ${said}`);
      await sleep(10);
    }
    return new SystemCallTrace(file, child);
  }

  /** Lets the process go on unwatched. @returns its calls in the order of their entries */
  async end(): Promise<SystemCall[]> {
    this.#child.kill('SIGINT');
    await once(this.#child, 'exit');
    return parseTrace(await readFile(this.#file, 'latin1'));
  }
}

function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { at: number; text: string }>();
  for (const [at, line] of text.split('\n').entries()) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const begun = resumed === null ? { at, text: '' } : unfinished.get(pid);
    if (begun === undefined) continue;
    const whole = begun.text + (resumed?.[1] ?? rest);
    if (whole.endsWith('<unfinished ...>')) {
      unfinished.set(pid, { at, text: whole.slice(0, -'<unfinished ...>'.length) });
      continue;
    }
    unfinished.delete(pid);
    const call = /^(\w+)\((.*)\) += (-?\d+)(.*)$/.exec(whole);
    if (call === null) continue;
    const [, name = '', args = '', result = '', end = ''] = call.map((part) => part.trim());
    const isInjected = end.includes('(INJECTED)');
    calls.push({ name, entered: begun.at, left: at, arguments: args, result: Number(result), isInjected });
  }
  return calls;
}

/** The file or socket that the call's first argument is, as `-y` tells. */
export function targetOf({ arguments: args }: Pick<SystemCall, 'arguments'>): string {
  return plain(/^\d+<([^>]*)>/.exec(args)?.[1] ?? '');
}

/** All strings of the arguments, as bytes, one after the other: also those of a vector. */
export function dataOf({ arguments: args }: Pick<SystemCall, 'arguments'>): Buffer {
  return Buffer.concat(stringsOf(args));
}

/** Each string of the arguments. */
export function stringsOf(args: string): Buffer[] {
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex'),
  );
}

function plain(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
