import type { Reason, UntouchedLink } from '@waybill/sdk';
import { soleText } from './displayed-part.ts';
import { bytesOf, type RawEdit } from './encoded-body.ts';
import { addAlternative } from './html-alternative.ts';
import type { HtmlOptions, TrackedLink } from './html-options.ts';
import { instrumentHtml } from './instrument-html.ts';
import { toUntouchedLinks } from './untouched-links.ts';
import type { Entity } from './mime-scan.ts';
import { applyEdits, inOrder } from './message-edits.ts';
import { openEntity, toRawEdits, type OpenedEntity } from './opened-entity.ts';
import { pixelReason } from './pixel-reasons.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { ReasonCode } from './reasons.ts';
import { planText, restoreTexts } from './text-edits.ts';
import { textToHtml } from './text-html.ts';

/**
 * What is done with mail that has no HTML. `keep`: nothing. `links`: the addresses in the text lead over us, seen by the
 * reader. `alternative`: HTML that says the same is put beside the text and carries the pixel; its links show where they
 * lead, and so stay.
 */
export type PlainText = 'keep' | 'links' | 'alternative';

/** A longer text is a log or a list, and HTML beside it would be several times as long. */
const LARGEST_ALTERNATIVE = 200_000;

export interface PlainTextPlan {
  /** In order, of the body alone. */
  edits: RawEdit[];
  pixel: string | null;
  links: TrackedLink[];
  pixelReason: Reason | null;
  untouchedLinks: UntouchedLink[];
  /** The HTML that was put in. */
  html: string | null;
}

/** Decides the changes to a message without HTML. @returns the code of the reason when there are none */
export function planPlainText(
  prepared: PreparedMessage,
  options: HtmlOptions & { plainText?: PlainText },
): PlainTextPlan | ReasonCode {
  const { plainText = 'keep', linkUrl, pixelUrl } = options;
  const wanted = plainText === 'links' ? linkUrl !== null : plainText === 'alternative' && pixelUrl !== null;
  const entity = wanted ? soleText(prepared.root) : undefined;
  if (entity === undefined || (plainText === 'alternative' && isTooLong(entity))) {
    const edits = restoreTexts(prepared, options);
    return edits.length === 0
      ? 'plain-text-only'
      : { edits, pixel: null, pixelReason: null, links: [], untouchedLinks: [], html: null };
  }
  const opened = openEntity(prepared.message, entity, prepared.lineEnd);
  if (typeof opened === 'string') return opened;
  return plainText === 'links' ? trackText(prepared, opened, options) : addHtml(prepared, opened, options);
}

function isTooLong({ bodyStart, bodyEnd }: Entity): boolean {
  return bodyEnd - bodyStart > LARGEST_ALTERNATIVE;
}

function trackText(
  { unsubscribe }: PreparedMessage,
  opened: OpenedEntity,
  options: HtmlOptions,
): PlainTextPlan | ReasonCode {
  const { edits, links, left } = planText(opened, options, unsubscribe);
  if (edits.length === 0 && links.length === 0) return 'nothing-to-do';
  // A line of ours in the text would be taken for the sender's.
  if (links.length > 0 && options.disclosure?.kind === 'footer') return 'no-disclosure-place';
  return {
    edits: toRawEdits(opened, edits),
    pixel: null,
    pixelReason: options.pixelUrl === null ? null : pixelReason('no-html'),
    links,
    untouchedLinks: toUntouchedLinks(left),
    html: null,
  };
}

function addHtml(
  { message, root, lineEnd, unsubscribe }: PreparedMessage,
  opened: OpenedEntity,
  options: HtmlOptions,
): PlainTextPlan | ReasonCode {
  const { entity, part, text } = opened;
  // What is quoted of ours goes from the text before it is said again.
  const restored = planText(opened, { ...options, linkUrl: null }, unsubscribe).edits;
  const { parameters } = entity.contentType;
  const format = {
    flowed: parameters.get('format')?.toLowerCase() === 'flowed',
    deleteSpace: parameters.get('delsp')?.toLowerCase() === 'yes',
  };
  const made = instrumentHtml(textToHtml(text.decode(applyEdits(bytesOf(part), restored)), format), options);
  if (made.pixel === null) return 'no-disclosure-place';
  const added = addAlternative(message, entity, { html: made.html, isRoot: entity === root, lineEnd });
  return { ...made, edits: inOrder([...added, ...toRawEdits(opened, restored)]) };
}
