import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import type { Attachment, CreatedMessage, CreateMessage, Delivery, Mode } from '@waybill/sdk';
import { AppError } from '../kernel/errors.ts';
import { oneLine } from '../notify/notify.ts';
import { connect, explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { paintFor, type Paint } from './paint.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const MODES: readonly Mode[] = ['full', 'day', 'aggregate', 'off'];

const USAGE = {
  command: 'send',
  options: {
    from: { type: 'string' },
    to: { type: 'string', multiple: true },
    cc: { type: 'string', multiple: true },
    bcc: { type: 'string', multiple: true },
    subject: { type: 'string' },
    html: { type: 'string' },
    text: { type: 'string' },
    attach: { type: 'string', multiple: true },
    mode: { type: 'string' },
    json: { type: 'boolean' },
  },
  text: `Usage: waybill send --from ADDRESS --to ADDRESS... --subject TEXT [--html FILE] [--text FILE]

Sends a tracked mail, and prints the tracking number of each recipient's copy.

  --from ADDRESS   the sender: a@b.c or "Ann <a@b.c>"
  --to ADDRESS     a recipient; may be given several times, as may --cc and --bcc
  --subject TEXT
  --html FILE      the mail as HTML; - is standard input
  --text FILE      the mail as plain text; - is standard input, and so it is when neither is given
  --attach FILE    a file to send along; may be given several times
  --mode MODE      what may be recorded: full, day, aggregate or off; otherwise as the workspace says
  --json           the answer of the API instead
`,
} as const satisfies Usage;

/** By the end of a file's name; mail programs go by it as well. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.ics': 'text/calendar',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.odt': 'application/vnd.oasis.opendocument.text',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.txt': 'text/plain',
  '.webp': 'image/webp',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.zip': 'application/zip',
};

interface Values {
  from?: string;
  to?: string[];
  cc?: string[];
  bcc?: string[];
  subject?: string;
  html?: string;
  text?: string;
  attach?: string[];
  mode?: string;
  json?: boolean;
}

/** `waybill send` */
export async function run(args: string[], io: CliIo): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const values: Values = parsed.values;
  const problem = parsed.positionals.length > 0 ? notUnderstood(parsed.positionals) : problemOf(values, io);
  if (problem !== undefined) return wrongCall('send', problem, io);
  try {
    const client = await connect(io.env);
    const mail = await compose(values, io);
    const created = await client.createMessage(mail, { idempotencyKey: randomUUID() });
    if (values.json === true) io.stdout.write(`${JSON.stringify(created)}\n`);
    else io.stdout.write(summary(mail.subject, created, paintFor(io)));
    return 0;
  } catch (error) {
    explainFailure('send', error, io.stderr);
    return 1;
  }
}

function notUnderstood([first]: readonly string[]): string {
  return `${JSON.stringify(first)} is not understood; a text with spaces needs quotes.`;
}

function problemOf({ from, to, subject, html, text, mode }: Values, { stdin }: CliIo): string | undefined {
  if (from === undefined) return '--from is missing.';
  if (to === undefined) return '--to is missing.';
  if (subject === undefined) return '--subject is missing.';
  if (html === '-' && text === '-') return '--html and --text cannot both be standard input.';
  if (mode !== undefined && !MODES.some((each) => each === mode))
    return `--mode is one of ${MODES.join(', ')}.`;
  const isTypedIn = 'isTTY' in stdin && stdin.isTTY === true;
  if (html === undefined && text === undefined && isTypedIn) return '--html or --text is missing.';
  return undefined;
}

async function compose(values: Values, io: CliIo): Promise<CreateMessage> {
  const { from = '', to = [], cc, bcc, subject = '', html, attach, mode } = values;
  const text = values.text ?? (html === undefined ? '-' : undefined);
  return {
    from,
    to,
    subject,
    send: true,
    ...(cc === undefined ? {} : { cc }),
    ...(bcc === undefined ? {} : { bcc }),
    ...(html === undefined ? {} : { html: await readText(html, io) }),
    ...(text === undefined ? {} : { text: await readText(text, io) }),
    ...(attach === undefined
      ? {}
      : { attachments: await Promise.all(attach.map((path) => readAttachment(path, io))) }),
    ...(mode === undefined ? {} : { policy: { mode: mode as Mode } }),
  };
}

/** @param path `-` is standard input */
async function readText(path: string, io: CliIo): Promise<string> {
  const bytes = path === '-' ? Buffer.concat(await io.stdin.toArray()) : await readBytes(path, io);
  try {
    // A mail full of replacement characters would only be noticed by its reader.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const name = path === '-' ? 'Standard input' : path;
    throw new AppError('invalid-input', `${name} is not UTF-8 text.`, { cause: error });
  }
}

async function readAttachment(path: string, io: CliIo): Promise<Attachment> {
  return {
    filename: basename(path),
    contentType: CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
    content: (await readBytes(path, io)).toString('base64'),
  };
}

async function readBytes(path: string, { env }: CliIo): Promise<Buffer> {
  try {
    return await readFile(resolve(env.cwd, path));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = isMissing ? 'does not exist' : `cannot be read: ${(error as Error).message}`;
    throw new AppError('invalid-input', `${path} ${problem}.`, { cause: error });
  }
}

function summary(subject: string, { deliveries }: CreatedMessage, paint: Paint): string {
  const width = Math.max(0, ...deliveries.map(({ recipient }) => recipient.length));
  const rows = deliveries.map(
    (delivery) =>
      `  ${paint.strong(delivery.trackingNumber)}  ${oneLine(delivery.recipient).padEnd(width)}  ${paint.quiet(stateWords(delivery))}`,
  );
  return `"${oneLine(subject)}" is accepted.\n${rows.join('\n')}\n`;
}

function stateWords({ untouchedBecause, pixelUrl }: Delivery): string {
  if (untouchedBecause !== undefined) return `not tracked: ${oneLine(untouchedBecause)}`;
  return pixelUrl === null ? 'not tracked' : 'tracked';
}
