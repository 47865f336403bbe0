import { fork, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Logger } from '../kernel/logger.ts';
import { EdgeGroup } from './edge-group.ts';
import { send, type FromBackEnd, type FromEdge, type Ports, type ToBackEnd, type ToEdge } from './ipc.ts';

const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
/** A child that ran this long was healthy: its next restart is quick again. */
const HEALTHY_MS = 2_000;
const DRAIN_MS = 8_000;
/**
 * V8's space for young objects, so many MB at most, for each thread. The edge costs no more time with 4 than with V8's own 16 (less
 * than 3 % with new connections), and holds 60 MB less. The back end puts hits on timelines a tenth faster with 32 than with 8, since
 * more is dead before it is looked at; the whole server then holds 35 MB more under load, and no more when idle.
 */
export const EDGE_FLAGS = ['--max-semi-space-size=4'];
const BACK_END_FLAGS = ['--max-semi-space-size=32'];

/**
 * Runs the edge (one process or several) and the back end, starts each again when it dies, and passes messages
 * between them. The edge goes on when the back end is down, and the other way round.
 */
export class Supervisor {
  readonly #entry: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #logger: Logger;
  readonly #stderr: Writable;
  readonly #edges: EdgeGroup;
  #backEnd: ChildProcess | undefined;
  #edgeAddress: { host: string; port: number } | undefined;
  #lastEdgeReady: Extract<FromEdge, { type: 'edge-ready' }> | undefined;
  #ports: Ports = {};
  #backEndUrl: string | undefined;
  #wasReady = false;
  #stopping = false;
  #status = 0;
  readonly #restartDelays = new Map<string, number>();
  readonly #ended = Promise.withResolvers<number>();

  /**
   * @param dependencies.entry path of the program's entry file, run as `<entry> edge-process` and `<entry> back-end-process`
   * @param dependencies.env their environment
   */
  constructor(dependencies: {
    entry: string;
    env: NodeJS.ProcessEnv;
    edgeWorkers: number;
    logger: Logger;
    stderr: Writable;
  }) {
    this.#edges = new EdgeGroup(dependencies.edgeWorkers);
    this.#entry = dependencies.entry;
    this.#env = dependencies.env;
    this.#logger = dependencies.logger;
    this.#stderr = dependencies.stderr;
  }

  /** Resolves with an exit status when all is down. */
  run(): Promise<number> {
    this.#startEdge(0);
    // It loads its code meanwhile, and goes on when it knows the edge's address.
    this.#startBackEnd();
    return this.#ended.promise;
  }

  /** Drains both processes and ends them; by force after eight seconds. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#edges.send({ type: 'shutdown' });
    if (this.#backEnd !== undefined) send(this.#backEnd, { type: 'shutdown' });
    const timer = setTimeout(() => {
      this.#backEnd?.kill('SIGKILL');
      for (const child of this.#edges.children) child.kill('SIGKILL');
    }, DRAIN_MS);
    timer.unref();
    this.#finishIfDown();
  }

  #startEdge(worker: number): void {
    const child = this.#fork('edge-process', EDGE_FLAGS);
    const workers = this.#edges.size;
    this.#edges.set(worker, child);
    send(child, {
      type: 'start-edge',
      port: this.#edgeAddress?.port,
      worker,
      workers,
    } satisfies ToEdge);
    if (this.#backEndUrl !== undefined)
      send(child, { type: 'back-end-url', url: this.#backEndUrl } satisfies ToEdge);
    child.on('message', (message: FromEdge) => {
      if (message.type === 'edge-ready' && this.#edgeAddress === undefined) {
        this.#edgeAddress = { host: message.host, port: message.port };
        // The others listen where the first one found a place.
        for (let other = 1; other < workers; other++) this.#startEdge(other);
      }
      const ofAll = this.#edges.take(worker, message);
      if (ofAll === undefined) return;
      if (ofAll.type === 'edge-ready') {
        const isFirst = this.#lastEdgeReady === undefined;
        this.#lastEdgeReady = ofAll;
        if (isFirst) this.#tellBackEnd();
      }
      this.#toBackEnd(ofAll);
    });
    this.#watch(child, workers === 1 ? 'edge' : `edge ${worker}`, () => {
      this.#edges.set(worker, undefined);
      return () => this.#startEdge(worker);
    });
  }

  #startBackEnd(): void {
    const child = this.#fork('back-end-process', BACK_END_FLAGS);
    this.#backEnd = child;
    this.#tellBackEnd();
    if (this.#lastEdgeReady !== undefined) this.#toBackEnd(this.#lastEdgeReady);
    child.on('message', (message: FromBackEnd) => {
      if (message.type === 'back-end-ready') {
        this.#wasReady = true;
        this.#ports = message.ports;
        this.#backEndUrl = message.httpUrl;
        this.#edges.send({ type: 'back-end-url', url: message.httpUrl });
      } else {
        this.#edges.send(message);
      }
    });
    this.#watch(child, 'back end', () => {
      this.#backEnd = undefined;
      return () => this.#startBackEnd();
    });
  }

  /** Lets it start, once the edge's address is known. */
  #tellBackEnd(): void {
    const edge = this.#edgeAddress;
    if (edge === undefined || this.#lastEdgeReady === undefined) return;
    this.#toBackEnd({ type: 'start-back-end', edge, ports: this.#ports, first: !this.#wasReady });
  }

  #fork(role: string, flags: string[]): ChildProcess {
    return fork(this.#entry, [role], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: this.#env,
      execArgv: [...process.execArgv, ...flags],
    });
  }

  #watch(child: ChildProcess, name: string, gone: () => () => void): void {
    const startedAt = Date.now();
    child.on('error', (error) => this.#logger.error({ err: error, process: name }, 'process trouble'));
    child.on('exit', (code, signal) => {
      const restart = gone();
      if (this.#stopping) {
        this.#finishIfDown();
        return;
      }
      if (!this.#wasReady) {
        // It never came up: starting again would only repeat the message that it printed.
        this.#status = 1;
        this.stop();
        return;
      }
      const healthy = Date.now() - startedAt > HEALTHY_MS;
      const delayMs = healthy ? FIRST_RESTART_MS : (this.#restartDelays.get(name) ?? FIRST_RESTART_MS);
      this.#restartDelays.set(name, Math.min(delayMs * 2, LONGEST_RESTART_MS));
      this.#stderr.write(
        `waybill: the ${name} ended (${signal ?? `status ${code}`}); starting it again in ${delayMs} ms\n`,
      );
      this.#logger.error({ process: name, code, signal, delayMs }, 'process ended; starting it again');
      setTimeout(() => {
        if (!this.#stopping) restart();
      }, delayMs);
    });
  }

  #finishIfDown(): void {
    if (this.#edges.children.length === 0 && this.#backEnd === undefined) this.#ended.resolve(this.#status);
  }

  #toBackEnd(message: ToBackEnd): void {
    if (this.#backEnd !== undefined) send(this.#backEnd, message);
  }
}
