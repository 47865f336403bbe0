import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { inSlices } from '../kernel/slices.ts';

/** What is known of a key: the request it came with, and its answer once there is one. */
export interface IdempotencyEntry {
  requestHash: string;
  createdAt: number;
  /** Absent while the request runs, or when the server died over it. */
  answer?: { status: number; body: string };
  /** Which start of the server runs the request; meaningless once there is an answer. */
  owner: string;
}

/** Port: durable, one entry for each key of a workspace. */
export interface IdempotencyStore {
  /** Atomically takes the key. @returns the entry that had it already, or undefined when it is ours now */
  claim(
    workspaceId: WorkspaceId,
    key: string,
    entry: IdempotencyEntry,
  ): Promise<IdempotencyEntry | undefined>;
  /** Takes over a key whose owner has died. @returns false when somebody else was faster */
  takeOver(workspaceId: WorkspaceId, key: string, from: string, to: string): Promise<boolean>;
  answer(workspaceId: WorkspaceId, key: string, answer: { status: number; body: string }): Promise<void>;
  release(workspaceId: WorkspaceId, key: string): Promise<void>;
  deleteBefore(time: number, limit: number): Promise<number>;
}

export interface IdempotentAnswer {
  status: number;
  /** JSON */
  body: string;
  replayed: boolean;
}

/** How answers that hold secrets are kept: only who asked can open them. */
export interface AnswerCover {
  seal(body: string): string;
  /** @returns undefined when somebody else asked */
  open(sealed: string): string | undefined;
}

/** Identifies the work: the same key of the same workspace gives the same one, even after a crash. */
export type WorkId = string;

const KEEP_MS = 86_400_000;

/** Runs a request once for each `Idempotency-Key` of a workspace and gives repetitions the stored answer. */
export class Idempotency {
  readonly #store: IdempotencyStore;
  readonly #clock: Clock;
  readonly #owner: string;
  /** How many requests with a key are here now. */
  readonly #here = new Map<string, number>();

  /** @param owner unique for this start of the server */
  constructor(store: IdempotencyStore, clock: Clock, owner: string) {
    this.#store = store;
    this.#clock = clock;
    this.#owner = owner;
  }

  /**
   * @param request everything that makes the request what it is
   * @param work what to do; its answers are stored, its errors are not
   */
  async run(
    claim: { workspaceId: WorkspaceId; key: string; request: string; cover?: AnswerCover },
    work: (workId: WorkId) => Promise<{ status: number; body: string }>,
  ): Promise<IdempotentAnswer> {
    const name = `${claim.workspaceId} ${claim.key}`;
    this.#here.set(name, this.#requestsWith(name) + 1);
    try {
      return await this.#runHere(claim, name, work);
    } finally {
      const left = this.#requestsWith(name) - 1;
      if (left > 0) this.#here.set(name, left);
      else this.#here.delete(name);
    }
  }

  async #runHere(
    { workspaceId, key, request, cover }: Parameters<Idempotency['run']>[0],
    name: string,
    work: Parameters<Idempotency['run']>[1],
  ): Promise<IdempotentAnswer> {
    const requestHash = sha256(request);
    const mine: IdempotencyEntry = { requestHash, createdAt: this.#clock(), owner: this.#owner };
    const found = await this.#store.claim(workspaceId, key, mine);
    if (found !== undefined) {
      if (found.requestHash !== requestHash) {
        throw new AppError('conflict', 'This Idempotency-Key was used with another request before.');
      }
      if (found.answer !== undefined) return { ...opened(found.answer, cover), replayed: true };
      await this.#takeOver(workspaceId, key, found, name);
    }
    const createdAt = found?.createdAt ?? mine.createdAt;
    try {
      const answer = await work(sha256(`${workspaceId}\n${createdAt}\n${key}`).slice(0, 32));
      const kept = cover === undefined ? answer : { ...answer, body: cover.seal(answer.body) };
      await this.#store.answer(workspaceId, key, kept);
      return { ...answer, replayed: false };
    } catch (error) {
      // Else the work may be done all the same: a repetition must be the same work again, and find it.
      if (isRefusal(error)) await this.#store.release(workspaceId, key);
      throw error;
    }
  }

  #requestsWith(name: string): number {
    return this.#here.get(name) ?? 0;
  }

  async housekeep(): Promise<void> {
    const before = this.#clock() - KEEP_MS;
    await inSlices((limit) => this.#store.deleteBefore(before, limit));
  }

  /** One of an earlier start died with it, and one that is not running any more failed: both are done again. */
  async #takeOver(
    workspaceId: WorkspaceId,
    key: string,
    found: IdempotencyEntry,
    name: string,
  ): Promise<void> {
    const isDead = found.owner !== this.#owner || this.#requestsWith(name) === 1;
    if (isDead && (await this.#store.takeOver(workspaceId, key, found.owner, this.#owner))) return;
    throw new AppError('conflict', 'A request with this Idempotency-Key is running. Ask again in a moment.', {
      details: { retryAfterSeconds: 1 },
    });
  }
}

/** @throws AppError `conflict` */
function opened(
  answer: { status: number; body: string },
  cover: AnswerCover | undefined,
): { status: number; body: string } {
  const body = cover === undefined ? answer.body : cover.open(answer.body);
  if (body !== undefined) return { ...answer, body };
  throw new AppError(
    'conflict',
    'This Idempotency-Key was used with another API key or sign-in. The answer holds a secret, which only that one gets again.',
  );
}

/** @throws AppError `invalid-input` */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new AppError('invalid-input', 'Idempotency-Key: must be 1 to 255 visible ASCII characters.', {
    fields: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
  });
}

/** Whether it says that nothing was done. The store may have failed behind what it did. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && !['unavailable', 'storage-full', 'internal'].includes(error.code);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
