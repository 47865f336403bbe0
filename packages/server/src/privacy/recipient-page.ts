import { createHash } from 'node:crypto';
import type { Event } from '@waybill/sdk';
import { html, nothing, type Html } from './html.ts';
import type { Recorded, RecordedDelivery, RecordedMessage } from './privacy-store.ts';
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

/** The recipient's page; undefined: for an address that leads to no delivery. Complete HTML document. */
export function recipientPage(recorded: Recorded | undefined, kind: PageKind = 'shown'): string {
  if (recorded === undefined) return page('Nothing to show', notFound());
  return recorded.kind === 'delivery'
    ? page('About this e-mail', deliveryPage(recorded.delivery, kind))
    : page('About this e-mail', messagePage(recorded.message));
}

function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
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
          <footer>
            <p>
              This page is for you, the recipient. It needs no account, sets no cookie, and opening it is not
              recorded.
            </p>
            <p>It is served by Waybill, the software with which the sender follows their e-mails.</p>
          </footer>
        </main>
      </body>
    </html> `.text;
}

function notFound(): Html {
  return html`<h1>Nothing to show</h1>
    <p>
      There is no record of an e-mail behind this address. It may have been deleted by its sender, or the
      address was not copied completely.
    </p>
    <p class="soft">If you came from a link in an e-mail, try it once more from there.</p>`;
}

function deliveryPage(delivery: RecordedDelivery, kind: PageKind): Html {
  return html`<h1>What is recorded about this e-mail</h1>
    <p>
      The sender of this e-mail asked to be told when it is read. Here is everything that is known about your
      copy, and you can stop it.
    </p>
    ${facts([
      ['From', delivery.from],
      ['To', delivery.recipient],
      ['Subject', delivery.subject],
      ['Sent', formatTime(delivery.sentAt ?? delivery.createdAt)],
    ])}
    <h2>Your choice</h2>
    ${choice(delivery, kind)}
    <h2>What is recorded</h2>
    ${recordedEvents(delivery)}
    <h2>How it works</h2>
    ${howItWorks(delivery)}`;
}

function messagePage(message: RecordedMessage): Html {
  return html`<h1>What is recorded about this e-mail</h1>
    <p>
      The sender counts how often this e-mail is opened. Nothing says who opened it: every copy of it is the
      same.
    </p>
    ${facts([
      ['From', message.from],
      ['Subject', message.subject],
      ['Sent', formatTime(message.sentAt ?? message.createdAt)],
      ['Counted', `opened ${times(message.opened)}, links followed ${times(message.clicked)}`],
    ])}
    <h2>Your choice</h2>
    <div class="card">
      <p>
        Since the counts belong to all recipients together, there is nothing about you to show or to stop
        here. If you do not want to be counted, block remote images in your mail program, or reply to the
        sender.
      </p>
    </div>`;
}

function facts(rows: readonly (readonly [string, string])[]): Html {
  const shown = rows.filter(([, value]) => value !== '');
  return html`<dl>
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div> `,
    )}
  </dl>`;
}

function howItWorks({ mode, addressRetentionDays }: RecordedDelivery): Html {
  switch (mode) {
    case 'off':
      return html`<p>
        This e-mail carries no tracking image and its links are plain. Only its way through the mail system is
        recorded.
      </p>`;
    case 'aggregate':
      return html`<p>
        This e-mail holds a small image and links that are counted for all recipients together. Nothing says
        who opened it.
      </p>`;
    case 'day':
      return html`<p>
        This e-mail holds a small image. When your mail program loads it, the day is recorded, and nothing
        else: no time, no address, no place.
      </p>`;
    case 'full':
      return html`<p>
          This e-mail holds a small image and links of its own. When your mail program loads the image or you
          follow a link, the time, the internet address, the place it roughly belongs to, and the mail program
          are recorded.
        </p>
        <p>
          ${
            addressRetentionDays === null
              ? 'Internet addresses are kept for as long as the sender keeps this record.'
              : `After ${days(addressRetentionDays)}, internet addresses and places are made so coarse that they point to no household.`
          }
        </p>`;
  }
}

function recordedEvents({ events }: RecordedDelivery): Html {
  if (events.length === 0) return html`<p class="soft">Nothing so far.</p>`;
  return html`<ol>
    ${events.map(recordedEvent)}
  </ol>`;
}

function recordedEvent(event: Event): Html {
  const { what, details, byPerson } = describeEvent(event);
  return html`<li${byPerson ? html` class="person"` : nothing}><strong>${what}</strong>
<ul>${details.map((detail) => html`<li>${detail}</li>`)}</ul></li>
`;
}

function choice({ objectedAt, recipient, mode }: RecordedDelivery, kind: PageKind): Html {
  if (kind === 'pending') {
    return html`<div class="card" role="status">
      <p>
        <strong>Your objection is stored.</strong> The server that holds the image could not be reached just
        now, so it may take a few minutes until it applies to e-mails you already have. You need not do
        anything more.
      </p>
    </div>`;
  }
  if (objectedAt !== null) {
    return html`<div class="card done" role="status">
      <p>
        <strong>You objected on ${formatTime(objectedAt)}.</strong> Since then nothing more is recorded when
        you read e-mails from this sender, neither this one nor others you already have, and new ones to
        ${recipient} carry no tracking. Images and links in them go on working.
      </p>
      ${aggregateNote(mode)}
    </div>`;
  }
  return html`<div class="card">
    <p>
      If you object, nothing more is recorded when you read e-mails from this sender: not this one, not others
      you already have, and not new ones to ${recipient}. The sender sees that you objected. Images and links
      go on working.
    </p>
    ${aggregateNote(mode)}
    <form method="post"><button type="submit">Stop recording</button></form>
  </div>`;
}

function aggregateNote(mode: RecordedDelivery['mode']): Html {
  return mode === 'aggregate'
    ? html`<p>
        The count of this one e-mail is an exception: since nothing says who opened it, your opening cannot be
        left out.
      </p>`
    : nothing;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function days(count: number): string {
  return count === 1 ? 'one day' : `${count} days`;
}
