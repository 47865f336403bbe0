import { readFileSync } from 'node:fs';
import type { Report, ReportRecipient } from '../../src/reports/reports.ts';
import { RETURNED } from '../support/report-mail.ts';

/**
 * A report in the form of one mail system, written for this project after its documentation and source:
 *
 *   ### name
 *   # kind bounce
 *   # ben@reader.example failed 5.1.1 unknown-user
 *   # id <parcel-1@sender.example>
 *   From: …
 *
 * A recipient's line says what has to be found of it, in any order: action, status, class, disposition, `automatic`,
 * `manual`, `was:ADDRESS` for the original address. What it does not say is not compared. `id none` says that no id may
 * be found. In the message `{{copy}}` stands for the returned mail, `{{header}}` for its header.
 */
export interface Form {
  name: string;
  expected: string[];
  message: Buffer;
}

const HEADER = RETURNED.text.slice(0, RETURNED.text.indexOf('\n\n'));

export function readForms(file: string): Form[] {
  return readFileSync(file, 'utf8').split(/^### /m).slice(1).map(formOf);
}

function formOf(text: string): Form {
  const [name = '', ...lines] = text.split('\n');
  const start = lines.findIndex((line) => !line.startsWith('# '));
  const body = lines
    .slice(start)
    .join('\n')
    .replaceAll('{{copy}}', RETURNED.text)
    .replaceAll('{{header}}', HEADER);
  const expected = lines.slice(0, start).map((line) => line.slice(2).trim());
  return { name, expected, message: Buffer.from(body.replaceAll('\n', '\r\n')) };
}

/** What was found, in the words and to the extent of what is expected. */
export function shown(report: Report, { expected }: Form): string[] {
  const words = expected.map((line) => line.split(/\s+/));
  const recipients = words.filter(([first = '']) => isRecipient(first));
  return [
    ...words
      .filter(([first = '']) => !isRecipient(first))
      .map(([first = '']) => `${first} ${fact(report, first)}`),
    ...report.recipients.map((recipient, index) =>
      [recipient.address, ...(recipients[index] ?? []).slice(1).map((word) => detail(recipient, word))].join(
        ' ',
      ),
    ),
  ];
}

function isRecipient(word: string): boolean {
  return !/^(?:kind|id|type|envid)$/.test(word);
}

function fact(report: Report, name: string): string {
  const facts: Record<string, string | undefined> = {
    kind: report.kind,
    id: report.originalMessageId,
    type: report.feedbackType,
    envid: report.originalEnvelopeId,
  };
  return facts[name] ?? 'none';
}

/** The found value of the same sort as the expected word. */
function detail(recipient: ReportRecipient, word: string): string {
  if (word === 'automatic' || word === 'manual') {
    return recipient.automatic === undefined ? 'unsaid' : recipient.automatic ? 'automatic' : 'manual';
  }
  if (word.startsWith('was:')) return `was:${recipient.originalAddress ?? 'none'}`;
  if (/^\d\./.test(word)) return recipient.status ?? 'no-status';
  if (/^(?:failed|delayed|delivered|relayed|expanded)$/.test(word)) return recipient.action ?? 'no-action';
  if (/^(?:displayed|deleted|denied|dispatched|processed)$/.test(word)) {
    return recipient.disposition ?? 'no-disposition';
  }
  return recipient.class ?? 'no-class';
}
