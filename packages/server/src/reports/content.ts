import { parseFields, type HeaderFields } from './header-fields.ts';
import type { Part, PartReader } from './part.ts';
import { findHeaderBlock, splitLines } from './quoted-message.ts';

/** The parts of a report by what they are for. */
export interface ReportContent {
  /** `report-type` of a multipart/report (RFC 6522), wherever it is. */
  reportType: string | undefined;
  /** Human-readable parts, in order. */
  notices: string[];
  statuses: string[];
  dispositions: string[];
  feedbacks: string[];
  /** Headers of returned messages. */
  returned: HeaderFields[];
}

const MAX_NOTICES = 8;

/** Sorts the parts of a message. Returned messages are not opened: only their header is read. */
export function readContent(reader: PartReader, root: Part): ReportContent {
  const content: ReportContent = {
    reportType: undefined,
    notices: [],
    statuses: [],
    dispositions: [],
    feedbacks: [],
    returned: [],
  };
  collect(reader, root, content, true);
  return content;
}

function collect(reader: PartReader, part: Part, content: ReportContent, isRoot: boolean): void {
  if (part.type === 'multipart/report')
    content.reportType ??= part.parameters.get('report-type')?.toLowerCase();
  if (part.parts.length > 0) {
    const children = part.type === 'multipart/alternative' ? bestAlternative(reader, part.parts) : part.parts;
    for (const child of children) collect(reader, child, content, false);
    return;
  }
  if (/^message\/(?:x-?)?(?:global-)?delivery-status$/.test(part.type))
    content.statuses.push(reader.text(part));
  else if (/^message\/(?:global-)?disposition-notification$/.test(part.type)) {
    content.dispositions.push(reader.text(part));
  } else if (part.type === 'message/feedback-report') content.feedbacks.push(reader.text(part));
  else if (
    /^(?:message\/(?:rfc822|global|(?:global|rfc822)-headers)|text\/rfc822(?:-headers)?)$/.test(part.type)
  ) {
    content.returned.push(returnedHeader(reader.text(part)));
  } else if (
    /^(?:text|multipart)\//.test(part.type) &&
    !/^text\/(?:calendar|csv|x-vcard|vcard)$/.test(part.type)
  ) {
    collectText(reader.text(part), content, isRoot);
  }
}

/** What stands in a text part is not always a notice: wrong content types are common in what gateways make. */
function collectText(text: string, content: ReportContent, isRoot: boolean): void {
  const start = text.trimStart();
  if (!isRoot && /^(?:reporting-mta|(?:final|original)-recipient)[ \t]*:/i.test(start)) {
    (/^disposition[ \t]*:/im.test(start) ? content.dispositions : content.statuses).push(start);
  } else if (!isRoot && content.notices.length > 0 && findHeaderBlock(splitLines(start), 0, 1) === 0) {
    content.returned.push(returnedHeader(start));
  } else if (content.notices.length < MAX_NOTICES) content.notices.push(text);
}

function returnedHeader(text: string): HeaderFields {
  const lines = splitLines(text.trimStart());
  const end = lines.findIndex((line) => line.trim() === '');
  return parseFields(end === -1 ? lines : lines.slice(0, end));
}

/** Plain text when it says anything, else what there is. */
function bestAlternative(reader: PartReader, parts: readonly Part[]): readonly Part[] {
  const plain = parts.find((part) => part.type === 'text/plain' && reader.text(part).trim() !== '');
  return plain === undefined ? parts : [plain];
}
