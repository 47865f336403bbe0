import { AppError } from '../kernel/errors.ts';
import { parseReport, type Report, type ReportRecipient } from '../reports/reports.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'report',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill report [--json] < message.eml

Reads one message and says what it reports: a failed or delayed delivery, a receipt, an automatic answer,
a complaint, a reply, or nothing of the kind. Needs no server.

  --json           the whole result as one line of JSON
`,
} as const satisfies Usage;

/** Mail systems take no messages near this; what is longer is no report. */
const LARGEST_MESSAGE_BYTES = 256 * 1024 * 1024;

const KINDS: Readonly<Record<Report['kind'], string>> = {
  dsn: 'Delivery status notification',
  bounce: 'Bounce in free text',
  mdn: 'Receipt',
  'auto-reply': 'Automatic answer',
  complaint: 'Complaint',
  reply: 'Reply',
  none: 'Not a report: nothing in this message is about a delivery.',
};

/** `waybill report`: one message on standard input, what it reports on standard output. */
export async function run(args: string[], io: Pick<CliIo, 'stdin' | 'stdout' | 'stderr'>): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const [surplus] = parsed.positionals;
  if (surplus !== undefined) {
    return wrongCall(
      'report',
      `The message is read from standard input, not from ${JSON.stringify(surplus)}.`,
      io,
    );
  }
  let message: Buffer;
  try {
    message = await readAll(io.stdin);
  } catch (error) {
    io.stderr.write(`waybill report: ${(error as Error).message}\n`);
    return 1;
  }
  if (message.toString('latin1', 0, 4096).trim() === '') {
    return wrongCall('report', 'There is no message on standard input.', io);
  }
  const report = parseReport(message);
  io.stdout.write(parsed.values.json === true ? `${JSON.stringify(report)}\n` : summary(report));
  return 0;
}

async function readAll(input: CliIo['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > LARGEST_MESSAGE_BYTES)
      throw new AppError('too-large', 'The message is longer than 256 MiB.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function summary(report: Report): string {
  const lines = [KINDS[report.kind]];
  if (report.originalMessageId !== undefined) lines.push(`about ${report.originalMessageId}`);
  for (const recipient of report.recipients) lines.push('', ...describe(report, recipient));
  if (report.recipients.length === 0 && report.kind !== 'none') lines.push('', 'No recipient is named.');
  return `${lines.map(printable).join('\n')}\n`;
}

function describe(report: Report, recipient: ReportRecipient): string[] {
  const lines = [`  ${recipient.address}`, `    ${sentence(report, recipient)}`];
  if (recipient.originalAddress !== undefined) lines.push(`    written to ${recipient.originalAddress}`);
  if (recipient.diagnostic !== undefined) lines.push(`    “${recipient.diagnostic}”`);
  return lines;
}

function sentence({ kind, feedbackType }: Report, recipient: ReportRecipient): string {
  switch (kind) {
    case 'mdn': {
      const who = recipient.automatic === true ? 'by the mail system, without a reader' : 'by the reader';
      const what =
        recipient.action === 'failed'
          ? 'refused'
          : (recipient.disposition ?? 'receipt without a disposition');
      return recipient.automatic === undefined ? what : `${what} ${who}, as the receipt says`;
    }
    case 'complaint':
      return `complained${feedbackType === undefined ? '' : ` (${feedbackType})`}`;
    case 'auto-reply':
      return 'a machine answered';
    case 'reply':
      return 'answered';
    default:
      return [recipient.action, recipient.status, recipient.class?.replaceAll('-', ' ')]
        .filter((part) => part !== undefined)
        .join(', ');
  }
}

/** A report is a stranger's text: it must not move the cursor or change colours of the terminal. */
function printable(line: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not come through
  return line.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
