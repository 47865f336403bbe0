import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '@waybill/sdk';
import { judge, type Judgement, type Observation } from './truth.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.2.0';

/** Links in so many other copies, within seconds. */
const followed = (copies: number): NonNullable<Observation['elsewhere']> =>
  Array.from({ length: copies }, (_, i) => ({
    copy: `copy ${i}`,
    secondsApart: i / 10,
    link: 1,
    userAgent: CHROME,
  }));
/** All links of another copy in one sweep, half an hour before. */
const swept = [1, 2, 3].map((link) => ({
  copy: 'swept',
  secondsApart: -1800 + link / 5,
  link,
  userAgent: CHROME,
}));

function judged(kind: Network['kind'], changes: Partial<Observation>): Judgement {
  const [judgement] = judge(
    [
      {
        kind: 'click',
        method: 'GET',
        userAgent: CHROME,
        ip: '198.51.100.7',
        secondsAfterSend: 4000,
        link: 1,
        ...changes,
      },
    ],
    {
      network: () => (kind === undefined ? {} : { kind }),
      place: () => ({ grain: 'unknown' }),
      ranges: () => [],
    },
  );
  assert.ok(judgement);
  return judgement;
}

test('a source that works through several recipients’ copies is a checker; in an office it is doubted', () => {
  const elsewhere = followed(4);
  assert.equal(judged('hosting', { elsewhere }).actor, 'scanner');
  assert.equal(judged('unknown', { elsewhere }).actor, 'scanner');
  const office = judged('access', { elsewhere });
  assert.equal(office.actor, 'human');
  assert.ok(office.confidence < judged('access', {}).confidence);
  assert.equal(judged('access', { elsewhere: [...followed(4), ...swept] }).actor, 'unknown');
});

test('one more reader at the same address is nothing', () => {
  const alone = judged('access', {});
  assert.deepEqual(judged('access', { elsewhere: followed(1) }), alone);
});

test('addresses that people share by design say nothing of each other', () => {
  for (const kind of ['privacy-relay', 'local'] as const) {
    const without = judged(kind, {});
    assert.deepEqual(judged(kind, { elsewhere: [...followed(40), ...swept] }), without);
  }
});

test('the program that asked for earlier mails to this recipient is more surely the recipient', () => {
  const reader = (more: Partial<Observation>): Judgement =>
    judged('unknown', { userAgent: THUNDERBIRD, ...more });
  const before = reader({});
  const known = reader({ earlier: [{ kind: 'open', userAgent: THUNDERBIRD }] });
  const sameAddress = reader({ earlier: [{ kind: 'open', userAgent: THUNDERBIRD, ip: '198.51.100.7' }] });
  assert.ok(known.confidence > before.confidence && sameAddress.confidence > known.confidence);
  assert.ok(known.reasons.some(({ code }) => code === 'known-reader'));
  assert.deepEqual(reader({ earlier: [{ kind: 'open', userAgent: 'Outlook-iOS/1.0' }] }), before);
});

test('a browser that came from anywhere may have been a gateway: that it comes again says nothing', () => {
  const again = { earlier: [{ kind: 'click', userAgent: CHROME, ip: '198.51.100.7' }] } as const;
  assert.deepEqual(judged('hosting', again), judged('hosting', {}));
  assert.ok(judged('access', again).confidence > judged('access', {}).confidence);
});

test('what came before does not clear a machine that says so', () => {
  const { actor } = judged('access', {
    userAgent: 'curl/8.1',
    earlier: [{ kind: 'open', userAgent: 'curl/8.1', ip: '198.51.100.7' }],
  });
  assert.equal(actor, 'automation');
});

test('a confirmed host name of a mail gateway shows the gateway', () => {
  const gateway = judged('access', { host: 'pphosted.com' });
  assert.equal(gateway.actor, 'scanner');
  assert.match(gateway.reasons[0]?.text ?? '', /Proofpoint/);
  assert.equal(judged('access', { host: 'no-such-vendor.example' }).actor, 'human');
});
