import { inTurns } from './in-turns.ts';
import { prepareMessage, prepareMessageInSteps, type PreparedMessage } from './instrument/instrument.ts';

/** Smaller mail is read before anybody notices. */
const LARGE_BYTES = 256 * 1024;

/**
 * Reads a mail for its copies; a large one in turns with whatever else the process has to do.
 *
 * @param resigns domains whose signatures may be broken
 */
export async function readMail(
  raw: Uint8Array,
  resigns?: (domain: string) => boolean,
): Promise<PreparedMessage> {
  return raw.length < LARGE_BYTES ? prepareMessage(raw) : inTurns(prepareMessageInSteps(raw, resigns));
}

/**
 * What reading a mail once gave, shared by its acceptance and all its copies: for as long as somebody holds these very
 * bytes, which must not be changed.
 */
export class PreparedMails {
  readonly #prepared = new WeakMap<Uint8Array, Promise<PreparedMessage>>();

  /** @param resigns domains whose signatures may be broken */
  of(raw: Uint8Array, resigns: (domain: string) => boolean): Promise<PreparedMessage> {
    const known = this.#prepared.get(raw);
    if (known !== undefined) return known;
    const prepared = readMail(raw, resigns);
    this.#prepared.set(raw, prepared);
    return prepared;
  }
}
