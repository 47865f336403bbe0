import { createHash } from 'node:crypto';
import type { Event } from '@waybill/sdk';
import { html, nothing, type Html } from './html.ts';
import type { Recorded, RecordedDelivery, RecordedMessage } from './privacy-store.ts';
import { wordsFor } from './recipient-page-language.ts';
import type { RecipientWords } from './recipient-page-words.ts';
import { describeEvent, formatTime } from './recorded-event.ts';
import { PAGE_STYLE } from './recipient-page.css.ts';

/** As it is, to the byte, or its hash would not fit. */
const STYLE: Html = { ...nothing, text: `<style>${PAGE_STYLE}</style>` };
const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64');

/** No scripts, nothing loaded, the form goes nowhere else. */
export const PAGE_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `pending`: the objection is stored but the tracking server has not confirmed it yet. */
export type PageKind = 'shown' | 'objected' | 'pending';

/**
 * The recipient's page in the reader's language. Complete HTML document.
 * @param recorded undefined: for an address that leads to no delivery
 * @param options.acceptLanguage the request's header; English where it asks for nothing that there is
 */
export function recipientPage(
  recorded: Recorded | undefined,
  options: { kind?: PageKind; acceptLanguage?: string | undefined } = {},
): string {
  const words = wordsFor(options.acceptLanguage);
  if (recorded === undefined) return page(words.notFound.title, notFound(words), words);
  const body =
    recorded.kind === 'delivery'
      ? deliveryPage(recorded.delivery, options.kind ?? 'shown', words)
      : messagePage(recorded.message, words);
  return page(words.title, body, words);
}

function page(title: string, body: Html, { locale, footer }: RecipientWords): string {
  return html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <title>${title}</title>
        ${STYLE}
      </head>
      <body>
        <main>
          ${body}
          <footer>${footer.map((sentence) => html`<p>${sentence}</p>`)}</footer>
        </main>
      </body>
    </html> `.text;
}

function notFound({ notFound: { title, text, hint } }: RecipientWords): Html {
  return html`<h1>${title}</h1>
    <p>${text}</p>
    <p class="soft">${hint}</p>`;
}

function deliveryPage(delivery: RecordedDelivery, kind: PageKind, words: RecipientWords): Html {
  return html`<h1>${words.heading}</h1>
    <p>${words.intro}</p>
    ${facts([
      [words.facts.from, delivery.from],
      [words.facts.to, delivery.recipient],
      [words.facts.subject, delivery.subject],
      [words.facts.sent, formatTime(delivery.sentAt ?? delivery.createdAt, words)],
    ])}
    <h2>${words.choice.heading}</h2>
    ${choice(delivery, kind, words)}
    <h2>${words.recorded.heading}</h2>
    ${recordedEvents(delivery, words)}
    <h2>${words.how.heading}</h2>
    <p>${words.how.of[delivery.mode]}</p>
    ${delivery.mode === 'full' ? html`<p>${words.how.keptFor(delivery.addressRetentionDays)}</p>` : nothing}`;
}

function messagePage(message: RecordedMessage, words: RecipientWords): Html {
  return html`<h1>${words.heading}</h1>
    <p>${words.introOfCount}</p>
    ${facts([
      [words.facts.from, message.from],
      [words.facts.subject, message.subject],
      [words.facts.sent, formatTime(message.sentAt ?? message.createdAt, words)],
      [words.facts.counted, words.counted(message.opened, message.clicked)],
    ])}
    <h2>${words.choice.heading}</h2>
    <div class="card"><p>${words.choice.ofCount}</p></div>`;
}

function facts(rows: readonly (readonly [string, string])[]): Html {
  const shown = rows.filter(([, value]) => value !== '');
  return html`<dl>
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd dir="auto">${value}</dd>
        </div> `,
    )}
  </dl>`;
}

function recordedEvents({ events }: RecordedDelivery, words: RecipientWords): Html {
  if (events.length === 0) return html`<p class="soft">${words.recorded.nothing}</p>`;
  return html`<ol>
    ${events.map((event) => recordedEvent(event, words))}
  </ol>`;
}

function recordedEvent(event: Event, words: RecipientWords): Html {
  const { what, details, byPerson } = describeEvent(event, words);
  return html`<li${byPerson ? html` class="person"` : nothing}><strong>${what}</strong>
<ul>${details.map((detail) => html`<li>${detail}</li>`)}</ul></li>
`;
}

function choice(
  { objectedAt, recipient, mode }: RecordedDelivery,
  kind: PageKind,
  words: RecipientWords,
): Html {
  const { offer, button, pending, objected, countStays } = words.choice;
  const exception = mode === 'aggregate' ? html`<p>${countStays}</p>` : nothing;
  if (kind === 'pending') {
    return html`<div class="card" role="status">
      <p><strong>${pending.lead}</strong> ${pending.text}</p>
    </div>`;
  }
  if (objectedAt !== null) {
    return html`<div class="card done" role="status">
      <p><strong>${objected.lead(formatTime(objectedAt, words))}</strong> ${objected.text(recipient)}</p>
      ${exception}
    </div>`;
  }
  return html`<div class="card">
    <p>${offer(recipient)}</p>
    ${exception}
    <form method="post"><button type="submit">${button}</button></form>
  </div>`;
}
