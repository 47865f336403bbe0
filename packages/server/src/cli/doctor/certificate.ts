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
  const { certFile, keyFile } = files;
  const certificate = new X509Certificate(await readFile(certFile));
  const findings: Finding[] = [];
  if (!certificate.checkPrivateKey(createPrivateKey(await readFile(keyFile)))) {
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
