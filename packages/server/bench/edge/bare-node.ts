/** What `node:http` can do at most: the same 43 bytes with the same headers, and nothing else. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PIXEL } from '../../src/tracking/pixel.ts';

const HEADERS = [
  'Content-Type',
  'image/gif',
  'Content-Length',
  String(PIXEL.length),
  'Cache-Control',
  'no-store, private, max-age=0',
];

const server = createServer({ noDelay: true }, (_request, response) => {
  response.writeHead(200, HEADERS).end(PIXEL);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
