import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import {
  asciiDomain,
  keyRecord,
  newSigningKey,
  type KeyRecord,
  type SigningAlgorithm,
} from '../relay/signing/signing.ts';
import { explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'dkim',
  options: { selector: { type: 'string' }, json: { type: 'boolean' } },
  text: `Usage: waybill dkim create DOMAIN [--selector NAME] [--json]
       waybill dkim show [DOMAIN] [--json]

create  makes an RSA and an Ed25519 key for a domain in the data directory, and prints the DNS records to
        publish and the setting that makes Waybill sign with them
show    prints the same of the keys that are there

  --selector NAME  what the keys' names begin with; default: waybill and the month, as waybill202611
  --json           {"setting": "...", "records": [{"name", "value", "strings", "file"}]} instead
`,
} as const satisfies Usage;

interface StoredKey {
  domain: string;
  selector: string;
  file: string;
  record: KeyRecord;
}

const KINDS: Record<SigningAlgorithm, string> = { 'rsa-sha256': 'rsa', 'ed25519-sha256': 'ed25519' };

/** `waybill dkim`: works without a server. */
export async function run(args: string[], io: CliIo): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  const [action, name, ...more] = positionals;
  if (action === undefined || !['create', 'show'].includes(action) || more.length > 0) {
    return wrongCall('dkim', 'Say "create DOMAIN" or "show".', io);
  }
  if (action === 'create' && name === undefined) return wrongCall('dkim', 'For which domain?', io);
  try {
    const directory = join(io.env.dataDir, 'dkim');
    const domain = name === undefined ? undefined : domainOf(name);
    if (action === 'create' && domain !== undefined) {
      const keys = await create(directory, domain, values.selector ?? defaultSelector(io.clock()));
      print(keys, values.json === true, io);
      return 0;
    }
    const keys = (await stored(directory)).filter((key) => domain === undefined || key.domain === domain);
    if (keys.length === 0) {
      throw new AppError(
        'not-found',
        `There is no key in ${directory}. "waybill dkim create DOMAIN" makes one.`,
      );
    }
    print(keys, values.json === true, io);
    return 0;
  } catch (error) {
    explainFailure('dkim', error, io.stderr);
    return 1;
  }
}

function domainOf(text: string): string {
  const domain = asciiDomain(text);
  if (/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]$/.test(domain)) return domain;
  throw new AppError('invalid-input', `${JSON.stringify(text)} is not a domain like example.org.`);
}

/** Names of their own, so that mail signed with older keys can still be verified while both are published. */
function defaultSelector(now: number): string {
  return `waybill${new Date(now).toISOString().slice(0, 7).replace('-', '')}`;
}

async function create(directory: string, domain: string, prefix: string): Promise<StoredKey[]> {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,50}[A-Za-z0-9])?$/.test(prefix)) {
    throw new AppError('invalid-input', 'A selector has letters, digits and hyphens only, at most 52.');
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keys: StoredKey[] = [];
  for (const [algorithm, kind] of Object.entries(KINDS)) {
    const selector = `${prefix.toLowerCase()}-${kind}`;
    const file = join(directory, `${domain}.${selector}.pem`);
    const pem = newSigningKey(algorithm as SigningAlgorithm);
    await writeNew(file, pem);
    keys.push({ domain, selector, file, record: keyRecord(pem, { domain, selector }) });
  }
  return keys;
}

async function writeNew(file: string, pem: string): Promise<void> {
  try {
    // Never over a key whose public half may be in the DNS.
    await writeFile(file, pem, { flag: 'wx', mode: 0o600, flush: true });
    await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new AppError('misconfigured', `${file} cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw new AppError(
      'conflict',
      `${file} is there already: choose another --selector, or see "waybill dkim show".`,
    );
  }
}

async function stored(directory: string): Promise<StoredKey[]> {
  const names = await readdir(directory).catch(() => []);
  const keys: StoredKey[] = [];
  for (const name of names.sort((a, b) => (a < b ? 1 : -1))) {
    const match = /^(.+)\.([a-z0-9-]+)\.pem$/.exec(name);
    if (match === null) continue;
    const [domain = '', selector = ''] = match.slice(1);
    const file = join(directory, name);
    keys.push({
      domain,
      selector,
      file,
      record: keyRecord(await readFile(file, 'utf8'), { domain, selector }),
    });
  }
  return keys;
}

function print(keys: readonly StoredKey[], asJson: boolean, { stdout }: CliIo): void {
  const setting = `WAYBILL_DKIM_KEYS=${newest(keys)
    .map(({ domain, selector, file }) => `${domain}:${selector}:${file}`)
    .join(',')}`;
  if (asJson) {
    const records = keys.map(({ record, file }) => ({ ...record, file }));
    stdout.write(`${JSON.stringify({ setting, records })}\n`);
    return;
  }
  const zone = keys.map(
    ({ record }) => `${record.name}. IN TXT ( ${record.strings.map(quoted).join('\n    ')} )\n`,
  );
  stdout.write(`Publish these DNS records:\n\n${zone.join('\n')}\n`);
  stdout.write(
    'Where a form asks for one text, give the pieces in quotation marks as one, without the marks.\n\n',
  );
  stdout.write(`When they can be seen everywhere, set:\n\n${setting}\n`);
}

/** Of each kind one for a domain. The latest name comes first. */
function newest(keys: readonly StoredKey[]): StoredKey[] {
  const byKind = new Map<string, StoredKey>();
  for (const key of keys) {
    const kind = `${key.domain} ${/k=\w+/.exec(key.record.value)?.[0]}`;
    if (!byKind.has(kind)) byKind.set(kind, key);
  }
  return [...byKind.values()];
}

function quoted(text: string): string {
  return `"${text}"`;
}
