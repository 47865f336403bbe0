import type { ByteSource } from './byte-source.ts';
import { openCharset, type OpenedText } from './charset.ts';
import { displayedHtml } from './displayed-part.ts';
import type { OpenedPart } from './encoded-body.ts';
import { surveyHtml, type HtmlSurvey } from './html-survey.ts';
import { canonicalAddress } from './link-rules.ts';
import { fieldValue } from './mime-header.ts';
import { scanMime, type Entity } from './mime-scan.ts';
import type { ReasonCode } from './reasons.ts';
import { isSwitchedOff, refusal, type Resigns } from './refusal.ts';
import { openPart } from './transfer-coding.ts';

/** The HTML part of a message, found, decoded and surveyed: what all copies of the message share. */
export interface PreparedPart {
  entity: Entity;
  part: OpenedPart;
  text: OpenedText;
  survey: HtmlSurvey;
  /** Lines cannot be folded. */
  unfoldable: boolean;
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
  if (entity === undefined) return holdsPlainText(root) ? 'plain-text-only' : 'no-html-part';
  if (!entity.header.ended) return 'no-html-part';
  if (entity.header.fields.some(({ name }) => name === 'content-md5')) return 'checksummed';
  const part = openPart(
    { encoded: message.slice(entity.bodyStart, entity.bodyEnd), lineEnd },
    entity.encoding,
  );
  if (typeof part === 'string') return part;
  const { parameters } = entity.contentType;
  if ([...parameters.keys()].some((name) => name.startsWith('charset*'))) return 'charset-unsupported';
  const text = openCharset(parameters.get('charset'), part.bytes);
  if (typeof text === 'string') return text;
  const unfoldable = entity.encoding !== 'quoted-printable' && entity.encoding !== 'base64';
  if (unfoldable && text.unitBytes === 2) return 'charset-unsupported';
  const survey = surveyHtml(text.text, text.read, text.endsInAscii);
  return { entity, part, text, survey, unfoldable };
}

function holdsPlainText(entity: Entity): boolean {
  if (entity.embedded || entity.disposition?.value === 'attachment') return false;
  return entity.contentType.value === 'text/plain' || entity.children.some(holdsPlainText);
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
