import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Logger } from '../kernel/logger.ts';
import { EdgeGroup } from './edge-group.ts';
import { send, type FromBackEnd, type FromEdge, type Ports, type ToBackEnd, type ToEdge } from './ipc.ts';
import type { ServerRole } from './server-processes.ts';

const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
/** A child that ran this long was healthy: its next restart is at once. */
const HEALTHY_MS = 2_000;
const DRAIN_MS = 8_000;
/**
 * Runs the edge (one process or several) and the back end, starts each again when it dies, and passes messages
 * between them. The edge goes on when the back end is down, and the other way round.
 */
export class Supervisor {
  readonly #processes: { take(role: ServerRole): ChildProcess };
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

  constructor(dependencies: {
    processes: { take(role: ServerRole): ChildProcess };
    edgeWorkers: number;
    logger: Logger;
    stderr: Writable;
  }) {
    this.#edges = new EdgeGroup(dependencies.edgeWorkers);
    this.#processes = dependencies.processes;
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
    const child = this.#processes.take('edge-process');
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
    const child = this.#processes.take('back-end-process');
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

  #watch(child: ChildProcess, name: string, gone: () => () => void): void {
    const startedAt = performance.now();
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
      const healthy = performance.now() - startedAt > HEALTHY_MS;
      const delayMs = healthy ? 0 : (this.#restartDelays.get(name) ?? FIRST_RESTART_MS);
      const nextDelayMs = Math.min(Math.max(delayMs * 2, FIRST_RESTART_MS), LONGEST_RESTART_MS);
      this.#restartDelays.set(name, nextDelayMs);
      const when = delayMs === 0 ? 'now' : `in ${delayMs} ms`;
      this.#stderr.write(
        `waybill: the ${name} ended (${signal ?? `status ${code}`}); starting it again ${when}\n`,
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
