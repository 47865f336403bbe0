import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateSync } from 'node:zlib';
import type { CDPSession, Page, Route } from 'playwright-core';
import { openBrowser } from './browser.ts';

/** A browser that shows documents as a mail program would: no scripts, and every foreign image is the same grey one. */
export interface MailViewer extends AsyncDisposable {
  /** Where documents and pixels are served. */
  url: string;
  pixelUrl(index: number): string;
  /** How often it was fetched. */
  fetches(pixelUrl: string): number;
  show<T>(html: string, look: (page: Page, cdp: CDPSession) => Promise<T>): Promise<T>;
}

export interface Looks {
  views: { width: number; height: number; picture: Buffer }[];
  /** `innerText` of the document. */
  text: string;
  /** The accessibility tree without the nodes that assistive technology does not see: one indented line per node. */
  tree: string[];
}

const WIDTHS = [600, 1200];
const HEIGHT = 800;
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** @param profile a directory for the browser */
export async function openMailViewer(profile: string): Promise<MailViewer> {
  const documents = new Map<string, string>();
  const fetched = new Map<string, number>();
  const server = createServer(({ url = '' }, response) => {
    const html = documents.get(url);
    if (url.startsWith('/o/')) {
      fetched.set(url, (fetched.get(url) ?? 0) + 1);
      response.setHeader('Content-Type', 'image/gif').end(PIXEL);
    } else if (html === undefined) response.writeHead(404).end();
    else response.setHeader('Content-Type', 'text/html; charset=utf-8').end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await openBrowser(profile);
  const free: { page: Page; cdp: CDPSession }[] = [];
  let shown = 0;

  const open = async (): Promise<{ page: Page; cdp: CDPSession }> => {
    const page = await browser.newPage();
    await page.route((address) => address.origin !== url, answerForeign);
    const cdp = await browser.newCDPSession(page);
    await cdp.send('Emulation.setScriptExecutionDisabled', { value: true });
    return { page, cdp };
  };

  return {
    url,
    pixelUrl: (index) => `${url}/o/${'AbCd-_09'.repeat(9)}${index}.gif`,
    fetches: (pixelUrl) => fetched.get(pixelUrl.slice(url.length)) ?? 0,
    show: async (html, look) => {
      const tab = free.pop() ?? (await open());
      shown += 1;
      const path = `/${shown}`;
      documents.set(path, html);
      await tab.page.goto(url + path, { waitUntil: 'load' });
      const seen = await look(tab.page, tab.cdp);
      documents.delete(path);
      free.push(tab);
      return seen;
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Looks at a document in each width.
 *
 * @param like pictures get the size of these, so that equal ones are equal byte for byte
 */
export function lookAt(viewer: MailViewer, html: string, like?: Looks): Promise<Looks> {
  return viewer.show(html, async (page, cdp) => {
    const views: Looks['views'] = [];
    for (const [index, width] of WIDTHS.entries()) {
      await page.setViewportSize({ width, height: HEIGHT });
      const height = await page.evaluate<number>('document.documentElement.scrollHeight');
      const pictured = like?.views[index]?.height ?? height;
      const clip = { x: 0, y: 0, width, height: pictured };
      const picture = await page.screenshot({ fullPage: true, clip, animations: 'disabled' });
      views.push({ width, height, picture });
    }
    const text = await page.evaluate<string>('document.body.innerText');
    return { views, text, tree: await accessibilityTree(cdp) };
  });
}

/** No fonts and no styles from elsewhere; images have a size that moves what stands around them. */
async function answerForeign(route: Route): Promise<void> {
  if (route.request().resourceType() === 'image') {
    await route.fulfill({ contentType: 'image/png', body: GREY });
  } else await route.abort();
}

async function accessibilityTree(cdp: CDPSession): Promise<string[]> {
  const { nodes } = await cdp.send('Accessibility.getFullAXTree');
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines: string[] = [];
  const waiting = nodes.filter(({ parentId }) => parentId === undefined).map((node) => ({ node, depth: 0 }));
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const { node, depth } = entry;
    const { ignored, role, name, value, description, properties = [], childIds = [] } = node;
    // A group without name is nothing to assistive technology.
    const isSilent = ignored || (role?.value === 'generic' && !name?.value);
    if (!isSilent) {
      // The addresses of links change.
      const others = properties.filter((property) => property.name !== 'url');
      const states = others.map((property) => `${property.name}=${JSON.stringify(property.value.value)}`);
      const words = [role, name, value, description].map((some) => JSON.stringify(some?.value ?? null));
      lines.push(`${' '.repeat(depth)}${[...words, ...states].join(' ')}`);
    }
    for (const id of childIds.toReversed()) {
      const child = byId.get(id);
      if (child !== undefined) waiting.push({ node: child, depth: isSilent ? depth : depth + 1 });
    }
  }
  return lines;
}

/** A PNG of one grey, 64 by 24. */
const GREY = greyPng(64, 24);

function greyPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height, 0x99);
  for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
