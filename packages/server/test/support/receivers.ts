import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A loopback HTTP server that keeps what it is sent and answers as told. */
export interface Receiver {
  url: string;
  requests: Received[];
  close(): Promise<void>;
}

export async function receiver(
  answer: (request: Received) => { status: number; body: unknown },
): Promise<Receiver> {
  const requests: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body };
      requests.push(received);
      const { status, body: reply } = answer(received);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Speaks the part of Twilio's Messages API that a sender needs (https://www.twilio.com/docs/messaging/api). */
export function smsGateway(accountSid: string, authToken: string): Promise<Receiver> {
  const expected = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return receiver(({ path, headers, body }) => {
    if (headers.authorization !== expected) {
      return { status: 401, body: { code: 20003, message: 'Authenticate', status: 401 } };
    }
    if (path !== `/2010-04-01/Accounts/${accountSid}/Messages.json`) {
      return { status: 404, body: { code: 20404, message: 'not found', status: 404 } };
    }
    const form = new URLSearchParams(body);
    for (const field of ['To', 'From', 'Body']) {
      if (!form.get(field))
        return { status: 400, body: { code: 21604, message: `${field} is missing`, status: 400 } };
    }
    return { status: 201, body: { sid: 'SM00000000000000000000000000000001', status: 'queued' } };
  });
}
