import { AppError } from '../kernel/errors.ts';

/**
 * Where accepted mail goes: to the smarthost, to it without a pixel (nobody outside could fetch one), into the
 * demo inbox, or nowhere, so it is not accepted.
 */
export type WayOut = 'smarthost' | 'smarthost-untouched' | 'capture' | 'refuse';

export function wayOut(facts: { smarthost: boolean; publicUrlIsLoopback: boolean; demo: boolean }): WayOut {
  if (facts.smarthost) return facts.publicUrlIsLoopback ? 'smarthost-untouched' : 'smarthost';
  return facts.publicUrlIsLoopback || facts.demo ? 'capture' : 'refuse';
}

/** What `refuse` means to whoever hands in the mail. */
export function noWayOut(): AppError {
  return new AppError(
    'misconfigured',
    'No mail server to send through is set (WAYBILL_SMARTHOST_URL), so mail cannot be accepted. For a trial with captured mail set WAYBILL_DEMO=1.',
  );
}

/** @param url what pixels and links begin with */
export function isLoopbackUrl(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  // No client can be told to go to "any address": as a destination it is this machine at most.
  return host === '0.0.0.0' || host === '::' || isLoopbackHost(host);
}

/**
 * A name or address that only this very machine reaches (RFC 6761 §6.3, RFC 1122 §3.2.1.3). The wildcard addresses are not
 * among them: a listener on one of those is open to others.
 */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(name) ||
    /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(name)
  );
}
