import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Problem } from '@waybill/sdk';

export interface ApiRequest {
  route: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers as the HTTP API does, by route (`GET /api/v1/…`); what is not listed is not found. */
export async function apiServer(
  t: TestContext,
  routes: Record<string, (response: ServerResponse, request: ApiRequest) => void>,
): Promise<{ url: string; requests: ApiRequest[]; close(): void }> {
  const requests: ApiRequest[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const route = `${request.method} ${(request.url ?? '').split('?')[0]}`;
      const received = { route, headers: request.headers, body };
      requests.push(received);
      const answer = routes[route];
      if (answer === undefined)
        problem(response, { status: 404, code: 'not-found', detail: 'There is no such thing.' });
      else answer(response, received);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t.after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function problem(
  response: ServerResponse,
  given: Pick<Problem, 'status' | 'code' | 'detail'> & Partial<Problem>,
): void {
  const body: Problem = { type: 'about:blank', title: given.code, ...given };
  response.writeHead(given.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}
