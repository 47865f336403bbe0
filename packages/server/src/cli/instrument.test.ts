import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { run } from './instrument.ts';

interface Outcome {
  status: number;
  stdout: Buffer;
  stderr: string;
}

async function filter(input: string | Buffer, ...args: string[]): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const written = Promise.all([buffer(stdout), buffer(stderr)]);
  const status = await run(args, { stdin: Readable.from([Buffer.from(input)]), stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { status, stdout: out, stderr: err.toString() };
}

const MAIL =
  'From: ann@example.org\nContent-Type: text/html\n\n<body><a href="https://example.com/?a=1&amp;b">x</a></body>\n';
const PLAIN = 'From: ann@example.org\n\nHello\n';

test('a message comes out instrumented, with its own line ends', async () => {
  const { status, stdout, stderr } = await filter(MAIL);
  assert.equal(status, 0);
  assert.equal(stderr, '');
  const text = stdout.toString();
  assert.match(
    text,
    /^From: ann@example\.org\nContent-Type: text\/html\n\n<body><a href="http:\/\/127\.0\.0\.1:8425\/l\/[\w-]+\?to=https%3A%2F%2Fexample\.com%2F%3Fa%3D1%26b">x<\/a><span style="background:url\(http:\/\/127\.0\.0\.1:8425\/o\/[\w-]+\.gif\)[^>]*><\/span><\/body>\n$/,
  );
});

test('what went through once comes out unchanged, and each recipient gets other addresses', async () => {
  const ann = await filter(MAIL, '--to', 'ann@example.com');
  assert.deepEqual((await filter(ann.stdout, '--to', 'ann@example.com')).stdout, ann.stdout);
  const bob = await filter(ann.stdout, '--to', 'bob@example.com');
  assert.deepEqual(bob.stdout, (await filter(MAIL, '--to', 'bob@example.com')).stdout);
  assert.notDeepEqual(bob.stdout, ann.stdout);
});

test('links of another server are not tracked again', async () => {
  const other = `<a href="https://other.example/l/${'x'.repeat(54)}?to=https%3A%2F%2Fa%2F">x</a>`;
  const { stdout } = await filter(`Content-Type: text/html\n\n${other}`, '--json');
  assert.deepEqual((JSON.parse(stdout.toString()) as { links: unknown }).links, []);
});

test('--json says all of it', async () => {
  const { status, stdout } = await filter(MAIL, '--json');
  assert.equal(status, 0);
  const { message, links, pixel, ...rest } = JSON.parse(stdout.toString()) as Record<string, unknown>;
  assert.deepEqual(rest, { touched: true, reason: null, reasonText: null });
  assert.ok(typeof pixel === 'string' && pixel.startsWith('http://127.0.0.1:8425/o/'));
  const [link, ...others] = links as { from: string; to: string }[];
  assert.deepEqual(others, []);
  assert.equal(link?.from, 'https://example.com/?a=1&b');
  assert.equal(Buffer.from(message as string, 'base64').toString(), (await filter(MAIL)).stdout.toString());
});

test('an untouched message comes out as it went in, with the reason on standard error', async () => {
  const { status, stdout, stderr } = await filter(PLAIN);
  assert.deepEqual([status, stdout.toString()], [0, PLAIN]);
  assert.match(stderr, /^untouched \(plain-text-only\): .+\.\n$/);
  const json = JSON.parse((await filter(PLAIN, '--json')).stdout.toString()) as Record<string, unknown>;
  assert.deepEqual(
    [json['touched'], json['reason'], json['pixel'], json['links']],
    [false, 'plain-text-only', null, []],
  );
  assert.equal(json['message'], Buffer.from(PLAIN).toString('base64'));
});

for (const [what, args] of [
  ['an unknown option', ['--from', 'x']],
  ['a file instead of standard input', ['mail.eml']],
  ['a recipient that is no address', ['--to', 'ann']],
  ['a recipient without value', ['--to']],
] as const) {
  test(`a wrong call is explained: ${what}`, async () => {
    const { status, stdout, stderr } = await filter(MAIL, ...args);
    assert.deepEqual([status, stdout.length], [2, 0]);
    assert.match(stderr, /^waybill instrument: .+\n/);
  });
}

test('no input is an error', async () => {
  const { status, stdout, stderr } = await filter('');
  assert.deepEqual([status, stdout.length], [1, 0]);
  assert.match(stderr, /no message on standard input/);
});

test('--help says how it is called', async () => {
  const { status, stdout } = await filter('', '--help');
  assert.equal(status, 0);
  assert.match(stdout.toString(), /^Usage: waybill instrument/);
});
