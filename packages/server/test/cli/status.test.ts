import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryDetail, Event, ReadInterval } from '@waybill/sdk';
import '../support/utc.ts';
import { run } from '../../src/cli/status.ts';
import { capturedIo } from '../support/captured-io.ts';
import { apiServer, json, problem } from './api-server.ts';

const NUMBER = 'WB-7K3M-9QXD-2F4T';
const NOW = Date.UTC(2026, 10, 23, 16, 0);

const viaProxy: Event = {
  at: '2026-11-23T14:02:07.000Z',
  type: 'opened',
  actor: 'human-via-proxy',
  confidence: 0.72,
  reasons: [{ code: 'image-proxy', text: 'Google fetched the image when the mail was opened.' }],
  network: { asn: 15169, owner: 'Google LLC', kind: 'image-proxy' },
  place: { grain: 'unknown' },
  client: { name: 'Gmail' },
  ip: '66.102.0.1',
};
const scanner: Event = { at: '2026-11-23T14:00:09.000Z', type: 'opened', actor: 'scanner', confidence: 0.95 };

function detail(changes: Partial<DeliveryDetail> = {}): DeliveryDetail {
  return {
    trackingNumber: NUMBER,
    recipient: 'ann@example.org',
    pixelUrl: 'http://127.0.0.1:8425/o/x.gif',
    verdict: { state: 'probably-read', confidence: 0.72, reasons: [], settled: true },
    messageId: '0'.repeat(32),
    subject: 'Offer 2026',
    from: 'me@example.com',
    mode: 'full',
    createdAt: '2026-11-23T14:00:00.000Z',
    sentAt: '2026-11-23T14:00:01.000Z',
    events: [{ at: '2026-11-23T14:00:00.000Z', type: 'accepted' }, scanner, viaProxy],
    links: [],
    recipientPageUrl: null,
    ...changes,
  };
}

const read: ReadInterval = {
  of: 12,
  atLeast: 3,
  atMost: 12,
  signs: 4,
  machinesOnly: 5,
  untouched: 0,
  noSign: 3,
};

test('of very many events the newest are shown, and how many were before; the sentence knows of those', async (t) => {
  const earlier = { count: 99_500, cursor: 'c', milestones: [viaProxy] };
  const { code, out } = await status(t, detail({ events: [scanner], earlier }));
  assert.equal(code, 0);
  assert.match(out, /^Probably read .*14:02/m);
  assert.match(out, /^ {2}99500 earlier events are not shown here; the dashboard has them\.$/m);
  assert.doesNotMatch(out, /Google fetched the image/, 'it is in the sentence, not in the list');
});

const untouchedLinkCounts = [
  { reason: { code: 'mailto', text: 'The link writes a mail.' }, count: 2 },
  { reason: { code: 'unsubscribe', text: 'The link is for leaving a list.' }, count: 1 },
];

async function status(
  t: Parameters<typeof apiServer>[0],
  delivery: DeliveryDetail,
  args: string[] = [NUMBER],
  options: Parameters<typeof capturedIo>[1] = {},
): Promise<{ code: number; out: string; err: string }> {
  const { url } = await apiServer(t, {
    [`GET /api/v1/deliveries/${NUMBER}`]: (response) => json(response, 200, delivery),
    [`GET /api/v1/messages/${'1'.repeat(32)}`]: (response) =>
      json(response, 200, { read, untouchedLinkCounts }),
    'GET /api/v1/deliveries/nonsense': (response) =>
      problem(response, {
        status: 404,
        code: 'not-found',
        detail: 'This is not a tracking number: a letter or digit is wrong.',
      }),
  });
  const io = capturedIo({ url, apiKey: 'key' }, { now: NOW, ...options });
  const code = await run(args, io);
  return { code, out: io.out(), err: io.err() };
}

test('the verdict is a sentence with time and place, or why the place is unknown', async (t) => {
  const { code, out } = await status(t, detail());
  assert.equal(code, 0);
  assert.match(
    out,
    /^WB-7K3M-9QXD-2F4T {2}Offer 2026\nto ann@example\.org, from me@example\.com, sent on 23 Nov 2026/,
  );
  assert.match(
    out,
    /^Probably read on 23 Nov 2026, \d\d:02:07 \(1 hour ago\), behind Google's image proxy, so the place is unknown\. \(72 % sure\)$/m,
  );
});

test('the way shows people filled, machines as outlines, with facts and reasons', async (t) => {
  const { out } = await status(t, detail());
  assert.match(out, /○ 23 Nov 2026, \d\d:00:09 {3}image loaded by a security scanner \(95 %\), 1 hour ago/);
  assert.match(out, /● 23 Nov 2026, \d\d:02:07 {3}opened, probably by a person, through a proxy \(72 %\)/);
  assert.match(out, /Gmail · Google \(AS15169\) · 66\.102\.0\.1/);
  assert.match(out, /Google fetched the image when the mail was opened\./);
});

