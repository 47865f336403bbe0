import type { Reason, UntouchedLink } from '@waybill/sdk';
import { MemoryBytes, type ByteSource } from './byte-source.ts';
import { DISCLOSURE_FIELD } from './disclosure.ts';
import { planHtml } from './html-edits.ts';
import type { HtmlOptions, TrackedLink } from './html-options.ts';
import {
  applyEdits,
  describeEdits,
  editedPieces,
  inOrder,
  lengthAfter,
  type MessageEdit,
} from './message-edits.ts';
import { untouchedLinksOf } from './untouched-links.ts';
import { toByteEdits, toRawEdits } from './opened-entity.ts';
import { planPlainText, type PlainText } from './plain-text.ts';
import { PreparedMessage, type PreparedPart } from './prepared-message.ts';
import { pixelReason } from './pixel-reasons.ts';
import { reason, type ReasonCode } from './reasons.ts';
import type { Resigns } from './refusal.ts';
import type { Steps } from './steps.ts';
import { restoreTexts } from './text-edits.ts';
import { bytesOf, type RawEdit } from './encoded-body.ts';

export { MemoryBytes, WindowedBytes, type ByteSource } from './byte-source.ts';
export type { Disclosure } from './disclosure.ts';
export type { HtmlOptions, SpamCare, TrackedLink } from './html-options.ts';
export { instrumentHtml, prepareHtml, stripTracking, type PreparedHtml } from './instrument-html.ts';
export { restore, type MessageEdit } from './message-edits.ts';
export type { PreparedMessage } from './prepared-message.ts';
export type { Steps } from './steps.ts';
export type { PlainText } from './plain-text.ts';
export { allLinkReasons } from './link-reasons.ts';
export { allReasons, type ReasonCode } from './reasons.ts';

export interface InstrumentOptions extends HtmlOptions {
  /** Header fields to take out, by name: instructions to us, or Bcc. Also from messages that stay untouched otherwise. */
  stripHeaders?: string[];
  /** Domains (lower case) whose DKIM signatures may break, because the message is signed again; none by default. */
  resigns?: (domain: string) => boolean;
  /** What is done with mail that has no HTML; `keep` when it is not given. */
  plainText?: PlainText;
}

export interface InstrumentResult {
  /** Whether the message carries tracking now, or tracking of an earlier pass was taken out. */
  touched: boolean;
  /** Why it was not touched. */
  reason: Reason | null;
  /** The pixel's address; null when there is none in the message. */
  pixel: string | null;
  /** Why there is none although the message is tracked and one was asked for; null otherwise. */
  pixelReason: Reason | null;
  links: TrackedLink[];
  /** The links that stay as they are although the mail may be tracked, each with its reason: made when it is asked for. */
  readonly untouchedLinks: UntouchedLink[];
  /** Of the message as it is now. */
  sizeBytes: number;
  /** The message as it is now, in one piece: made when it is asked for. */
  readonly message: Uint8Array;
  /**
   * The message as it is now, in pieces, so that it need not be made in memory; as often as wanted. Of bytes in memory
   * they are views of what did not change; of a source that is read through a window each is good until the next.
   */
  pieces(): Iterable<Uint8Array>;
  /** The HTML as it is now, decoded; null when there is none to show. */
  readonly html: string | null;
  /** All that was changed; `restore(message, edits)` gives the input back. */
  readonly edits: MessageEdit[];
}

/**
 * Reads a message once for all its copies: {@link instrument} takes it in place of the bytes, and then only does what
 * differs from copy to copy.
 *
 * @param message the bytes, or a source of them: then only the HTML part is held in memory. They must not change as long
 * as copies are made.
 */
export function prepareMessage(message: Uint8Array | ByteSource): PreparedMessage {
  return new PreparedMessage(message instanceof Uint8Array ? new MemoryBytes(message) : message);
}

/**
 * {@link prepareMessage} for large messages: also what is otherwise read with the first copy, in steps.
 *
 * @param resigns as for the copies
 */
export function* prepareMessageInSteps(
  message: Uint8Array | ByteSource,
  resigns: Resigns = () => false,
): Steps<PreparedMessage> {
  const prepared = prepareMessage(message);
  yield;
  yield* prepared.htmlSteps(resigns);
  return prepared;
}

/**
 * Puts a pixel and tracked links into the HTML part that mail programs show, or leaves the message as it is and says
 * why. Only the bytes that must change do: header, other parts, boundaries, encodings and line ends stay.
 *
 * @param message the bytes, a source of them, or what {@link prepareMessage} made of them
 */
export function instrument(
  message: Uint8Array | ByteSource | PreparedMessage,
  options: InstrumentOptions,
): InstrumentResult {
  const prepared = message instanceof PreparedMessage ? message : prepareMessage(message);
  const html = prepared.html(options.resigns ?? (() => false));
  if (html === 'plain-text-only') return instrumentText(prepared, options);
  if (typeof html === 'string') return untouched(prepared, options, html);
  const { survey, text, unfoldable } = html;
  const { unsubscribe } = prepared;
  const leavesLinks = options.spamCare !== 'none' && prepared.leavesLinks;
  const limits = { unicode: text.unicode, unsubscribe, unfoldable, leavesLinks };
  const plan = planHtml(survey, options, limits);
  if (plan === undefined) return untouched(prepared, options, 'no-disclosure-place', html);
  const byteEdits = toByteEdits(
    html,
    plan.edits.filter(({ start, end, text: inserted }) => text.text.slice(start, end) !== inserted),
  );
  const edits = [...restoreTexts(prepared, options), ...toRawEdits(html, byteEdits)];
  const { pixel, noPixel, links, left } = plan;
  const untouchedLinks = (): UntouchedLink[] =>
    options.linkUrl === null ? [] : untouchedLinksOf(survey, left, text.read);
  if (pixel === null && links.length === 0 && edits.length === 0) {
    const code = noPixel === 'spam-short-mail' ? 'spam-care' : 'nothing-to-do';
    return untouched(prepared, options, code, html, untouchedLinks);
  }
  return touched(prepared, options, edits, {
    pixel,
    pixelReason: noPixel === undefined ? null : pixelReason(noPixel),
    links,
    untouchedLinks,
    html: () => text.decode(applyEdits(bytesOf(html.part), byteEdits)),
  });
}

