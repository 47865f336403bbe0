import { prepareMessage, type PreparedMessage } from './instrument/instrument.ts';

/**
 * What reading a mail once gave, shared by its acceptance and all its copies: for as long as somebody holds these very
 * bytes, which must not be changed.
 */
export class PreparedMails {
  readonly #prepared = new WeakMap<Uint8Array, PreparedMessage>();

  of(raw: Uint8Array): PreparedMessage {
    const known = this.#prepared.get(raw);
    if (known !== undefined) return known;
    const prepared = prepareMessage(raw);
    this.#prepared.set(raw, prepared);
    return prepared;
  }
}
