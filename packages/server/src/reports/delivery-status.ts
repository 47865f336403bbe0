import { readMessageId } from '../messages/messages.ts';
import { decodeXtext, reportAddress, sameAddress } from './address.ts';
import { parseFields, type HeaderFields } from './header-fields.ts';
import type { ReportAction } from './report.ts';
import { statusField } from './status-code.ts';

/** One recipient's fields of RFC 3464 §2.3, as far as they were there. */
export interface StatusRecipient {
  address: string | undefined;
  originalAddress: string | undefined;
  action: ReportAction | undefined;
  status: string | undefined;
  /** Behind the code in `Status`, as Sendmail writes it. */
  comment: string | undefined;
  /** Without its type. */
  diagnostic: string | undefined;
}

export interface DeliveryStatus {
  reportingMta: string | undefined;
  originalEnvelopeId: string | undefined;
  /** Google's own field. */
  originalMessageId: string | undefined;
  recipients: StatusRecipient[];
}

/** A report about more recipients than this is not read to its end. */
const MAX_RECIPIENTS = 1000;

const RECIPIENT_FIELD =
  /^(?:final-recipient|original-recipient|action|status|remote-mta|diagnostic-code|last-attempt-date|final-log-id|will-retry-until|x-actual-recipient)$/;
const NAMES_RECIPIENT = /^(?:final|original)-recipient$/;

/**
 * Reads `message/delivery-status`. Groups should be parted by empty lines, but some systems leave them out and others
 * put too many in: a field that the group has already begins the next one, a group without a recipient completes its
 * neighbour.
 */
export function parseDeliveryStatus(text: string): DeliveryStatus {
  return readGroups(text.split('\n'));
}

/** The same fields within an ordinary text: only paragraphs that name a recipient count. */
export function findDeliveryStatus(lines: readonly string[]): DeliveryStatus | undefined {
  const kept: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    const has = (pattern: RegExp): boolean => paragraph.some((line) => pattern.test(line));
    const names =
      has(/^(?:final|original)-recipient[ \t]*:.*\S/i) && has(/^(?:action|status|diagnostic-code)[ \t]*:/i);
    if (names || has(/^original-envelope-id[ \t]*:/i)) kept.push(...paragraph, '');
    paragraph = [];
  };
  for (const line of lines) {
    const unquoted = line.replace(/^(?:> ?){1,5}/, '');
    if (unquoted.trim() === '') flush();
    else if (paragraph.length < 200) paragraph.push(unquoted);
  }
  flush();
  if (kept.length === 0) return undefined;
  const status = readGroups(kept);
  return status.recipients.length === 0 ? undefined : status;
}

function readGroups(lines: readonly string[]): DeliveryStatus {
  const status: DeliveryStatus = {
    reportingMta: undefined,
    originalEnvelopeId: undefined,
    originalMessageId: undefined,
    recipients: [],
  };
  const groups = groupsOf(lines);
  for (const fields of groups) {
    status.reportingMta ??= mtaName(fields.first('reporting-mta'));
    const envelopeId = fields.first('original-envelope-id');
    if (envelopeId !== undefined && envelopeId !== '') status.originalEnvelopeId ??= decodeXtext(envelopeId);
    status.originalMessageId ??= readMessageId(
      fields.first('x-original-message-id') ?? fields.first('original-message-id'),
    );
    if (!fields.names.some((name) => RECIPIENT_FIELD.test(name))) continue;
    addRecipient(status.recipients, fields);
    if (status.recipients.length >= MAX_RECIPIENTS) break;
  }
  status.recipients = status.recipients.filter(
    ({ address, action, status: code, diagnostic }) => address ?? action ?? code ?? diagnostic,
  );
  return status;
}

function groupsOf(lines: readonly string[]): HeaderFields[] {
  const groups: string[][] = [[]];
  let seen = new Set<string>();
  for (const line of lines) {
    const name = /^([A-Za-z][\w-]{0,60})[ \t]*:/.exec(line)?.[1]?.toLowerCase();
    const again = name !== undefined && /^(?:final-recipient|action|status)$/.test(name) && seen.has(name);
    if (line.trim() === '' || again) {
      groups.push([]);
      seen = new Set();
    }
    if (name !== undefined) seen.add(name);
    if (line.trim() !== '') groups.at(-1)?.push(line);
  }
  return groups.map((group) => parseFields(group, true));
}

function addRecipient(recipients: StatusRecipient[], fields: HeaderFields): void {
  const next = recipientOf(fields);
  const last = recipients.at(-1);
  const named = fields.names.some((name) => NAMES_RECIPIENT.test(name));
  const lacking = last !== undefined && last.action === undefined && last.status === undefined;
  const unnamed = last !== undefined && last.address === undefined && last.originalAddress === undefined;
  if (last !== undefined && ((!named && lacking) || (named && unnamed && next.action === undefined))) {
    last.address ??= next.address;
    last.originalAddress ??= next.originalAddress;
    last.action ??= next.action;
    last.status ??= next.status;
    last.comment ??= next.comment;
    last.diagnostic ??= next.diagnostic;
  } else recipients.push(next);
}

function recipientOf(fields: HeaderFields): StatusRecipient {
  const final = reportAddress(fields.first('final-recipient'));
  const original = reportAddress(fields.first('original-recipient'));
  const actual = reportAddress(fields.first('x-actual-recipient'));
  const address =
    [final, original, actual].find((candidate) => candidate?.includes('@')) ?? final ?? original;
  return {
    address,
    originalAddress:
      original !== undefined && address !== undefined && !sameAddress(original, address)
        ? original
        : undefined,
    action: actionOf(fields.first('action')),
    status: statusField(fields.first('status')),
    comment: /\(([^)]{1,400})\)/.exec(fields.first('status') ?? '')?.[1],
    diagnostic: diagnosticOf(fields.first('diagnostic-code')),
  };
}

function actionOf(value: string | undefined): ReportAction | undefined {
  const word = /^[ \t"<]*([a-z]+)/i.exec(value ?? '')?.[1]?.toLowerCase();
  if (
    word === 'failed' ||
    word === 'delayed' ||
    word === 'delivered' ||
    word === 'relayed' ||
    word === 'expanded'
  ) {
    return word;
  }
  // Not in RFC 3464, but sent by SendGrid and others.
  if (word === 'failure' || word === 'fail' || word === 'error' || word === 'expired') return 'failed';
  return word === 'delay' || word === 'deferred' ? 'delayed' : undefined;
}

/** `smtp; 550 5.1.1 …` */
function diagnosticOf(value: string | undefined): string | undefined {
  const text = value?.replace(/^[\w.-]{1,40}[ \t]*;/, '').trim();
  return text === undefined || text === '' ? undefined : text;
}

function mtaName(value: string | undefined): string | undefined {
  const name = value?.slice(value.indexOf(';') + 1).trim();
  return name === undefined || name === '' ? undefined : name.slice(0, 255);
}
