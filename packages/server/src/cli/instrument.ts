import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { WorkspaceId } from '../kernel/ids.ts';
import { instrument, type InstrumentOptions, type InstrumentResult } from '../relay/instrument/instrument.ts';
import {
  isTrackableDestination,
  Keyring,
  linkUrl,
  pixelUrl,
  readTrackedUrl,
  type TokenClaims,
} from '../tracking/tracking.ts';
import { readArguments, wrongCall } from './read-arguments.ts';

const USAGE = `Usage: waybill instrument [--to ADDRESS] [--json] < message.eml

Puts a pixel and tracked links into a message, or passes it on as it is and says why on standard error.
Nothing is stored and no server is asked: the addresses are signed with a throw-away key, so they count nowhere.

  --to ADDRESS  whose copy it is; another recipient gets other addresses
  --json        write {touched, reason, reasonText, pixel, links: [{from, to}], message (base64)}
`;

const OPTIONS = { to: { type: 'string' }, json: { type: 'boolean' } } as const;

/** Larger input is no mail. */
const LARGEST_BYTES = 256 * 1024 * 1024;

/** Where the addresses point to; nothing answers there for them. */
const PUBLIC_URL = 'http://127.0.0.1:8425';

/** `waybill instrument`: a pure filter from message to message. The same input gives the same output. */
export async function run(
  args: string[],
  io: { stdin: Readable; stdout: Writable; stderr: Writable },
): Promise<number> {
  const call = readArguments({ command: 'instrument', text: USAGE, options: OPTIONS }, args, io);
  if (typeof call === 'number') return call;
  const { values, positionals } = call;
  const { to } = values;
  if (positionals.length > 0)
    return wrongCall('instrument', 'the message is read from standard input, not from a file', io);
  if (to !== undefined && !/^[^\s@]+@[^\s@]+$/.test(to)) {
    return wrongCall('instrument', `--to: ${JSON.stringify(to)} is not an e-mail address`, io);
  }
  const message = await readAll(io.stdin);
  if (message === undefined || message.length === 0) {
    const what =
      message === undefined ? 'the message is larger than 256 MiB' : 'there is no message on standard input';
    io.stderr.write(`waybill instrument: ${what}\n`);
    return 1;
  }
  const result = instrument(message, throwAwayOptions(message, to ?? ''));
  if (result.reason !== null && values.json !== true) {
    io.stderr.write(`untouched (${result.reason.code}): ${result.reason.text}\n`);
  }
  await write(io.stdout, values.json === true ? `${JSON.stringify(toJson(result))}\n` : result.message);
  return 0;
}

function toJson({ touched, reason, pixel, links, message }: InstrumentResult): Record<string, unknown> {
  return {
    touched,
    reason: reason?.code ?? null,
    reasonText: reason?.text ?? null,
    pixel,
    links: links.map(({ from, to }) => ({ from, to })),
    message: Buffer.from(message.buffer, message.byteOffset, message.length).toString('base64'),
  };
}

/**
 * The key is known to everyone, and so to no server. Key and claims come from the header and the recipient alone, so a
 * message that went through already comes out unchanged.
 */
function throwAwayOptions(message: Buffer, to: string): InstrumentOptions {
  const keyring = new Keyring(new Map([[0, createHash('sha256').update('waybill instrument').digest()]]));
  const subject = createHash('sha256')
    .update(headerOf(message))
    .update('\0')
    .update(to)
    .digest('hex')
    .slice(0, 32);
  const claims: TokenClaims = { workspaceId: 1 as WorkspaceId, subject, linkIndex: 0, mode: 'full' };
  return {
    pixelUrl: pixelUrl(keyring, PUBLIC_URL, claims),
    linkUrl: (destination, linkIndex) =>
      isTrackableDestination(destination)
        ? linkUrl(keyring, PUBLIC_URL, { ...claims, linkIndex }, destination)
        : destination,
    isTracked: (url) => {
      const own = readTrackedUrl(keyring, url);
      if (own === undefined) return undefined;
      const { kind, destination } = own;
      return destination === undefined ? { kind } : { kind, destination };
    },
  };
}

function headerOf(message: Buffer): Buffer {
  const end = /\n\r?\n/.exec(message.toString('latin1', 0, 1_000_000))?.index ?? message.length;
  return message.subarray(0, end);
}

/** @returns undefined when there is more than fits a mail */
async function readAll(input: Readable): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > LARGEST_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function write(output: Writable, data: string | Uint8Array): Promise<void> {
  if (!output.write(data)) await once(output, 'drain');
}
