import type { ByteSource } from './byte-source.ts';
import { displayedHtml, displayedTexts } from './displayed-part.ts';
import { surveySteps, type HtmlSurvey } from './html-survey.ts';
import { holdsInlinePgp } from './inline-pgp.ts';
import { unsubscribeTargets, type UnsubscribeTargets } from './link-rules.ts';
import { fieldValue } from './mime-header.ts';
import { scanMime, type Entity, type MimeScan } from './mime-scan.ts';
import { openEntity, type OpenedEntity } from './opened-entity.ts';
import type { ReasonCode } from './reasons.ts';
import { headerRefusal, isSwitchedOff, structureRefusal, type Resigns } from './refusal.ts';
import { toEnd, type Steps } from './steps.ts';
import { isSuspectedSender } from './suspected-sender.ts';

/** The HTML part of a message, found, decoded and surveyed. */
export interface PreparedPart extends OpenedEntity {
  survey: HtmlSurvey;
}

/**
 * A message that was read once for all its copies: what is the same for every recipient is found when it is first
 * asked for, and kept. Of the message only the HTML part, and fields of headers, are held in memory.
 */
export class PreparedMessage {
  readonly message: ByteSource;
  readonly root: Entity;
  readonly lineEnd: '\r\n' | '\n';
  readonly isSwitchedOff: boolean;
  readonly #scan: MimeScan;
  #content: PreparedPart | ReasonCode | undefined;
  #unsubscribe: UnsubscribeTargets | undefined;
  #leavesLinks: boolean | undefined;
  #quotedTexts: readonly OpenedEntity[] | undefined;

  /** @param message its bytes must not change while copies are made */
  constructor(message: ByteSource) {
    this.message = message;
    this.#scan = scanMime(message);
    this.root = this.#scan.root;
    this.lineEnd = firstLineEnd(message);
    this.isSwitchedOff = isSwitchedOff(message, this.root);
  }

  /** The part to change, or the code of the reason why there is none. */
  html(resigns: Resigns): PreparedPart | ReasonCode {
    return toEnd(this.htmlSteps(resigns));
  }

  /** {@link html}, which takes longest when it is asked for first, in steps. */
  *htmlSteps(resigns: Resigns): Steps<PreparedPart | ReasonCode> {
    const { defect } = this.#scan;
    if (this.isSwitchedOff) return 'switched-off';
    // What a change would break comes first, damage last: the code tells the sender what matters.
    if (defect === 'too-many-parts' || defect === 'too-deep') return defect;
    const signed = headerRefusal(this.message, this.root, resigns);
    if (signed !== undefined) return signed;
    this.#content ??= structureRefusal(this.root) ?? defect ?? (yield* this.#openHtml());
    return this.#content;
  }

  /** Targets of List-Unsubscribe (RFC 2369). */
  get unsubscribe(): UnsubscribeTargets {
    this.#unsubscribe ??= readUnsubscribe(this.message, this.root);
    return this.#unsubscribe;
  }

  /** Its links stay as they are, because of how its header is written. */
  get leavesLinks(): boolean {
    this.#leavesLinks ??= isSuspectedSender(this.message, this.root);
    return this.#leavesLinks;
  }

  /** The plain text beside HTML, as far as links of ours may be quoted in it. */
  get quotedTexts(): readonly OpenedEntity[] {
    this.#quotedTexts ??= displayedTexts(this.root).flatMap((entity) => {
      if (!mayHoldLinks(this.message, entity)) return [];
      const opened = openEntity(this.message, entity, this.lineEnd);
      return typeof opened === 'string' ? [] : [opened];
    });
    return this.#quotedTexts;
  }

  *#openHtml(): Steps<PreparedPart | ReasonCode> {
    const entity = displayedHtml(this.root);
    const opened = entity && openEntity(this.message, entity, this.lineEnd);
    yield;
    const isOpen = typeof opened === 'object';
    if (holdsInlinePgp(this.message, this.root, isOpen ? opened : undefined)) return 'inline-pgp';
    if (opened === undefined)
      return displayedTexts(this.root).length > 0 ? 'plain-text-only' : 'no-html-part';
    if (!isOpen) return opened;
    const { text } = opened;
    yield;
    return { ...opened, survey: yield* surveySteps(text.text, text.read, text.endsInAscii) };
  }
}

function firstLineEnd(message: ByteSource): '\r\n' | '\n' {
  const newline = message.indexOf(0x0a, 0);
  return newline > -1 && message.at(newline - 1) !== 0x0d ? '\n' : '\r\n';
}

/** RFC 2369 §2 allows one field, and nobody offers more than a few ways. */
const MOST_TARGETS = 100;

function readUnsubscribe(message: ByteSource, { header }: Entity): UnsubscribeTargets {
  const written: string[] = [];
  for (const field of header.fields) {
    if (field.name !== 'list-unsubscribe') continue;
    for (const [, address = ''] of fieldValue(message, field).matchAll(/<([^<>]*)>/g)) {
      if (written.push(address.replaceAll(/\s+/g, '')) >= MOST_TARGETS) return unsubscribeTargets(written);
    }
  }
  return unsubscribeTargets(written);
}

/** Larger texts are logs and lists, and need not be held to look for quoted links. */
const LARGEST_TEXT = 1_000_000;

/** `/l/` of a tracked address, in quoted-printable with line breaks between. */
const OWN_PATH = /\/(?:=\r?\n)?l(?:=\r?\n)?\//;

function mayHoldLinks(message: ByteSource, { encoding, bodyStart, bodyEnd }: Entity): boolean {
  if (bodyEnd - bodyStart > LARGEST_TEXT) return false;
  if (encoding === 'base64') return true;
  if (encoding === 'quoted-printable') return OWN_PATH.test(message.text(bodyStart, bodyEnd));
  return message.indexOf('/l/', bodyStart, bodyEnd) !== -1;
}
