/** For answers that are data: nothing in them may run, load or be framed. */
export const DATA_HEADERS = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/**
 * The dashboard runs its own files only. Previews of mails stand in `srcdoc` frames, which inherit this
 * policy; their `style` attributes are what `style-src-attr` lets through.
 */
export const DASHBOARD_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * A captured mail is a stranger's HTML: no scripts, an opaque origin (so no cookies to anyone), but pictures as a
 * mail program would load them, and links that open outside the frame.
 */
export const MAIL_FRAME_HEADERS = {
  'content-security-policy': [
    'sandbox allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    'img-src http: https: data:',
    "style-src 'unsafe-inline'",
    'font-src http: https:',
    "frame-ancestors 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'x-frame-options': 'SAMEORIGIN',
  // The reader's mail program would send no referrer either.
  'referrer-policy': 'no-referrer',
} as const;
