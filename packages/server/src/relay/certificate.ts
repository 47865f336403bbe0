import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { DAY_MS, type Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { selfSigned, type Certificate } from './self-signed.ts';

export type { Certificate } from './self-signed.ts';

/** Some clients refuse server certificates that are valid for longer than this. */
const VALID_DAYS = 397;
const RENEW_DAYS_BEFORE = 30;

/** Where the listeners' certificate comes from; `changed` is asked now and then. */
export interface CertificateSource {
  current: Certificate;
  /** A certificate that replaces the current one, or undefined. A new one that does not work is not taken. */
  changed(): Promise<Certificate | undefined>;
}

/**
 * Certificate and key from files of the operator, read again when one of them changes.
 * @throws AppError `misconfigured` when they cannot be used now, at the start
 */
export function certificateFromFiles(files: {
  certFile: string;
  keyFile: string;
  logger: Logger;
}): CertificateSource {
  const stamp = (): string => [files.certFile, files.keyFile].map((file) => statSync(file).mtimeMs).join(' ');
  const read = (): Certificate =>
    working({ cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') });
  let seen: string;
  /** What was complained of already. */
  let unusable: string | undefined;
  let current: Certificate;
  try {
    seen = stamp();
    current = read();
  } catch (cause) {
    throw new AppError(
      'misconfigured',
      `The certificate for SMTP cannot be used (WAYBILL_TLS_CERT, WAYBILL_TLS_KEY): ${(cause as Error).message}`,
      { cause },
    );
  }
  return {
    current,
    changed: async () => {
      let now: string | undefined;
      try {
        now = stamp();
        if (now === seen) return undefined;
        const certificate = read();
        seen = now;
        return certificate;
      } catch (err) {
        // Half-written, or certificate and key not yet both there: the next look will see.
        if (unusable !== (now ?? ''))
          files.logger.warn({ err }, 'the changed SMTP certificate cannot be used, the old one stays');
        unusable = now ?? '';
        return undefined;
      }
    },
  };
}

/** A certificate of our own in `directory`, made when there is none or it is about to expire. */
export async function ownCertificate(options: {
  directory: string;
  clock: Clock;
  random: RandomBytes;
  logger: Logger;
}): Promise<CertificateSource> {
  const { directory, clock, logger } = options;
  let current = (await stored(directory, clock)) ?? (await make(options));
  return {
    current,
    changed: async () => {
      if (isFresh(current, clock)) return undefined;
      logger.info({}, 'the self-signed SMTP certificate is about to expire and is made anew');
      current = await make(options);
      return current;
    },
  };
}

async function stored(directory: string, clock: Clock): Promise<Certificate | undefined> {
  try {
    const pem = await readFile(join(directory, 'smtp.pem'), 'utf8');
    const certificate = working(split(pem));
    return isFresh(certificate, clock) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

async function make(options: { directory: string; clock: Clock; random: RandomBytes }): Promise<Certificate> {
  const { directory, clock, random } = options;
  const name = hostname().replace(/[^A-Za-z0-9.-]/g, '') || 'localhost';
  const now = clock();
  const certificate = selfSigned({
    names: name === 'localhost' ? [name, '127.0.0.1', '::1'] : [name, 'localhost', '127.0.0.1', '::1'],
    // An hour back for clients whose clock is slow.
    validFrom: now - 3_600_000,
    validTo: now + VALID_DAYS * DAY_MS,
    random,
  });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, 'smtp.pem.new');
  // One file, so that certificate and key can never be of two generations.
  await writeFile(temporary, certificate.key + certificate.cert, { mode: 0o600 });
  await rename(temporary, join(directory, 'smtp.pem'));
  return certificate;
}

function split(pem: string): Certificate {
  const at = pem.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: pem.slice(0, at), cert: pem.slice(at) };
}

function isFresh({ cert }: Certificate, clock: Clock): boolean {
  return new X509Certificate(cert).validToDate.getTime() - clock() > RENEW_DAYS_BEFORE * DAY_MS;
}

/** @throws when certificate and key do not belong together */
function working(certificate: Certificate): Certificate {
  createSecureContext(certificate);
  return certificate;
}
