import { once } from 'node:events';
import { eventually, type RunningServer } from './server.ts';
import { signal } from './process-tree.ts';

/** For the environment of a server whose threads are to be crashed: its debugger takes a free port. */
export const DEBUGGABLE = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

/** Before it dies it hangs for a moment, so that work has come for it which is never begun. */
const HANG_MS = 100;
const CRASH = `setTimeout(() => {
  const end = performance.now() + ${HANG_MS};
  while (performance.now() < end);
  throw new Error('crashed by the test');
}, 0)`;

interface Attached {
  method: string;
  params: { sessionId: string; workerInfo: { url: string; title: string } };
}

/** Address of the debugger of each process that was told to open one; it stays open. */
const debuggers = new WeakMap<object, Map<number, string>>();

async function debuggerOf(server: Pick<RunningServer, 'stderr'>, pid: number): Promise<string> {
  const known = debuggers.get(server) ?? new Map<number, string>();
  debuggers.set(server, known);
  const before = server.stderr().length;
  const open = async (): Promise<string> => {
    signal(pid, 'SIGUSR1');
    return eventually(
      'the debugger listens',
      async () => /Debugger listening on (ws:\/\/\S+)/.exec(server.stderr().slice(before))?.[1],
    );
  };
  const url = known.get(pid) ?? (await open());
  known.set(pid, url);
  return url;
}

/**
 * Makes worker threads of a running process die of an error that nobody catches, by way of Node's own debugger.
 * https://chromedevtools.github.io/devtools-protocol/ and Node's `NodeWorker` domain.
 * @param which is asked with the name of each thread's program; the answer says whether it shall die
 * @returns the programs of the threads that died
 */
export async function crashThreads(
  server: Pick<RunningServer, 'stderr'>,
  pid: number,
  which: (program: string) => boolean,
): Promise<string[]> {
  const socket = new WebSocket(await debuggerOf(server, pid));
  await once(socket, 'open');
  const crashed: string[] = [];
  let id = 1;
  const call = (method: string, params: object): void =>
    socket.send(JSON.stringify({ id: id++, method, params }));
  const enabled = id;
  const done = Promise.withResolvers<void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Attached & { id?: number };
    // Threads that are there are told of before the answer.
    if (message.id === enabled) done.resolve();
    if (message.method !== 'NodeWorker.attachedToWorker') return;
    const { sessionId, workerInfo } = message.params;
    const program = workerInfo.url.split('/').at(-1) ?? '';
    if (!which(program)) return;
    crashed.push(program);
    const evaluation = { id: 1, method: 'Runtime.evaluate', params: { expression: CRASH } };
    call('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify(evaluation) });
  });
  call('NodeWorker.enable', { waitForDebuggerOnStart: false });
  await done.promise;
  socket.close();
  await once(socket, 'close');
  return crashed;
}
