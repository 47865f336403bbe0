import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.ts';
import { Compressed, encodingFor } from './compressed.ts';
import { DASHBOARD_CSP } from './security-headers.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
};

/** What gets smaller; fonts and pictures are compressed already. */
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);

/** Vite puts a hash of the content into these names. */
const HASHED = '/assets/';

const MISSING_BUILD = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Waybill</title></head>
<body><h1>The dashboard is not built yet</h1>
<p>Waybill itself runs: mail is taken, pixels and links are answered, and the API is there.</p>
<p>Run <code>npm start</code>, which builds the dashboard, or <code>npm run build --workspace packages/dashboard</code>, then load this page again.</p></body></html>
`;

/** Serves the dashboard's build; every address that is no file is a page of its own, made by the browser. */
export class DashboardFiles {
  readonly #directory: string;
  readonly #compressed = new Compressed();

  /** @param directory the build, with `index.html` */
  constructor(directory: string) {
    this.#directory = resolve(directory);
  }

  async send(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { pathname } = new URL(request.url, 'http://dashboard.invalid');
    const file = this.#fileOf(pathname);
    const content = file === undefined ? undefined : await readIfFile(file);
    reply.header('content-security-policy', DASHBOARD_CSP);
    if (file !== undefined && content !== undefined) {
      await this.#sendFile(request, reply, { file, content, isHashed: pathname.startsWith(HASHED) });
      return;
    }
    if (pathname.startsWith(HASHED)) throw new AppError('not-found', 'There is no such file.');
    const index = resolve(this.#directory, 'index.html');
    const page = await readIfFile(index);
    if (page === undefined) reply.code(503).type('text/html; charset=utf-8').send(MISSING_BUILD);
    else await this.#sendFile(request, reply, { file: index, content: page, isHashed: false });
  }

  async #sendFile(
    request: FastifyRequest,
    reply: FastifyReply,
    { file, content, isHashed }: { file: string; content: Buffer; isHashed: boolean },
  ): Promise<void> {
    const tag = createHash('sha256').update(content).digest('base64url').slice(0, 22);
    reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    const isText = COMPRESSED.has(extname(file));
    if (isText) reply.header('vary', 'accept-encoding');
    const encoding = isText ? encodingFor(request.headers['accept-encoding']) : undefined;
    // Of each encoding its own: a strong tag names bytes (RFC 9110 §8.8.3.3).
    const etag = encoding === undefined ? `"${tag}"` : `"${tag}-${encoding}"`;
    reply.header('etag', etag);
    if (request.headers['if-none-match'] === etag) {
      reply.code(304).send();
      return;
    }
    reply.type(TYPES[extname(file)] ?? 'application/octet-stream');
    if (encoding === undefined) reply.send(content);
    else reply.header('content-encoding', encoding).send(await this.#compressed.get(tag, content, encoding));
  }

  /** Undefined for what is outside the build. */
  #fileOf(pathname: string): string | undefined {
    let name: string;
    try {
      name = decodeURIComponent(pathname);
    } catch {
      return undefined;
    }
    const file = resolve(this.#directory, `.${name}`);
    const isInside = file.startsWith(this.#directory + sep);
    return isInside && !name.includes('\0') && TYPES[extname(file)] !== undefined ? file : undefined;
  }
}

async function readIfFile(file: string): Promise<Buffer | undefined> {
  try {
    return (await stat(file)).isFile() ? await readFile(file) : undefined;
  } catch {
    return undefined;
  }
}
