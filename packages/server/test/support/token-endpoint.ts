import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenAnswer {
  status?: number;
  /** JSON; a string as it is. */
  body: Record<string, unknown> | string;
}

/** The token endpoint of an authorization server (RFC 6749 §3.2) on loopback. */
export interface TokenEndpoint extends AsyncDisposable {
  url: string;
  /** The form of each request. */
  requests: Record<string, string>[];
  /** Replace it at any time. */
  answer: (form: Record<string, string>) => TokenAnswer;
}

/** Gives access tokens `access-1`, `access-2`, … for an hour. */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const requests: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const form = Object.fromEntries(new URLSearchParams(text));
      requests.push(form);
      const { status = 200, body } = endpoint.answer(form);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: TokenEndpoint = {
    url: `http://127.0.0.1:${port}/token`,
    requests,
    answer: () => ({
      body: { access_token: `access-${requests.length}`, token_type: 'Bearer', expires_in: 3_600 },
    }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return endpoint;
}