/** What was decided of a message, and what is made of that when it is asked for. */
type Decided = Pick<InstrumentResult, 'touched' | 'reason' | 'pixel' | 'pixelReason' | 'links'> & {
  untouchedLinks: () => UntouchedLink[];
  html: () => string | null;
};

function instrumentText(prepared: PreparedMessage, options: InstrumentOptions): InstrumentResult {
  const plan = planPlainText(prepared, options);
  if (typeof plan === 'string') return untouched(prepared, options, plan);
  const { edits, pixel, pixelReason: noPixel, links, untouchedLinks, html } = plan;
  return touched(prepared, options, edits, {
    pixel,
    pixelReason: noPixel,
    links,
    untouchedLinks: () => untouchedLinks,
    html: () => html,
  });
}

function touched(
  prepared: PreparedMessage,
  options: InstrumentOptions,
  edits: readonly RawEdit[],
  decided: Omit<Decided, 'touched' | 'reason'>,
): InstrumentResult {
  const body = decided.pixel !== null || decided.links.length > 0 ? 'tracked' : 'restored';
  // Behind fields that are put in at the same place: a second pass finds it at the header's end, and leaves it there.
  const all = inOrder([...edits, ...headerEdits(prepared, options, body)]);
  return result(prepared, all, { ...decided, touched: true, reason: null });
}

function untouched(
  prepared: PreparedMessage,
  options: InstrumentOptions,
  code: ReasonCode,
  html?: PreparedPart,
  untouchedLinks: () => UntouchedLink[] = () => [],
): InstrumentResult {
  return result(prepared, headerEdits(prepared, options, 'kept'), {
    touched: false,
    reason: reason(code),
    pixel: null,
    pixelReason: null,
    links: [],
    untouchedLinks,
    html: () => (html === undefined ? null : html.text.decode(bytesOf(html.part))),
  });
}

function result({ message }: PreparedMessage, edits: readonly RawEdit[], decided: Decided): InstrumentResult {
  return new ChangedMessage(message, edits, decided);
}

/** A class, as an object with getters of its own would be of a kind of its own each time, which is slow to make and to free. */
class ChangedMessage implements InstrumentResult {
  readonly touched: boolean;
  readonly reason: Reason | null;
  readonly pixel: string | null;
  readonly pixelReason: Reason | null;
  readonly links: TrackedLink[];
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  readonly #edits: readonly RawEdit[];
  readonly #html: () => string | null;
  readonly #untouchedLinks: () => UntouchedLink[];
  #message: Uint8Array | undefined;

  constructor(source: ByteSource, edits: readonly RawEdit[], decided: Decided) {
    this.touched = decided.touched;
    this.reason = decided.reason;
    this.pixel = decided.pixel;
    this.pixelReason = decided.pixelReason;
    this.links = decided.links;
    this.sizeBytes = lengthAfter(source.length, edits);
    this.#source = source;
    this.#edits = edits;
    this.#html = decided.html;
    this.#untouchedLinks = decided.untouchedLinks;
  }

  get message(): Uint8Array {
    this.#message ??= applyEdits(this.#source.slice(0, this.#source.length), this.#edits);
    return this.#message;
  }

  get html(): string | null {
    return this.#html();
  }

  get untouchedLinks(): UntouchedLink[] {
    return this.#untouchedLinks();
  }

  get edits(): MessageEdit[] {
    return describeEdits(this.#source, this.#edits);
  }

  pieces(): Iterable<Uint8Array> {
    return editedPieces(this.#source, this.#edits);
  }
}

/** Changes to the header: instructions taken out, signatures that break taken out, the disclosure put in. */
function headerEdits(
  { root, lineEnd, isSwitchedOff }: PreparedMessage,
  { stripHeaders = [], disclosure }: InstrumentOptions,
  body: 'tracked' | 'restored' | 'kept',
): RawEdit[] {
  const dropped = new Set(stripHeaders.map((name) => name.toLowerCase()));
  if (isSwitchedOff) dropped.add('x-waybill');
  if (body !== 'kept') dropped.add(DISCLOSURE_FIELD.toLowerCase()).add('dkim-signature');
  const { fields, fieldsEnd } = root.header;
  const edits = fields
    .filter(({ name }) => dropped.has(name))
    .map(({ start, end }): RawEdit => ({ start, end, text: '' }));
  if (body !== 'tracked' || disclosure?.kind !== 'header') return edits;
  const text = `${DISCLOSURE_FIELD}: ${disclosure.pageUrl}${lineEnd}`;
  return [...edits, { start: fieldsEnd, end: fieldsEnd, text }];
}
