/** Tells the recipient, and where to object; see {@link Disclosure}. */
export interface Disclosure {
  /**
   * `footer`: a line at the end of the HTML. `header`: the header field `X-Waybill-Disclosure: <address>`, which mail
   * programs do not show, but filters, archives and curious people find.
   */
  kind: 'header' | 'footer';
  /** The recipient's page of this delivery. */
  pageUrl: string;
}

export const DISCLOSURE_FIELD = 'X-Waybill-Disclosure';

/** The footer is found again by its mark, so that a message instrumented twice has one. @param url escaped */
export function footerMarkup(url: string): string {
  return (
    '<div data-waybill="disclosure" style="margin:16px 0 0;font:12px/1.5 sans-serif;color:#6b6b6b">' +
    'The sender is told when this mail is opened. ' +
    `<a href="${url}" data-waybill="off" style="color:#6b6b6b">See what is recorded, or object</a></div>`
  );
}
