import { isDaemon } from './daemon.ts';
import { parseFields, parseParameters, type HeaderFields } from './header-fields.ts';
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
  /** A mail system passes a report on within a message of its own. */
  isRelayed: boolean;
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
    isRelayed: root.type !== 'multipart/report' && isDaemon(root.fields.first('from') ?? ''),
  };
  collect(reader, root, content, true);
  return content;
}

function collect(reader: PartReader, part: Part, content: ReportContent, isRoot: boolean): void {
  if (part.type === 'multipart/report') {
    content.reportType ??= part.parameters.get('report-type')?.toLowerCase();
  }
  if (part.parts.length > 0) {
    const children = part.type === 'multipart/alternative' ? bestAlternative(reader, part.parts) : part.parts;
    for (const child of children) collect(reader, child, content, false);
    return;
  }
  switch (purposeOf(part.type) ?? (isMailFile(part) ? 'returned' : undefined)) {
    case 'status':
      content.statuses.push(reader.text(part));
      break;
    case 'disposition':
      content.dispositions.push(reader.text(part));
      break;
    case 'feedback':
      content.feedbacks.push(reader.text(part));
      break;
    case 'returned':
      collectReturned(reader, part, content);
      break;
    case 'text':
      collectText(reader.text(part), content, isRoot);
      break;
    case undefined:
  }
}

/** With the types that came before RFC 3464 and those for UTF-8 (RFC 6533). */
function purposeOf(type: string): 'status' | 'disposition' | 'feedback' | 'returned' | 'text' | undefined {
  if (/^message\/(?:x-?)?(?:global-)?delivery-status$/.test(type)) return 'status';
  if (/^message\/(?:global-)?disposition-notification$/.test(type)) return 'disposition';
  if (type === 'message/feedback-report') return 'feedback';
  if (
    /^message\/(?:rfc822|global)(?:-headers)?$|^message\/global-headers$|^text\/rfc822(?:-headers)?$/.test(
      type,
    )
  ) {
    return 'returned';
  }
  const isText = /^(?:text|multipart)\//.test(type) && !/^text\/(?:calendar|csv|x-vcard|vcard)$/.test(type);
  return isText ? 'text' : undefined;
}

/** Gateways that know no `message/rfc822` attach the returned mail as a file. */
function isMailFile({ type, parameters, fields }: Part): boolean {
  if (type !== 'application/octet-stream') return false;
  const disposition = parseParameters(fields.first('content-disposition') ?? '').parameters;
  return /\.eml$/i.test(parameters.get('name') ?? disposition.get('filename') ?? '');
}

function collectReturned(reader: PartReader, part: Part, content: ReportContent): void {
  const inner = part.type === 'message/rfc822' && content.isRelayed ? reader.inner(part) : undefined;
  if (inner?.type === 'multipart/report') {
    collect(reader, inner, content, false);
    return;
  }
  const text = reader.text(part);
  const header = returnedHeader(text);
  // Gateways put plain notices under this type as well.
  if (header.names.length === 0) collectText(text, content, false);
  else content.returned.push(header);
}

/** What the fields of a report begin with, whatever the part's type says. */
const FIRST_FIELD =
  /^(?:reporting-(?:mta|ua)|(?:final|original)-recipient|original-(?:message|envelope)-id)[ \t]*:/i;

/** What stands in a text part is not always a notice: wrong content types are common in what gateways make. */
function collectText(text: string, content: ReportContent, isRoot: boolean): void {
  const start = text.trimStart();
  if (!isRoot && /^feedback-type[ \t]*:/i.test(start)) content.feedbacks.push(start);
  else if (!isRoot && FIRST_FIELD.test(start)) {
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

/** Plain text when it names anybody, else what there is: some programs only write "see the HTML" into it. */
function bestAlternative(reader: PartReader, parts: readonly Part[]): readonly Part[] {
  const plain = parts.find((part) => part.type === 'text/plain' && reader.text(part).includes('@'));
  return plain === undefined ? parts : [plain];
}
