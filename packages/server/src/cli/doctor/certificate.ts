import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DAY_MS } from '../../kernel/clock.ts';
import type { Finding } from './finding.ts';

const TOPIC = 'TLS';
const SOON_DAYS = 14;

/** The certificate of the SMTP listeners. */
export async function checkCertificate(facts: {
  files: { certFile: string; keyFile: string } | undefined;
  /** Mail programs elsewhere sign in here. */
  isPublic: boolean;
  now: number;
}): Promise<Finding[]> {
  const { files, isPublic, now } = facts;
  if (files === undefined) {
    if (!isPublic)
      return [
        {
          topic: TOPIC,
          level: 'ok',
          text: 'SMTP is for this machine only; a self-signed certificate will do',
        },
      ];
    return [
      {
        topic: TOPIC,
        level: 'warning',
        text: 'SMTP can be reached by others, with a self-signed certificate that their mail programs distrust',
        advice:
          'Set WAYBILL_TLS_CERT and WAYBILL_TLS_KEY, for example to files of certbot. They are reloaded when they change.',
      },
    ];
  }
  const findings: Finding[] = [];
  /** @returns undefined, and says why, for a file that is not there or holds no such thing */
  const read = async <T>(
    setting: string,
    file: string,
    parse: (pem: Buffer) => T,
  ): Promise<T | undefined> => {
    try {
      return parse(await readFile(file));
    } catch (error) {
      const text = `${file} (${setting}) ${whyUnusable(error as NodeJS.ErrnoException)}`;
      const advice = `Set ${setting} to a PEM file that the user who runs Waybill may read; without it the server does not start.`;
      findings.push({ topic: TOPIC, level: 'problem', text, advice });
      return undefined;
    }
  };
  const { certFile, keyFile } = files;
  const certificate = await read('WAYBILL_TLS_CERT', certFile, (pem) => new X509Certificate(pem));
  const key = await read('WAYBILL_TLS_KEY', keyFile, (pem) => createPrivateKey(pem));
  if (certificate === undefined || key === undefined) return findings;
  if (!certificate.checkPrivateKey(key)) {
    findings.push({
      topic: TOPIC,
      level: 'problem',
      text: `${keyFile} is not the key of ${certFile}`,
      advice: 'Set WAYBILL_TLS_CERT (the whole chain) and WAYBILL_TLS_KEY to files that belong together.',
    });
  }
  findings.push(validity(certificate, now));
  const names = certificate.subjectAltName?.replaceAll('DNS:', '') ?? 'no name';
  findings.push({ topic: TOPIC, level: 'ok', text: `mail programs must call this server ${names}` });
  return findings;
}

function whyUnusable({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'is not there';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by the user that calls this';
  if (code === 'EISDIR') return 'is a directory';
  return `holds nothing of the kind (${message})`;
}

function validity(certificate: X509Certificate, now: number): Finding {
  const until = Date.parse(certificate.validTo);
  const days = Math.floor((until - now) / DAY_MS);
  const day = new Date(until).toISOString().slice(0, 10);
  if (now < Date.parse(certificate.validFrom)) {
    const advice = 'Look at the clock of this machine, or get a new certificate.';
    return {
      topic: TOPIC,
      level: 'problem',
      text: `the certificate is valid only from ${certificate.validFrom} on`,
      advice,
    };
  }
  if (days < 0) {
    const advice = 'Renew it: mail programs refuse to sign in.';
    return { topic: TOPIC, level: 'problem', text: `the certificate expired on ${day}`, advice };
  }
  if (days < SOON_DAYS) {
    const advice = 'Renew it now, and look why it is not renewed by itself.';
    return {
      topic: TOPIC,
      level: 'warning',
      text: `the certificate expires on ${day}, in ${days} days`,
      advice,
    };
  }
  return { topic: TOPIC, level: 'ok', text: `the certificate is valid until ${day}` };
}
