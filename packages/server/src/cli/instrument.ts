import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import {
  instrument,
  type ByteSource,
  type InstrumentOptions,
  type InstrumentResult,
} from '../relay/instrument/instrument.ts';
import {
  isTrackableDestination,
  Keyring,
  linkUrl,
  pixelUrl,
  readTrackedUrl,
  trapUrl,
  type TokenClaims,
} from '../tracking/tracking.ts';
import { readArguments, wrongCall } from './read-arguments.ts';
import { spoolInput } from './spooled-input.ts';

const USAGE = `Usage: waybill instrument [--to ADDRESS] [--json] < message.eml

Puts a pixel and tracked links into a message, or passes it on as it is and says why on standard error.
Nothing is stored and no server is asked: the addresses are signed with a throw-away key, so they count nowhere.

  --to ADDRESS  whose copy it is; another recipient gets other addresses
  --plain-text keep|links|alternative
                mail without HTML: as it is (the default), with tracked links in its text, or with HTML beside
                the text that carries the pixel
  --spam-care none|links|pixel
                what gives way where tracking would make short mail with images weigh more with spam filters:
                nothing, links (the default), the pixel too (WAYBILL_SPAM_CARE)
  --trap-link   with a link that nobody can see beside the pixel (WAYBILL_TRAP_LINK); it is none of "links"
  --public-url URL
                what the addresses begin with; without it WAYBILL_PUBLIC_URL, and else http://127.0.0.1:8425
  --json        write {touched, reason, reasonText, pixel, pixelReason, pixelReasonText, links: [{from, to}],
                untouchedLinks: [{url, reason, reasonText}], message (base64)}
`;

const OPTIONS = {
  to: { type: 'string' },
  json: { type: 'boolean' },
  'trap-link': { type: 'boolean' },
  'public-url': { type: 'string' },
  'plain-text': { type: 'string' },
  'spam-care': { type: 'string' },
} as const;

/** Larger input is no mail. */
const LARGEST_BYTES = 1024 * 1024 * 1024;

/** Where a server listens by default. */
const DEFAULT_URL = 'http://127.0.0.1:8425';

interface Dependencies {
  /**
   * What the addresses begin with, without a slash at the end: what was given, else the setting, else undefined.
   * @throws AppError `misconfigured`, which says what is wrong
   */
  publicUrl: (given: string | undefined) => string | undefined;
}

/** `waybill instrument`: a pure filter from message to message. The same input gives the same output. */
export async function run(
  args: string[],
  io: { stdin: Readable; stdout: Writable; stderr: Writable },
  { publicUrl }: Dependencies,
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
  const plainText = values['plain-text'] ?? 'keep';
  if (plainText !== 'keep' && plainText !== 'links' && plainText !== 'alternative') {
    return wrongCall(
      'instrument',
      `--plain-text: ${JSON.stringify(plainText)} is none of keep, links, alternative`,
      io,
    );
  }
  const spamCare = values['spam-care'] ?? 'links';
  if (spamCare !== 'none' && spamCare !== 'links' && spamCare !== 'pixel') {
    return wrongCall(
      'instrument',
      `--spam-care: ${JSON.stringify(spamCare)} is none of none, links, pixel`,
      io,
    );
  }
  let begin: string;
  try {
    begin = publicUrl(values['public-url']) ?? DEFAULT_URL;
  } catch (error) {
    if (error instanceof AppError) return wrongCall('instrument', error.message, io);
    throw error;
  }
  const input = await spoolInput(io.stdin, LARGEST_BYTES);
  if (input === undefined || input.bytes.length === 0) {
    const what =
      input === undefined ? 'the message is larger than 1 GiB' : 'there is no message on standard input';
    io.stderr.write(`waybill instrument: ${what}\n`);
    return 1;
  }
  try {
    const result = instrument(input.bytes, {
      ...throwAwayOptions(input.bytes, {
        publicUrl: begin,
        to: to ?? '',
        trap: values['trap-link'] === true,
      }),
      plainText,
      spamCare,
    });
    if (result.reason !== null && values.json !== true) {
      io.stderr.write(`untouched (${result.reason.code}): ${result.reason.text}\n`);
    }
    for (const piece of values.json === true ? toJson(result) : result.pieces())
      await write(io.stdout, piece);
  } finally {
    input.close();
  }
  return 0;
}

/** One line of JSON, in pieces: the message in it may be large. */
function* toJson(result: InstrumentResult): Generator<string> {
  const { touched, reason, pixel, pixelReason, links, untouchedLinks } = result;
  const facts = JSON.stringify({
    touched,
    reason: reason?.code ?? null,
    reasonText: reason?.text ?? null,
    pixel,
    pixelReason: pixelReason?.code ?? null,
    pixelReasonText: pixelReason?.text ?? null,
    links: links.map(({ from, to }) => ({ from, to })),
    untouchedLinks: untouchedLinks.map(({ url, reason: { code, text } }) => ({
      url,
      reason: code,
      reasonText: text,
    })),
  });
  yield `${facts.slice(0, -1)},"message":"`;
  let rest = Buffer.alloc(0);
  for (const piece of result.pieces()) {
    const bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 3);
    yield bytes.toString('base64', 0, whole);
    rest = bytes.subarray(whole);
  }
  yield `${rest.toString('base64')}"}\n`;
}

/**
 * The key is known to everyone, and so to no server. Key and claims come from the recipient and those fields of the
 * header that tracking never changes, so a message that went through already comes out unchanged.
 */
function throwAwayOptions(
  message: ByteSource,
  { publicUrl, to, trap }: { publicUrl: string; to: string; trap: boolean },
): InstrumentOptions {
  const keyring = new Keyring(new Map([[0, createHash('sha256').update('waybill instrument').digest()]]));
  const subject = createHash('sha256')
    .update(headerOf(message), 'latin1')
    .update('\0')
    .update(to)
    .digest('hex')
    .slice(0, 32);
  const claims: TokenClaims = { workspaceId: 1 as WorkspaceId, subject, linkIndex: 0, mode: 'full' };
  return {
    pixelUrl: pixelUrl(keyring, publicUrl, claims),
    ...(trap ? { trapUrl: trapUrl(keyring, publicUrl, claims) } : {}),
    linkUrl: (destination, linkIndex) =>
      isTrackableDestination(destination)
        ? linkUrl(keyring, publicUrl, { ...claims, linkIndex }, destination)
        : destination,
    isTracked: (url) => {
      const own = readTrackedUrl(keyring, url);
      if (own === undefined) return undefined;
      const { kind, destination } = own;
      return destination === undefined ? { kind } : { kind, destination };
    },
  };
}

function headerOf(message: ByteSource): string {
  const text = message.text(0, Math.min(message.length, 1_000_000));
  const end = /\n\r?\n/.exec(text)?.index ?? text.length;
  return text
    .slice(0, end)
    .replaceAll(/^(?:content-|mime-version|x-waybill)[^\n]*(?:\n[ \t][^\n]*)*\n?/gim, '')
    .trimEnd();
}

/** Resolves when the piece is passed on, and its bytes may become others. */
function write(output: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
