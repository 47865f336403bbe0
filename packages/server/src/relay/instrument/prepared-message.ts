import type { ByteSource } from './byte-source.ts';
import { displayedHtml, displayedTexts } from './displayed-part.ts';
import { surveyHtml, type HtmlSurvey } from './html-survey.ts';
import { canonicalAddress } from './link-rules.ts';
import { fieldValue } from './mime-header.ts';
import { scanMime, type Entity } from './mime-scan.ts';
import { openEntity, type OpenedEntity } from './opened-entity.ts';
import type { ReasonCode } from './reasons.ts';
import { isSwitchedOff, refusal, type Resigns } from './refusal.ts';

/** The HTML part of a message, found, decoded and surveyed: what all copies of the message share. */
export interface PreparedPart extends OpenedEntity {
  survey: HtmlSurvey;
}

export interface PreparedMessage {
  message: ByteSource;
  root: Entity;
  lineEnd: '\r\n' | '\n';
  /** The part to change, or the code of the reason why there is none. */
  html: PreparedPart | ReasonCode;
  /** Targets of List-Unsubscribe (RFC 2369). */
  unsubscribe: ReadonlySet<string>;
}

/** Of the message only the HTML part, and fields of headers, are held in memory. */
export function prepareMessage(message: ByteSource, resigns: Resigns): PreparedMessage {
  const scan = scanMime(message);
  const { root } = scan;
  const lineEnd = firstLineEnd(message);
  const code = isSwitchedOff(message, root) ? 'switched-off' : refusal(message, scan, resigns);
  const html = code ?? openHtml(message, root, lineEnd);
  return { message, root, lineEnd, html, unsubscribe: unsubscribeTargets(message, root) };
}

function firstLineEnd(message: ByteSource): '\r\n' | '\n' {
  const newline = message.indexOf(0x0a, 0);
  return newline > -1 && message.at(newline - 1) !== 0x0d ? '\n' : '\r\n';
}

function openHtml(message: ByteSource, root: Entity, lineEnd: '\r\n' | '\n'): PreparedPart | ReasonCode {
  const entity = displayedHtml(root);
  if (entity === undefined) return displayedTexts(root).length > 0 ? 'plain-text-only' : 'no-html-part';
  const opened = openEntity(message, entity, lineEnd);
  if (typeof opened === 'string') return opened;
  const { text } = opened;
  return { ...opened, survey: surveyHtml(text.text, text.read, text.endsInAscii) };
}

function unsubscribeTargets(message: ByteSource, { header }: Entity): Set<string> {
  const targets = new Set<string>();
  for (const field of header.fields) {
    if (field.name !== 'list-unsubscribe') continue;
    for (const [, address = ''] of fieldValue(message, field).matchAll(/<([^<>]*)>/g)) {
      const target = address.replaceAll(/\s+/g, '');
      targets.add(target).add(canonicalAddress(target));
    }
  }
  return targets;
}
