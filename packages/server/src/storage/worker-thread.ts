import { Worker, type MessagePort } from 'node:worker_threads';

/** One request to a thread, and its answer. */
export interface Call<Request> {
  id: number;
  request: Request;
}
export interface Answer<Reply> {
  id: number;
  reply?: Reply;
  error?: string;
}

interface Waiting<Reply> {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

/**
 * A thread that answers calls in their order. It starts with the first call; when it dies, what it had not answered
 * is rejected and the next call starts a new one.
 */
export class WorkerThread<Request, Reply> {
  readonly #program: URL;
  readonly #data: object;
  readonly #waiting = new Map<number, Waiting<Reply>>();
  #worker: Worker | undefined;
  #nextId = 1;

  /** @param data what the program finds as its `workerData` */
  constructor(program: URL, data: object) {
    this.#program = program;
    this.#data = data;
  }

  call(request: Request): Promise<Reply> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    return new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, request } satisfies Call<Request>);
    });
  }

  /** Resolves when the calls made so far are answered and the thread has closed what it had open. */
  async end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('end');
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { workerData: this.#data });
    worker.on('message', ({ id, reply, error }: Answer<Reply>) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(reply as Reply);
      else waiting?.reject(new Error(error));
    });
    let cause: unknown;
    worker.on('error', (error: unknown) => (cause = error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of waiting) reject(new Error('the thread has ended', { cause }));
    });
    return worker;
  }
}

/** The thread's side. A thrown error becomes the call's answer; the thread goes on. */
export function answerCalls<Request, Reply>(
  port: MessagePort,
  answer: (request: Request) => Reply | Promise<Reply>,
  end: () => void,
): void {
  port.on('message', (call: Call<Request> | 'end') => {
    if (call === 'end') {
      end();
      port.close();
      return;
    }
    const { id, request } = call;
    const fail = (error: unknown): void =>
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    try {
      const reply = answer(request);
      // Only work in several steps is a promise: everything else answers before the next call is looked at.
      if (reply instanceof Promise) reply.then((done) => port.postMessage({ id, reply: done }), fail);
      else port.postMessage({ id, reply } satisfies Answer<Reply>);
    } catch (error) {
      fail(error);
    }
  });
}
