import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { loadPublicUrl } from '../config/load.ts';
import { run } from './instrument.ts';

const ENVIRONMENT: NodeJS.ProcessEnv = {};

interface Outcome {
  status: number;
  stdout: Buffer;
  stderr: string;
}

async function filter(input: string | Buffer, ...args: string[]): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const written = Promise.all([buffer(stdout), buffer(stderr)]);
  const io = { stdin: Readable.from([Buffer.from(input)]), stdout, stderr };
  const status = await run(args, io, { publicUrl: (given) => loadPublicUrl(given, ENVIRONMENT) });
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
  assert.deepEqual(rest, {
    touched: true,
    reason: null,
    reasonText: null,
    pixelReason: null,
    pixelReasonText: null,
    untouchedLinks: [],
  });
  assert.ok(typeof pixel === 'string' && pixel.startsWith('http://127.0.0.1:8425/o/'));
  const [link, ...others] = links as { from: string; to: string }[];
  assert.deepEqual(others, []);
  assert.equal(link?.from, 'https://example.com/?a=1&b');
  assert.equal(Buffer.from(message as string, 'base64').toString(), (await filter(MAIL)).stdout.toString());
});

test('--json names the links that stay, with a code and a sentence each', async () => {
  const { stdout } = await filter(
    MAIL.replace('x</a>', 'x</a><a href="mailto:bob@example.com">y</a>'),
    '--json',
  );
  const { untouchedLinks } = JSON.parse(stdout.toString()) as Record<string, unknown>;
  assert.deepEqual(untouchedLinks, [
    { url: 'mailto:bob@example.com', reason: 'mailto', reasonText: 'The link writes a mail.' },
  ]);
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
  ['a care for spam filters that there is not', ['--spam-care', 'much']],
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

test('the addresses begin as they were told: by the command, else by the setting', async (t) => {
  t.after(() => delete ENVIRONMENT['WAYBILL_PUBLIC_URL']);
  ENVIRONMENT['WAYBILL_PUBLIC_URL'] = 'https://track.example.org/mail/';
  const pixelOf = async (...args: string[]): Promise<string> => {
    const { stdout } = await filter(MAIL, '--json', ...args);
    return (JSON.parse(stdout.toString()) as { pixel: string }).pixel;
  };
  assert.match(await pixelOf(), /^https:\/\/track\.example\.org\/mail\/o\/[\w-]+\.gif$/);
  assert.match(await pixelOf('--public-url', 'http://10.0.0.7:80'), /^http:\/\/10\.0\.0\.7:80\/o\//);
});

test('an address that cannot begin others is refused, whoever gave it', async (t) => {
  t.after(() => delete ENVIRONMENT['WAYBILL_PUBLIC_URL']);
  for (const url of ['track.example.org', 'ftp://track.example.org', 'https://track.example.org/?a', '']) {
    const { status, stdout, stderr } = await filter(MAIL, '--public-url', url);
    assert.deepEqual([status, stdout.length], [2, 0], url);
    assert.match(stderr, /^waybill instrument: --public-url .+\(it is ".*"\)\n/);
  }
  ENVIRONMENT['WAYBILL_PUBLIC_URL'] = 'track.example.org';
  const { status, stderr } = await filter(MAIL);
  assert.equal(status, 2);
  assert.match(stderr, /^waybill instrument: WAYBILL_PUBLIC_URL .+\(it is "track\.example\.org"\)\n/);
});

test('what is no mail comes out as it went in, with the reason', async () => {
  for (const input of ['no mail at all', '\0\xff\xfe', '<p>a mere fragment</p>\n']) {
    const { status, stdout, stderr } = await filter(input);
    assert.deepEqual([status, stdout.toString()], [0, input]);
    assert.match(stderr, /^untouched \([a-z-]+\): .+\.\n$/);
  }
});
