import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { BACK_END_DOWN_PAGE } from './pages.ts';

const LARGEST_BODY = 16_384;
const TIMEOUT_MS = 10_000;
const PASSED_REQUEST_HEADERS = ['content-type', 'accept', 'accept-language', 'user-agent'];
const PASSED_RESPONSE_HEADERS = [
  'content-type',
  'cache-control',
  'content-security-policy',
  'referrer-policy',
  'x-content-type-options',
  'location',
  'allow',
];

/** Passes a request for the recipient's page on, without cookies, and says calmly when nobody is there. */
export async function passToBackEnd(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  backEndUrl: string | undefined,
  client: string | undefined,
): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    outgoing.writeHead(413, { connection: 'close', 'content-length': 0 }).end();
    return;
  }
  if (backEndUrl === undefined) return resting(outgoing);
  await new Promise<void>((resolve) => {
    const headers: Record<string, string> = { 'content-length': String(body.length) };
    for (const name of PASSED_REQUEST_HEADERS) {
      const value = incoming.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    if (client !== undefined) headers['x-forwarded-for'] = client;
    const passed = httpRequest(
      new URL(incoming.url ?? '/', backEndUrl),
      { method: incoming.method ?? 'GET', headers, timeout: TIMEOUT_MS },
      (answer) => {
        const kept: Record<string, string> = {};
        for (const name of PASSED_RESPONSE_HEADERS) {
          const value = answer.headers[name];
          if (typeof value === 'string') kept[name] = value;
        }
        outgoing.writeHead(answer.statusCode ?? 502, kept);
        answer.pipe(outgoing);
        outgoing.on('close', resolve);
        answer.on('error', () => outgoing.destroy());
      },
    );
    passed.on('timeout', () => passed.destroy(new Error('the back end did not answer in time')));
    passed.on('error', () => {
      if (outgoing.headersSent) outgoing.destroy();
      else resting(outgoing);
      resolve();
    });
    passed.end(body);
  });
}

function resting(response: ServerResponse): void {
  response
    .writeHead(503, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(BACK_END_DOWN_PAGE),
      'cache-control': 'no-store',
      'retry-after': '60',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    })
    .end(BACK_END_DOWN_PAGE);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > LARGEST_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
