import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CreatedMessage } from '@waybill/sdk';
import { run } from '../../src/cli/send.ts';
import { capturedIo, type CapturedIo } from '../support/captured-io.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { apiServer, json, problem, type ApiRequest } from './api-server.ts';

const verdict = { state: 'queued' as const, confidence: 1, reasons: [], settled: true };
const CREATED: CreatedMessage = {
  id: 'm1',
  deliveries: [
    {
      trackingNumber: 'WB-0000-0000-0001',
      recipient: 'ann@example.org',
      pixelUrl: 'http://x/o/1.gif',
      verdict,
    },
    {
      trackingNumber: 'WB-0000-0000-0002',
      recipient: 'bob.long@example.org',
      pixelUrl: null,
      untouchedBecause: 'It is plain text.',
      verdict,
    },
  ],
};
const ADDRESSED = [
  '--from',
  'Me <me@example.org>',
  '--to',
  'ann@example.org',
  '--to',
  'bob.long@example.org',
];

async function send(
  t: TestContext,
  args: string[],
  options: Parameters<typeof capturedIo>[1] = {},
): Promise<{ code: number; io: CapturedIo; requests: ApiRequest[] }> {
  const { url, requests } = await apiServer(t, {
    'POST /api/v1/messages': (response) => json(response, 201, CREATED),
  });
  const io = capturedIo({ url, apiKey: 'key' }, options);
  return { code: await run(args, io), io, requests };
}

async function fileOf(t: TestContext, name: string, content: string | Uint8Array): Promise<string> {
  const directory = await temporaryDirectory();
  t.after(() => directory[Symbol.asyncDispose]());
  const path = join(directory.path, name);
  await writeFile(path, content);
  return path;
}

test('a mail goes to the API with all its parts, once', async (t) => {
  const html = await fileOf(t, 'offer.html', '<p>Grüße</p>');
  const pdf = await fileOf(t, 'Offer.PDF', new Uint8Array([0, 255, 1]));
  const { code, requests } = await send(
    t,
    [
      ...[
        ...ADDRESSED,
        '--cc',
        'c@example.org',
        '--bcc',
        'b@example.org',
        '--subject',
        'Offer',
        '--mode',
        'day',
      ],
      ...['--html', html, '--text', '-', '--attach', pdf],
    ],
    { stdin: 'Grüße' },
  );
  assert.equal(code, 0);
  assert.equal(requests.length, 1);
  assert.match(String(requests[0]?.headers['idempotency-key']), /^[0-9a-f-]{36}$/);
  assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), {
    from: 'Me <me@example.org>',
    to: ['ann@example.org', 'bob.long@example.org'],
    cc: ['c@example.org'],
    bcc: ['b@example.org'],
    subject: 'Offer',
    html: '<p>Grüße</p>',
    text: 'Grüße',
    attachments: [{ filename: 'Offer.PDF', contentType: 'application/pdf', content: 'AP8B' }],
    policy: { mode: 'day' },
    send: true,
  });
});

test('without a body option, standard input is the text', async (t) => {
  const { requests } = await send(t, [...ADDRESSED, '--subject', 'Offer'], { stdin: 'hello' });
  const mail = JSON.parse(requests[0]?.body ?? '') as Record<string, unknown>;
  assert.deepEqual([mail['text'], 'html' in mail], ['hello', false]);
});

test('each recipient’s number is printed, and why a copy is not tracked', async (t) => {
  const { io } = await send(t, [...ADDRESSED, '--subject', 'Offer'], { stdin: 'hello' });
  assert.equal(
    io.out(),
    '"Offer" is accepted.\n' +
      '  WB-0000-0000-0001  ann@example.org       tracked\n' +
      '  WB-0000-0000-0002  bob.long@example.org  not tracked: It is plain text.\n',
  );
});

test('--json prints the answer', async (t) => {
  const { io } = await send(t, [...ADDRESSED, '--subject', 'Offer', '--json'], { stdin: 'hello' });
  assert.deepEqual(JSON.parse(io.out()), CREATED);
});

test('a wrong call says what is missing, and sends nothing', async (t) => {
  const cases: [string[], RegExp][] = [
    [['--to', 'a@b.c', '--subject', 's'], /--from is missing/],
    [['--from', 'a@b.c', '--subject', 's'], /--to is missing/],
    [ADDRESSED, /--subject is missing/],
    [[...ADDRESSED, '--subject', 's', '--html', '-', '--text', '-'], /cannot both be standard input/],
    [[...ADDRESSED, '--subject', 's', '--mode', 'secret'], /--mode is one of full, day, aggregate, off/],
    [[...ADDRESSED, '--subject', 'two', 'words'], /"words" is not understood/],
    [['--frm', 'x'], /Unknown option '--frm'/],
  ];
  for (const [args, expected] of cases) {
    const { code, io, requests } = await send(t, args);
    assert.equal(code, 2);
    assert.match(io.err(), expected);
    assert.equal(requests.length, 0);
  }
});

test('a file that is missing or no text fails by name, and nothing is sent', async (t) => {
  const latin1 = await fileOf(t, 'latin1.html', new Uint8Array([0x47, 0x72, 0xfc, 0xdf]));
  const cases: [string[], RegExp][] = [
    [['--html', '/nowhere/offer.html'], /\/nowhere\/offer\.html does not exist/],
    [['--html', latin1], /latin1\.html is not UTF-8 text/],
    [['--text', '-', '--attach', '/nowhere/a.pdf'], /\/nowhere\/a\.pdf does not exist/],
  ];
  for (const [args, expected] of cases) {
    const { code, io, requests } = await send(t, [...ADDRESSED, '--subject', 's', ...args]);
    assert.equal(code, 1);
    assert.match(io.err(), expected);
    assert.equal(requests.length, 0);
  }
});

test('what the server finds wrong is told by field', async (t) => {
  const { url } = await apiServer(t, {
    'POST /api/v1/messages': (response) =>
      problem(response, {
        status: 422,
        code: 'invalid-input',
        detail: 'The message cannot be sent like this.',
        errors: [{ field: 'to.1', message: 'is not an address' }],
      }),
  });
  const io = capturedIo({ url, apiKey: 'key' }, { stdin: 'hello' });
  assert.equal(await run([...ADDRESSED, '--subject', 's'], io), 1);
  assert.equal(io.err(), 'waybill send: The message cannot be sent like this.\n  to.1: is not an address\n');
});

test('what the message says of a field already is not said twice', async (t) => {
  const { url } = await apiServer(t, {
    'POST /api/v1/messages': (response) =>
      problem(response, {
        status: 400,
        code: 'invalid-input',
        detail: 'to[0]: must be an address.',
        errors: [{ field: 'to[0]', message: 'must be an address' }],
      }),
  });
  const io = capturedIo({ url, apiKey: 'key' }, { stdin: 'hello' });
  assert.equal(await run([...ADDRESSED, '--subject', 's'], io), 1);
  assert.equal(io.err(), 'waybill send: to[0]: must be an address.\n');
});
