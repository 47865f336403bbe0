import type { ImapOauth } from '../config/load.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { AccessTokens, type MailboxAccount } from '../mailboxes/mailboxes.ts';
import { AddressPolicy, OutboundHttp } from '../notify/notify.ts';
import { RotatedTokenFiles } from '../storage/rotated-token-files.ts';

/**
 * Access tokens for the accounts that sign in with them.
 * @throws AppError `misconfigured`, when called for an account for which there is no refresh token
 */
export function imapTokens(
  config: { imapOauth: ImapOauth | undefined; webhookAllowedNetworks: readonly string[]; dataDir: string },
  clock: Clock,
): (account: MailboxAccount) => AccessTokens | undefined {
  const http = new OutboundHttp(new AddressPolicy([...config.webhookAllowedNetworks]));
  const rotated = new RotatedTokenFiles(config.dataDir);
  return ({ id, number, user, password }) => {
    if (password !== undefined) return undefined;
    const { imapOauth } = config;
    const mend = (what: string): AppError =>
      new AppError('misconfigured', `WAYBILL_IMAP_ACCOUNTS: account ${number} has auth=oauth: set ${what}.`);
    if (imapOauth === undefined) {
      throw mend(
        'WAYBILL_IMAP_OAUTH_TOKEN_URL, WAYBILL_IMAP_OAUTH_CLIENT_ID and WAYBILL_IMAP_OAUTH_REFRESH_TOKENS',
      );
    }
    const { client, refreshTokens } = imapOauth;
    const refreshToken = refreshTokens.get(user.toLowerCase()) ?? refreshTokens.get('');
    if (refreshToken === undefined) throw mend('its user and token in WAYBILL_IMAP_OAUTH_REFRESH_TOKENS');
    return new AccessTokens({ accountId: id, client, refreshToken, rotated, http, clock });
  };
}
