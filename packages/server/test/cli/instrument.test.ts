import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { run } from '../../src/cli/instrument.ts';
import { capturedIo } from '../support/captured-io.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const DEFAULTS = { publicUrl: (): undefined => undefined };

const HEAD = [
  'From: ann@example.org',
  'To: bob@example.com',
  'Subject: A large file',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=part',
  '',
  '--part',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<body><p><a href="https://example.com/">The page</a></p></body>',
  '--part',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename=large.bin',
  '',
  '',
].join('\r\n');
const LINES = `${'QUJD'.repeat(19)}\r\n`.repeat(10_000);
const TAIL = '--part--\r\n';

function* largeMessage(megabytes: number): Generator<string> {
  yield HEAD;
  for (let written = 0; written < megabytes * 1_000_000; written += LINES.length) yield LINES;
  yield TAIL;
}

/** The command alone, in a process of its own that tells at its end how much memory it took at most. */
const ALONE = `
  import { run } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/cli/instrument.ts')))};
  const { stdin, stdout, stderr } = process;
  await run(process.argv.slice(1), { stdin, stdout, stderr }, { publicUrl: () => undefined });
  stderr.write(String(process.resourceUsage().maxRSS));
`;

async function runAlone(
  megabytes: number,
  directory: string,
  args: string[] = [],
): Promise<{ output: { bytes: number; hash: string; start: string; end: string }; memoryKb: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', ALONE, '--', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: directory, TEMP: directory },
  });
  Readable.from(largeMessage(megabytes)).pipe(child.stdin);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const hash = createHash('sha256');
  let bytes = 0;
  let start = '';
  let end = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    if (start.length < 2_000) start += chunk.toString('latin1');
    end = (end + chunk.toString('latin1')).slice(-100);
  }
  const memoryKb = Number(said);
  assert.ok(memoryKb > 0, said);
  return { output: { bytes, hash: hash.digest('hex'), start, end }, memoryKb };
}

/** What the garbage collector may leave lying about; the message is twice as large. */
const SLACK_KB = 100_000;

test('a large attachment streams through: memory does not grow with it, and no file is left', async () => {
  await using directory = await temporaryDirectory();
  const small = await runAlone(8, directory.path);
  const large = await runAlone(200, directory.path);
  assert.ok(large.memoryKb < small.memoryKb + SLACK_KB, `${small.memoryKb} kB, then ${large.memoryKb} kB`);
  assert.match(large.output.start, /<a href="http:\/\/127\.0\.0\.1:8425\/l\/[^"]+">The page<\/a><\/p><span /);
  assert.ok(large.output.end.endsWith(`${'QUJD'.repeat(3)}\r\n${TAIL}`));
  assert.deepEqual(await readdir(directory.path), []);
});

test('as JSON the same bytes come out, in base64', async () => {
  await using directory = await temporaryDirectory();
  const plain = await runAlone(2, directory.path);
  const io = capturedIo({}, { stdin: [...largeMessage(2)].join('') });
  assert.equal(await run(['--json'], io, DEFAULTS), 0);
  const { touched, reason, pixel, links, message } = JSON.parse(io.out()) as Record<string, unknown>;
  assert.deepEqual([touched, reason, (links as unknown[]).length], [true, null, 1]);
  assert.match(String(pixel), /^http:\/\/127\.0\.0\.1:8425\/o\/[\w-]+\.gif$/);
  const bytes = Buffer.from(String(message), 'base64');
  assert.equal(createHash('sha256').update(bytes).digest('hex'), plain.output.hash);
});

test('what went through once comes out unchanged, and another recipient gets other addresses', async () => {
  const through = async (message: string, ...args: string[]): Promise<string> => {
    const io = capturedIo({}, { stdin: message });
    assert.equal(await run(args, io, DEFAULTS), 0);
    return io.out();
  };
  const message = HEAD + TAIL;
  const once = await through(message);
  assert.equal(await through(once), once);
  assert.notEqual(once, message);
  assert.notEqual(await through(message, '--to', 'eve@example.com'), once);
});

test('a trap is none of the links, and goes through twice as once', async () => {
  const asked = async (message: string): Promise<Record<string, unknown>> => {
    const io = capturedIo({}, { stdin: message });
    assert.equal(await run(['--json', '--trap-link'], io, DEFAULTS), 0);
    return JSON.parse(io.out()) as Record<string, unknown>;
  };
  const once = await asked(HEAD + TAIL);
  assert.deepEqual(Object.keys(once), [
    'touched',
    'reason',
    'reasonText',
    'pixel',
    'pixelReason',
    'pixelReasonText',
    'links',
    'untouchedLinks',
    'message',
  ]);
  assert.deepEqual(
    (once['links'] as { from: string }[]).map(({ from }) => from),
    ['https://example.com/'],
  );
  const message = Buffer.from(String(once['message']), 'base64').toString('latin1');
  const traps = message.match(
    /<a href="http:\/\/127\.0\.0\.1:8425\/l\/[\w-]+\?to=[^"]*nowhere" tabindex="-1"/g,
  );
  assert.equal(traps?.length, 1);
  assert.deepEqual(await asked(message), once);
});

for (const [plainText, expected] of [
  ['keep', /^Read https:\/\/example\.com\/$/m],
  ['links', /^Read http:\/\/127\.0\.0\.1:8425\/l\/[\w-]+\?to=https%3A%2F%2Fexample\.com%2F$/m],
  ['alternative', /^Content-Type: multipart\/alternative;[^]*url\(http:\/\/127\.0\.0\.1:8425\/o\//m],
] as const) {
  test(`plain text, --plain-text ${plainText}: twice is once`, async () => {
    const through = async (message: string): Promise<string> => {
      const io = capturedIo({}, { stdin: message });
      assert.equal(await run(['--plain-text', plainText], io, DEFAULTS), 0);
      return io.out();
    };
    for (const fields of ['', 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n']) {
      const once = await through(`From: ann@example.org\nSubject: x\n${fields}\nRead https://example.com/\n`);
      assert.match(once.replaceAll('=\n', ''), expected);
      assert.equal(await through(once), once);
    }
  });
}

test('another word for plain text is refused', async () => {
  const io = capturedIo({}, { stdin: 'x' });
  assert.equal(await run(['--plain-text', 'html'], io, DEFAULTS), 2);
  assert.match(io.err(), /--plain-text: "html" is none of keep, links, alternative/);
});
