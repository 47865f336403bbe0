import {
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { BACK_END_DOWN, send } from './pages.ts';

const LARGEST_BODY = 16_384;
const TIMEOUT_MS = 10_000;
const PASSED_REQUEST_HEADERS = ['content-type', 'accept', 'accept-language', 'user-agent'];
const PASSED_RESPONSE_HEADERS = [
  'content-type',
  'content-length',
  'cache-control',
  'content-security-policy',
  'referrer-policy',
  'x-content-type-options',
  'location',
  'allow',
];

/** Where a request goes on. */
export interface Passage {
  /** Undefined while the back end is down. */
  backEndUrl: string | undefined;
  /** Made by us, never the client's own spelling: `/r/../metrics` must lead nowhere. */
  path: string;
  client: string | undefined;
  protocol: 'http' | 'https';
}

/** Passes a request for the recipient's page on, without cookies, and says calmly when nobody is there. */
export function passToBackEnd(incoming: IncomingMessage, outgoing: ServerResponse, passage: Passage): void {
  readBody(incoming, (body) => {
    if (body === undefined) {
      // What is still coming is not read: the connection ends with this answer.
      outgoing.writeHead(413, { connection: 'close', 'content-length': 0 }).end();
      return;
    }
    const { backEndUrl } = passage;
    if (backEndUrl === undefined) resting(outgoing);
    else forward(incoming, body, outgoing, { ...passage, backEndUrl });
  });
}

function forward(
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  { backEndUrl, path, client, protocol }: Passage & { backEndUrl: string },
): void {
  const headers: OutgoingHttpHeaders = {
    ...chosen(PASSED_REQUEST_HEADERS, incoming.headers),
    'content-length': body.length,
    'x-forwarded-proto': protocol,
    ...(client === undefined ? {} : { 'x-forwarded-for': client }),
  };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const passed = httpRequest(
    new URL(path, backEndUrl),
    { method: incoming.method ?? 'GET', headers, signal },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, chosen(PASSED_RESPONSE_HEADERS, answer.headers));
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    },
  );
  passed.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else resting(outgoing);
  });
  outgoing.on('close', () => passed.destroy());
  passed.end(body);
}

function chosen(names: readonly string[], from: IncomingMessage['headers']): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const name of names) {
    const value = from[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}

function resting(response: ServerResponse): void {
  send(response, BACK_END_DOWN);
}

/** Calls back once with the body, or with undefined when it is too large; not at all when the client went away. */
function readBody(incoming: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const parts: Buffer[] = [];
  let size = 0;
  const onData = (part: Buffer): void => {
    size += part.length;
    if (size <= LARGEST_BODY) {
      parts.push(part);
      return;
    }
    incoming.off('data', onData).off('end', onEnd).pause();
    done(undefined);
  };
  const onEnd = (): void => done(Buffer.concat(parts));
  incoming
    .on('data', onData)
    .on('end', onEnd)
    .on('error', () => {});
}
