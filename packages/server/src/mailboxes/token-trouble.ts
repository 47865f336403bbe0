/** What `troubleOf` says of it. */
interface Told {
  kind: 'sign-in' | 'network' | 'store';
  text: string;
}

/** No access token could be had, and why. */
export class TokenTrouble extends Error {
  override readonly name = 'TokenTrouble';
  readonly trouble: Told;

  constructor(trouble: Told, options?: ErrorOptions) {
    super(trouble.text, options);
    this.trouble = trouble;
  }
}

/** Error codes of RFC 6749 §5.2 and the one of §4.1.2.1 that token endpoints use as well, each with how to mend it. */
const ADVICE: Readonly<Record<string, string>> = {
  invalid_grant:
    'The refresh token has expired or was withdrawn: sign the owner in again and set WAYBILL_IMAP_OAUTH_REFRESH_TOKENS anew.',
  invalid_client:
    'Look at WAYBILL_IMAP_OAUTH_CLIENT_ID and WAYBILL_IMAP_OAUTH_CLIENT_SECRET; client secrets expire.',
  unauthorized_client:
    'The client may not use refresh tokens, or this one belongs to another: look at WAYBILL_IMAP_OAUTH_CLIENT_ID.',
  invalid_scope: 'Look at WAYBILL_IMAP_OAUTH_SCOPE.',
  unsupported_grant_type: 'WAYBILL_IMAP_OAUTH_TOKEN_URL is not a token endpoint that takes refresh tokens.',
  invalid_request: 'Look at WAYBILL_IMAP_OAUTH_TOKEN_URL and WAYBILL_IMAP_OAUTH_SCOPE.',
};
/** The endpoint has trouble of its own. */
const TEMPORARY = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

/** @param fields what the answer's fields of these names hold (RFC 6749 §5.2), whatever that is */
export function refusedToken(
  tokenUrl: string,
  status: number,
  fields: { error: unknown; description: unknown },
): TokenTrouble {
  const host = new URL(tokenUrl).host;
  const [error, description] = [fields.error, fields.description].map((value) =>
    typeof value === 'string' ? value : '',
  ) as [string, string];
  const isTemporary = status >= 500 || status === 429 || TEMPORARY.has(error);
  const said = oneLine(`${error} ${description}`) || `status ${status}`;
  if (isTemporary) {
    return new TokenTrouble({
      kind: 'network',
      text: `${host} gives no access token at the moment (${said}).`,
    });
  }
  const advice = ADVICE[error] ?? 'Look at WAYBILL_IMAP_OAUTH_TOKEN_URL.';
  return new TokenTrouble({ kind: 'sign-in', text: `${host} gives no access token (${said}). ${advice}` });
}

export function unreadableToken(tokenUrl: string): TokenTrouble {
  const host = new URL(tokenUrl).host;
  return new TokenTrouble({
    kind: 'sign-in',
    text: `${host} answers with something else than an access token: WAYBILL_IMAP_OAUTH_TOKEN_URL is not a token endpoint.`,
  });
}

export function unreachableToken(tokenUrl: string, error: unknown): TokenTrouble {
  const host = new URL(tokenUrl).host;
  const said = oneLine(error instanceof Error ? error.message : '');
  const text = `The token endpoint at ${host} cannot be reached${said === '' ? '' : `: ${said.replace(/\.$/, '')}`}.`;
  return new TokenTrouble({ kind: 'network', text }, { cause: error });
}

export function unkeptToken(error: unknown): TokenTrouble {
  const said = oneLine(error instanceof Error ? error.message : '');
  return new TokenTrouble(
    { kind: 'store', text: `The new refresh token could not be kept: ${said}.` },
    { cause: error },
  );
}

/** Answers of endpoints may quote what they were sent; a description is cut where a token could not fit in. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .replaceAll(/[\w.~+/=-]{40,}/g, '…')
    .trim()
    .slice(0, 200);
}
