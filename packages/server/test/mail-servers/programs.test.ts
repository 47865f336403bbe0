import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { docSnippet } from '../support/doc-snippets.ts';
import { showWhenFailed } from '../support/failure-log.ts';
import { PASSWORD, timelines, USER } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { startWaybill, type Waybill } from './waybill.ts';

/** The server's package, where Nodemailer is found. */
const PACKAGE = join(import.meta.dirname, '../..');

const missing = (program: string): string | false =>
  existsSync(program) ? false : `no ${program} on this machine`;

test('Nodemailer sends through Waybill', async (t) => {
  const { relay, world } = await startWaybill(t);
  const program = docSnippet('nodemailer', 'nodemailer.mjs', { 2587: relay.submission.port });
  const output = await run(t, process.execPath, ['--input-type=module', '--eval', program], {
    env: { WAYBILL_USER: USER, WAYBILL_PASSWORD: PASSWORD },
  });
  assert.match(output, /^250 2\.6\.0 OK: accepted as WB-\S+, WB-\S+\n$/);
  await areTracked({ relay, world }, ['ann@example.net', 'bob@example.net']);
});

test('msmtp sends through Waybill', { skip: missing('/usr/bin/msmtp') }, async (t) => {
  const { relay, world } = await startWaybill(t);
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'msmtprc');
  const configuration = docSnippet('programs', 'msmtprc', {
    2587: relay.submission.port,
    'user USER': `user ${USER}`,
    'password PASSWORD': `password "${PASSWORD}"`,
  });
  await writeFile(file, configuration, { mode: 0o600 });
  const mail =
    'To: ann@example.net\nSubject: x\nContent-Type: text/html\n\n<html><body><p>x</p></body></html>\n';
  await run(t, '/usr/bin/msmtp', ['-C', file, '-t'], { input: mail });
  await areTracked({ relay, world }, ['ann@example.net']);
});

test('a dialogue by hand with swaks', { skip: missing('/usr/bin/swaks') }, async (t) => {
  const { relay, world } = await startWaybill(t);
  const command = docSnippet('programs', 'swaks', {
    2587: relay.submission.port,
    USER,
    PASSWORD: `'${PASSWORD}'`,
  });
  const output = await run(t, '/bin/sh', ['-c', command]);
  assert.match(output, /<~ +250 2\.6\.0 OK: accepted as WB-/);
  await areTracked({ relay, world }, ['ann@example.net']);
});

async function run(
  t: TestContext,
  program: string,
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<string> {
  const child = spawn(program, args, { cwd: PACKAGE, env: { PATH: process.env['PATH'], ...env } });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  showWhenFailed(t, program, () => output + errors);
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number];
  assert.equal(status, 0, errors);
  return output;
}

async function areTracked({ relay, world }: Waybill, recipients: readonly string[]): Promise<void> {
  await eventually('the copies arrive', async () => world.mails.length === recipients.length);
  for (const { raw } of world.mails) assert.match(raw, /https:\/\/track\.example\.org\/o\//);
  assert.deepEqual(
    (await timelines(relay.engine)).map(({ recipient }) => recipient),
    recipients,
  );
}
