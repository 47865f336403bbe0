import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages, unpackDebianPackages } from './debian.mjs';
import { foundOnce } from './found-once.mjs';
import { STATE_DIR } from './root.mjs';

/** Packages that are installed, each with a file by which it is known. */
const INSTALLED = {
  postfix: '/usr/lib/postfix/sbin/master',
  'libsasl2-modules': '/usr/share/doc/libsasl2-modules/copyright',
  'dovecot-imapd': '/usr/lib/dovecot/imap',
  'dovecot-lmtpd': '/usr/lib/dovecot/lmtp',
  'python3-dkim': '/usr/bin/dkimverify',
  opendkim: '/usr/sbin/opendkim',
  'opendkim-tools': '/usr/sbin/opendkim-testmsg',
  msmtp: '/usr/bin/msmtp',
  swaks: '/usr/bin/swaks',
  // swaks speaks TLS with it, and only recommends it.
  'libnet-ssleay-perl': '/usr/share/doc/libnet-ssleay-perl/copyright',
};
/** Would drive Postfix off the machine; test/support reads them from there. */
const UNPACKED_FOLDER = join(STATE_DIR, 'mail-servers');
const UNPACKED = {
  'exim4-daemon-light': join(UNPACKED_FOLDER, 'exim4-daemon-light', 'usr', 'sbin', 'exim4'),
  opensmtpd: join(UNPACKED_FOLDER, 'opensmtpd', 'usr', 'sbin', 'smtpd'),
};
const memory = foundOnce('mail-servers');

/** @type {import('./steps.mjs').Step} from which tests start private servers; nothing is left running */
export const mailServersStep = {
  name: 'mail servers for the tests',
  isNeeded: () => !hasAll() && memory.recall() === undefined,
  run: async ({ tool }) => {
    let reason = 'not all mail servers are here, and only root on Debian can install them by itself';
    if (canInstallDebianPackages()) {
      try {
        const missing = missingOf(INSTALLED);
        if (missing.length > 0) await installDebianPackages(tool, missing);
        if (missingOf(UNPACKED).length > 0) {
          await unpackDebianPackages(tool, Object.keys(UNPACKED), UNPACKED_FOLDER);
        }
        if (hasAll()) return 'from Debian’s packages';
        reason = `Debian’s packages did not bring ${[...missingOf(INSTALLED), ...missingOf(UNPACKED)].join(', ')}`;
      } catch (error) {
        reason = `mail servers could not be installed: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    memory.remember({ reason });
    return `not all; tests that need them are skipped: ${reason}`;
  },
};

/** @returns {string | undefined} why they are not all there */
export function mailServersReason() {
  return hasAll() ? undefined : memory.recall()?.reason;
}

function hasAll() {
  return missingOf(INSTALLED).length === 0 && missingOf(UNPACKED).length === 0;
}

/** @param {Record<string, string>} files by package  @returns {string[]} packages */
function missingOf(files) {
  return Object.entries(files)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
}
