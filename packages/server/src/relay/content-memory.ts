interface Content {
  /** Undefined: it is read when the first copy needs it. */
  raw: Uint8Array | undefined;
  /** Copies that will still need it. */
  users: number;
}

/**
 * The contents of copies that are here, so that the copies of one mail read it once, and a mail that is sent right
 * after its acceptance is not read at all. What does not fit is read from the store again.
 */
export class ContentMemory {
  readonly #load: (id: string) => Promise<Uint8Array | undefined>;
  readonly #limitBytes: number;
  readonly #contents = new Map<string, Content>();
  readonly #loading = new Map<string, Promise<Uint8Array | undefined>>();
  #bytes = 0;

  constructor(load: (id: string) => Promise<Uint8Array | undefined>, limitBytes: number) {
    this.#load = load;
    this.#limitBytes = limitBytes;
  }

  /** A copy that needs this content is here now. @param raw when it is at hand */
  expect(id: string, raw?: Uint8Array): void {
    const content = this.#contents.get(id) ?? { raw: undefined, users: 0 };
    content.users++;
    this.#contents.set(id, content);
    if (raw !== undefined) this.#keep(content, raw);
  }

  /** For one copy, which does not need it again. @returns undefined when the store does not have it any more */
  async take(id: string): Promise<Uint8Array | undefined> {
    const content = this.#contents.get(id) ?? { raw: undefined, users: 1 };
    content.users--;
    if (content.raw !== undefined) {
      const { raw } = content;
      if (content.users <= 0) this.#forget(id, content);
      return raw;
    }
    if (content.users <= 0) this.#contents.delete(id);
    // Copies of one mail often start together.
    const loading = this.#loading.get(id) ?? this.#load(id).finally(() => this.#loading.delete(id));
    this.#loading.set(id, loading);
    const raw = await loading;
    if (raw !== undefined && content.users > 0) this.#keep(content, raw);
    return raw;
  }

  /** A copy that was expected is not here any more and did not take it. */
  release(id: string): void {
    const content = this.#contents.get(id);
    if (content === undefined) return;
    content.users--;
    if (content.users <= 0) this.#forget(id, content);
  }

  /** No copy that is here needs anything any more. */
  clear(): void {
    this.#contents.clear();
    this.#bytes = 0;
  }

  #keep(content: Content, raw: Uint8Array): void {
    if (content.raw !== undefined || this.#bytes + raw.length > this.#limitBytes) return;
    content.raw = raw;
    this.#bytes += raw.length;
  }

  #forget(id: string, content: Content): void {
    this.#bytes -= content.raw?.length ?? 0;
    this.#contents.delete(id);
  }
}
