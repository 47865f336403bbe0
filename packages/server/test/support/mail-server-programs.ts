import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the launcher unpacks packages that cannot be installed beside each other. */
export const UNPACKED_FOLDER = fileURLToPath(new URL('../../../../.waybill/mail-servers', import.meta.url));

const PROGRAMS = {
  Postfix: '/usr/lib/postfix/sbin/master',
  Dovecot: '/usr/sbin/dovecot',
  Exim: join(UNPACKED_FOLDER, 'exim4-daemon-light', 'usr', 'sbin', 'exim4'),
  OpenSMTPD: join(UNPACKED_FOLDER, 'opensmtpd', 'usr', 'sbin', 'smtpd'),
};

/** @returns why a test that needs them has to be skipped, or false: for the `skip` option of `test` */
export function mailServersMissing(...names: (keyof typeof PROGRAMS)[]): string | false {
  const missing = names.filter((name) => !existsSync(PROGRAMS[name]));
  if (missing.length > 0) {
    return process.env['WAYBILL_TEST_NO_MAIL_SERVERS'] ?? `${missing.join(' and ')} not on this machine`;
  }
  return process.getuid?.() === 0 ? false : 'only root can start mail servers, which have users of their own';
}
