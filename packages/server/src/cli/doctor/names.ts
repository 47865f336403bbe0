import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { isLoopbackHost } from '../../relay/relay.ts';
import { keyRecord } from '../../relay/signing/signing.ts';
import type { Finding } from './finding.ts';

const TOPIC = 'DNS';
/** Addresses that nobody reaches from the Internet (RFC 1918, 3927, 6598, 4193, 4291). */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab])/i;

/** The part of `node:dns/promises` that is needed. */
export interface NameServer {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolveMx(name: string): Promise<{ exchange: string; priority: number }[]>;
  resolveTxt(name: string): Promise<string[][]>;
}

export interface Names {
  publicUrl: string;
  verpDomain: string | undefined;
  dkimKeys: readonly { domain: string; selector: string; path: string }[];
}

/** What others must find in the DNS for links, bounces and signatures to work. */
export async function checkNames(names: Names, dns: NameServer): Promise<Finding[]> {
  return [
    await trackingHost(new URL(names.publicUrl).hostname.replace(/^\[|\]$/g, ''), dns),
    ...(names.verpDomain === undefined ? [] : await returnPaths(names.verpDomain, dns)),
    ...(await Promise.all(names.dkimKeys.map((key) => signingKey(key, dns)))),
  ];
}

async function trackingHost(host: string, dns: NameServer): Promise<Finding> {
  const advice = 'Set WAYBILL_PUBLIC_URL to an address that readers reach, and publish its A or AAAA record.';
  if (isLoopbackHost(host)) {
    return {
      topic: TOPIC,
      level: 'warning',
      text: `links lead to ${host}: only this machine reaches them`,
      advice,
    };
  }
  const addresses = isIP(host) > 0 ? [host] : await addressesOf(host, dns);
  if (addresses instanceof Error) {
    return {
      topic: TOPIC,
      level: 'warning',
      text: `${host} could not be looked up: ${addresses.message}`,
      advice: 'Look at the name server of this machine.',
    };
  }
  if (addresses.length === 0) {
    return { topic: TOPIC, level: 'problem', text: `${host}, where links lead to, has no address`, advice };
  }
  if (addresses.every((address) => PRIVATE.test(address))) {
    const text = `${host} is ${addresses.join(', ')}, which only your own network reaches`;
    return { topic: TOPIC, level: 'warning', text, advice };
  }
  return { topic: TOPIC, level: 'ok', text: `links lead to ${host}, which is ${addresses.join(', ')}` };
}

async function addressesOf(host: string, dns: NameServer): Promise<string[] | Error> {
  const answers = await Promise.all([ask(() => dns.resolve4(host)), ask(() => dns.resolve6(host))]);
  const found = answers.flatMap((answer) => (answer instanceof Error ? [] : (answer ?? [])));
  const failure = answers.find((answer) => answer instanceof Error);
  return found.length === 0 && failure instanceof Error ? failure : found;
}

async function returnPaths(domain: string, dns: NameServer): Promise<Finding[]> {
  const [exchanges, texts] = await Promise.all([
    ask(() => dns.resolveMx(domain)),
    ask(() => dns.resolveTxt(domain)),
  ]);
  const findings: Finding[] = [];
  if (exchanges instanceof Error) {
    findings.push({
      topic: TOPIC,
      level: 'warning',
      text: `${domain} could not be looked up: ${exchanges.message}`,
      advice: 'Look at the name server of this machine.',
    });
  } else if (exchanges === undefined || exchanges.length === 0) {
    findings.push({
      topic: TOPIC,
      level: 'problem',
      text: `${domain}, where bounces go to, has no MX record`,
      advice: `Publish: ${domain}. IN MX 10 <this server’s name>. and let port 25 there lead to WAYBILL_INBOUND_LISTEN.`,
    });
  } else {
    const names = exchanges.map(({ exchange }) => exchange).join(', ');
    findings.push({ topic: TOPIC, level: 'ok', text: `bounces to ${domain} go to ${names}` });
  }
  const spf =
    texts instanceof Error
      ? undefined
      : texts?.map((parts) => parts.join('')).find((text) => /^v=spf1(?: |$)/i.test(text));
  if (spf !== undefined) findings.push({ topic: TOPIC, level: 'ok', text: `${domain} has an SPF record` });
  else if (!(texts instanceof Error)) {
    findings.push({
      topic: TOPIC,
      level: 'warning',
      text: `${domain}, which mail says it comes from, has no SPF record`,
      advice: `Publish one that names your smarthost, for example: ${domain}. IN TXT "v=spf1 mx include:<your mail provider> -all"`,
    });
  }
  return findings;
}

async function signingKey(key: Names['dkimKeys'][number], dns: NameServer): Promise<Finding> {
  const record = keyRecord(await readFile(key.path, 'utf8'), key);
  const answer = await ask(() => dns.resolveTxt(record.name));
  if (answer instanceof Error) {
    return {
      topic: TOPIC,
      level: 'warning',
      text: `${record.name} could not be looked up: ${answer.message}`,
      advice: 'Look at the name server of this machine.',
    };
  }
  const published = answer?.map((parts) => parts.join('')).map(publicKey) ?? [];
  const advice = `Publish what "waybill dkim show ${key.domain}" prints; until then receivers take the signature for a forgery.`;
  if (published.length === 0) {
    return {
      topic: TOPIC,
      level: 'problem',
      text: `${record.name} does not exist, but mail is signed with that key`,
      advice,
    };
  }
  if (!published.includes(publicKey(record.value))) {
    return {
      topic: TOPIC,
      level: 'problem',
      text: `${record.name} holds another key than ${key.path}`,
      advice,
    };
  }
  return { topic: TOPIC, level: 'ok', text: `${record.name} holds the key that mail is signed with` };
}

function publicKey(record: string): string {
  return /(?:^|;)\s*p=([^;]*)/.exec(record)?.[1]?.replaceAll(/\s/g, '') ?? '';
}

/** Undefined: the name, or such a record of it, does not exist. An error: nobody could say. */
async function ask<T>(query: () => Promise<T>): Promise<T | undefined | Error> {
  try {
    return await query();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return ['ENOTFOUND', 'ENODATA'].includes(code) ? undefined : (error as Error);
  }
}
