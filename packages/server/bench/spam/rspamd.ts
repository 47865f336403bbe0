import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Filter, Opinion } from './filter.ts';

const START_MS = 300_000;

/** Modules that ask a network or remember what they saw. */
const OFF =
  'arc asn antivirus bimi clickhouse dcc dkim dkim_signing dmarc external_services fuzzy_check greylist hfilter ' +
  'history_redis mx_check neural p0f ratelimit rbl redis replies reputation rspamd_update spf surbl url_redirector ' +
  'whitelist';

/** The packaged configuration, without what needs a network; in a directory and on a socket of its own. */
function configuration(directory: string): string {
  return `lua = "$RULESDIR/rspamd.lua"
.include "$CONFDIR/metrics.conf"
.include "$CONFDIR/actions.conf"
.include "$CONFDIR/groups.conf"
.include "$CONFDIR/composites.conf"
.include "$CONFDIR/modules.conf"
modules { path = "\${PLUGINSDIR}"; fallback_path = "\${SHAREDIR}/lua"; }
options {
  .include "$CONFDIR/options.inc"
  filters = "chartable,regexp";
  dns { nameserver = ["127.0.0.1:1"]; timeout = 0.05s; retransmits = 1; }
  tempdir = "${directory}";
}
logging { type = "file"; filename = "${directory}/rspamd.log"; level = "error"; }
worker "normal" { bind_socket = "${directory}/rspamd.sock mode=0666"; mime = true; count = 1; }
`;
}

/** @param directory an empty one, for its configuration, state and socket */
export async function startRspamd(directory: string): Promise<Filter> {
  const file = join(directory, 'rspamd.conf');
  await writeFile(file, configuration(directory));
  await mkdir(join(directory, 'override.d'));
  for (const name of OFF.split(' ')) {
    await writeFile(join(directory, 'override.d', `${name}.conf`), 'enabled = false;\n');
  }
  // It gives up root's rights by itself.
  await chmod(directory, 0o777);
  const user = process.getuid?.() === 0 ? ['-u', '_rspamd', '-g', '_rspamd'] : [];
  const places = ['DBDIR', 'RUNDIR', 'LOGDIR', 'LOCAL_CONFDIR'].map((name) => `--var=${name}=${directory}`);
  const child = spawn('rspamd', ['-f', ...user, '-c', file, ...places], { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw error;
  });
  failed.catch(() => undefined);
  const socketPath = join(directory, 'rspamd.sock');
  await Promise.race([answering(socketPath, join(directory, 'rspamd.log')), failed]);
  const versionLine = spawn('rspamd', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const version = (await versionLine.stdout.toArray()).join('');
  return {
    name: 'rspamd',
    // It mostly waits, for answers of name servers that there are not.
    parallel: 16,
    version: /\d+\.\d+(?:\.\d+)?/.exec(version)?.[0] ?? '',
    check: async (mail) => parseAnswer(await post(socketPath, '/checkv2', mail)),
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function answering(socketPath: string, log: string): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    try {
      if ((await post(socketPath, '/ping', Buffer.alloc(0))).startsWith('pong')) return;
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(`rspamd does not answer:\n${await readFile(log, 'utf8').catch(() => '')}`, {
          cause: error,
        });
      }
    }
    await sleep(200);
  }
}

function parseAnswer(text: string): Opinion {
  const { score, symbols } = JSON.parse(text) as {
    score: number;
    symbols: Record<string, { metric_score: number }>;
  };
  const rules = Object.entries(symbols).map(([name, { metric_score: points }]): [string, number] => [
    name,
    points,
  ]);
  return { score, rules: new Map(rules) };
}

async function post(socketPath: string, path: string, body: Buffer): Promise<string> {
  const call = request({ socketPath, path, method: body.length === 0 ? 'GET' : 'POST' });
  call.end(body);
  const [response] = (await once(call, 'response')) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