test('each state of a verdict has its sentence', async (t) => {
  const berlin: Event = {
    at: '2026-11-23T15:59:59.000Z',
    type: 'opened',
    actor: 'human',
    confidence: 0.97,
    place: { grain: 'city', city: 'Berlin', country: 'DE' },
  };
  const verdict = (state: DeliveryDetail['verdict']['state'], text?: string): Partial<DeliveryDetail> => ({
    verdict: {
      state,
      confidence: 1,
      reasons: text === undefined ? [] : [{ code: 'x', text }],
      settled: true,
    },
  });
  const cases: [Partial<DeliveryDetail>, RegExp][] = [
    [verdict('queued'), /^Waiting to be sent\.$/m],
    [
      verdict('captured'),
      /^Captured in the demo inbox and not sent to anybody; no sign of reading, which proves nothing\.$/m,
    ],
    [verdict('sent'), /^Sent; no sign of reading, which proves nothing\.$/m],
    [
      { ...verdict('sent'), untouchedBecause: 'It is signed.' },
      /^Sent; not tracked, so it cannot be known whether it is read\.\nNot tracked: It is signed\.$/m,
    ],
    [verdict('delivered'), /^Delivered; no sign/m],
    [verdict('failed', 'The server said no.'), /^Could not be sent: The server said no\.$/m],
    [verdict('bounced', 'No such mailbox.'), /^Came back: No such mailbox\.$/m],
    [verdict('loaded'), /^Its image was loaded by machines only; no sign of reading/m],
    [
      { ...verdict('read'), events: [berlin, viaProxy] },
      /^Read on 23 Nov 2026, .*\(just now\), in Berlin, Germany\. \(100 % sure\)$/m,
    ],
    [
      { ...verdict('clicked'), events: [{ ...berlin, type: 'clicked' }] },
      /^Read, and a link was followed on .*, in Berlin, Germany\./m,
    ],
    [{ ...verdict('replied'), events: [{ at: berlin.at, type: 'replied' }] }, /^Answered on 23 Nov 2026/m],
    [verdict('objected'), /^The recipient objected to tracking; nothing has been recorded since\.$/m],
  ];
  for (const [changes, expected] of cases) {
    const { out } = await status(t, detail(changes));
    assert.match(out, expected);
    assert.doesNotMatch(out, /unread/i);
  }
});

test('in mode day, a day is all that is told', async (t) => {
  const event: Event = { at: '2026-11-23T00:00:00.000Z', type: 'opened' };
  const verdict = { state: 'loaded' as const, confidence: 1, reasons: [], settled: true };
  const { out } = await status(t, detail({ mode: 'day', events: [event], verdict }));
  assert.match(out, /○ 23 Nov 2026 +image loaded, by whom is unknown$/m);
});

test('several numbers are shown one after the other; an unknown one is said and fails the command', async (t) => {
  const { code, out, err } = await status(t, detail(), [NUMBER, 'WB-0000-0000-0000', 'nonsense', NUMBER]);
  assert.equal(code, 1);
  assert.equal(out.match(/^WB-7K3M/gm)?.length, 2);
  assert.match(err, /There is no delivery with the number "WB-0000-0000-0000" in this workspace/);
  assert.match(err, /"nonsense" is not a tracking number: a letter or digit is wrong\./);
});

test('--json gives the API’s answer, one line each', async (t) => {
  const { out } = await status(t, detail(), ['--json', NUMBER, NUMBER]);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [detail(), detail()],
  );
});

test('colour is for terminals that want it', async (t) => {
  assert.doesNotMatch((await status(t, detail())).out, /\u001b/);
  assert.match((await status(t, detail(), [NUMBER], { isTty: true })).out, /\u001b\[36m●/);
  const { url } = await apiServer(t, {
    [`GET /api/v1/deliveries/${NUMBER}`]: (response) => json(response, 200, detail()),
  });
  const io = capturedIo({ url, apiKey: 'key', noColor: true }, { isTty: true });
  await run([NUMBER], io);
  assert.doesNotMatch(io.out(), /\u001b/);
});

test('nothing that a stranger wrote reaches the terminal as a control sequence', async (t) => {
  const evil = '\u001b]0;title\u0007\u009b31m\u202e';
  const event: Event = { ...viaProxy, client: { name: evil }, network: { owner: evil }, link: evil };
  const { out } = await status(
    t,
    detail({
      subject: evil,
      recipient: evil,
      from: evil,
      events: [{ ...event, reasons: [{ code: 'x', text: evil }] }],
    }),
  );
  // eslint-disable-next-line no-control-regex -- exactly these must not be there
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('without a number, and with an unknown option, the call is explained', async () => {
  const io = capturedIo({});
  assert.equal(await run([], io), 2);
  assert.equal(await run(['--colour'], io), 2);
  assert.match(io.err(), /Which number\?[^]*Unknown option '--colour'/);
  assert.equal(await run(['--help'], io), 0);
  assert.match(io.out(), /^Usage: waybill status NUMBER/);
});

test('of a mail with several copies it says at least and at most how many were read', async (t) => {
  const sentence =
    'Of its 12 copies at least 3 and at most 12 were read (5 loaded by machines only, 3 without a sign).';
  const ofMany = await status(t, detail({ messageId: '1'.repeat(32) }));
  assert.ok(ofMany.out.includes(sentence), ofMany.out);
  assert.match(
    ofMany.out,
    /^3 links are left as they are:\n  The link writes a mail\. \(2\)\n  The link is for leaving a list\.$/m,
  );
  const alone = await status(t, detail());
  assert.equal(alone.code, 0);
  assert.ok(!alone.out.includes('copies'), alone.out);
});
