import type { ServerResponse } from 'node:http';
import { answerOf, type Answer } from './answer.ts';

/** The few pages that the edge serves itself: no script, nothing from elsewhere, nothing recorded by them. */

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}h1{font-size:1.4rem;line-height:1.3}p{overflow-wrap:anywhere}';

const PAGE_HEADERS = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Cache-Control',
  'no-store',
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'Referrer-Policy',
  'no-referrer',
  'X-Content-Type-Options',
  'nosniff',
];

function page(title: string, paragraphs: readonly string[]): string {
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}

const NOT_FOUND_PAGE = page('There is nothing here', [
  'This address is not one of ours, or it was altered on its way.',
  'If you came from an e-mail, try the link once more from the mail itself, or ask its sender.',
]);

const NOWHERE_PAGE = page('This link leads nowhere', [
  'It stands in an e-mail where people cannot see it, so that programs which follow every link of a mail are not taken for its reader.',
  'If you came here yourself, nothing is wrong, and there is nothing to do. Nothing more is recorded here.',
]);

const BACK_END_DOWN_PAGE = page('This page is resting', [
  'It cannot be shown right now. Nothing is lost; please try again in a minute.',
]);

/** @param destination shown as text, for the reader to judge */
export function blockedPage(destination: string): string {
  return page('Take care with this link', [
    'The sender of the e-mail that you came from was suspended for abuse, so we do not take you there.',
    `The link leads to: ${destination}`,
  ]);
}

/** @param headers further ones, names and values in turn */
export function pageAnswer(
  status: number,
  html: string,
  headers: readonly string[] = [],
  isShared = false,
): Answer {
  const length = ['Content-Length', String(Buffer.byteLength(html))];
  return answerOf(status, [...PAGE_HEADERS, ...headers, ...length], html, isShared);
}

export const NOT_FOUND = pageAnswer(404, NOT_FOUND_PAGE, [], true);
export const NOWHERE = pageAnswer(200, NOWHERE_PAGE, [], true);
export const BACK_END_DOWN = pageAnswer(503, BACK_END_DOWN_PAGE, ['Retry-After', '60'], true);

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, [...headers]).end(body);
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
