import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Network, Place } from '@waybill/sdk';
import { judge, type Judgement, type Lookup, type Observation, type RangeName } from './truth.ts';
import { cpuMs } from '../../test/support/cpu-time.ts';

const CITY: Place = {
  grain: 'city',
  country: 'DE',
  region: 'Hessen',
  city: 'Frankfurt',
  latitude: 50.11,
  longitude: 8.68,
};
const ACCESS = '198.51.100.7';
const OTHER_ACCESS = '198.51.100.99';
const HOSTING = '203.0.113.5';
const OTHER_HOSTING = '203.0.113.6';
const GOOGLE_PROXY = '192.0.2.10';
const RELAY = '192.0.2.20';
const GATEWAY = '192.0.2.30';
const WORLD: Record<string, { network: Network; ranges?: RangeName[] }> = {
  [ACCESS]: { network: { asn: 64500, owner: 'Example Telecom', kind: 'access' } },
  [OTHER_ACCESS]: { network: { asn: 64500, owner: 'Example Telecom', kind: 'access' } },
  [HOSTING]: { network: { asn: 64501, owner: 'Example Hosting', kind: 'hosting' } },
  [OTHER_HOSTING]: { network: { asn: 64501, owner: 'Example Hosting', kind: 'hosting' } },
  [GOOGLE_PROXY]: {
    network: { owner: 'Google image proxy', kind: 'image-proxy' },
    ranges: ['google-image-proxy'],
  },
  [RELAY]: {
    network: { owner: 'Apple iCloud Private Relay', kind: 'privacy-relay' },
    ranges: ['apple-private-relay'],
  },
  [GATEWAY]: { network: { owner: 'Barracuda', kind: 'security-vendor' }, ranges: ['barracuda'] },
  '127.0.0.1': { network: { kind: 'local' } },
};
const lookup: Lookup = {
  network: (ip) => WORLD[ip]?.network ?? { kind: 'unknown' },
  place: () => CITY,
  ranges: (ip) => WORLD[ip]?.ranges ?? [],
};

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
const OUTLOOK = 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const GMAIL_PREFETCH =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';

function one(observation: Partial<Observation>): Judgement {
  const [judgement] = judge([{ kind: 'open', method: 'GET', ...observation }], lookup);
  assert.ok(judgement);
  return judgement;
}

function actors(sequence: readonly Partial<Observation>[]): string[] {
  return judge(
    sequence.map((observation) => ({ kind: 'click', method: 'GET', ...observation })),
    lookup,
  ).map(({ actor }) => actor);
}

const codes = ({ reasons }: Judgement): string[] => reasons.map(({ code }) => code);

test('an ordinary browser on an access network is a person, read for certain enough, at any time after sending', () => {
  for (const userAgent of [CHROME, FIREFOX, SAFARI]) {
    for (const secondsAfterSend of [1, 5, 30, 3600, undefined]) {
      const { actor, confidence, place } = one({
        userAgent,
        ip: ACCESS,
        ...(secondsAfterSend === undefined ? {} : { secondsAfterSend }),
      });
      assert.equal(actor, 'human');
      assert.ok(confidence >= 0.9, `${userAgent} +${secondsAfterSend}: ${confidence}`);
      assert.deepEqual(place, CITY);
    }
  }
});

test('an ordinary browser on loopback is a person, and the place is the local network', () => {
  const { actor, confidence, place } = one({ userAgent: CHROME, ip: '127.0.0.1', secondsAfterSend: 3 });
  assert.equal(actor, 'human');
  assert.ok(confidence >= 0.9);
  assert.deepEqual(place, { grain: 'local-network' });
});

test('without an address a browser is probably a person, but not for certain', () => {
  const { actor, confidence } = one({ userAgent: CHROME });
  assert.equal(actor, 'human');
  assert.ok(confidence < 0.9);
});

test('time lowers the certainty about a person and never takes the person away', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(CHROME, FIREFOX, SAFARI, OUTLOOK),
      fc.double({ min: 0, max: 60, noNaN: true }),
      (userAgent, secondsAfterSend) => {
        const early = one({ userAgent, ip: ACCESS, secondsAfterSend });
        const late = one({ userAgent, ip: ACCESS, secondsAfterSend: 86_400 });
        assert.equal(early.actor, 'human');
        assert.ok(early.confidence <= late.confidence);
      },
    ),
  );
});

test('what came before sending is the sender’s own, whoever fetched it', () => {
  for (const userAgent of [CHROME, GMAIL, OUTLOOK, 'curl/8.9.1']) {
    assert.equal(one({ userAgent, ip: ACCESS, secondsAfterSend: -30 }).actor, 'self');
  }
});

test('trying out every link before sending is the sender’s own, and says nothing of the reader', () => {
  const agent = { userAgent: CHROME, ip: ACCESS, linkCount: 3 };
  const tried = ['a', 'b', 'c'].map((link, index) => ({ ...agent, link, secondsAfterSend: -2 + index / 10 }));
  const probe = { ...agent, method: 'HEAD', link: 'a', secondsAfterSend: -1 };
  const blank = { userAgent: '', ip: HOSTING, link: 'a', secondsAfterSend: -1.5 };
  const read = { ...agent, link: 'a', secondsAfterSend: 7 };
  assert.deepEqual(actors([...tried, probe, blank, read]), ['self', 'self', 'self', 'self', 'self', 'human']);
});

test('the sender’s own address makes the person doubtful, but never on a local address', () => {
  assert.notEqual(
    one({ userAgent: CHROME, ip: ACCESS, senderAddress: true, secondsAfterSend: 60 }).actor,
    'human',
  );
  assert.equal(
    one({ userAgent: CHROME, ip: '127.0.0.1', senderAddress: true, secondsAfterSend: 60 }).actor,
    'human',
  );
});

test('Gmail’s proxy later than a minute is a person behind a proxy, whose place stays unknown', () => {
  const { actor, confidence, place, client } = one({
    userAgent: GMAIL,
    ip: GOOGLE_PROXY,
    secondsAfterSend: 962,
  });
  assert.equal(actor, 'human-via-proxy');
  assert.ok(confidence >= 0.9);
  assert.deepEqual(place, { grain: 'unknown' });
  assert.equal(client.os, undefined);
});

test('Gmail’s proxy within the first minute is less certain, and within seconds rather a check', () => {
  const certainty = (secondsAfterSend: number): number =>
    one({ userAgent: GMAIL, ip: GOOGLE_PROXY, secondsAfterSend }).confidence;
  assert.equal(one({ userAgent: GMAIL, ip: GOOGLE_PROXY, secondsAfterSend: 21 }).actor, 'human-via-proxy');
  assert.ok(certainty(21) < certainty(61));
  assert.notEqual(one({ userAgent: GMAIL, ip: GOOGLE_PROXY, secondsAfterSend: 2 }).actor, 'human-via-proxy');
});

test('Gmail’s prefetch is a prefetch at any time', () => {
  for (const secondsAfterSend of [3, 40_000]) {
    assert.equal(one({ userAgent: GMAIL_PREFETCH, secondsAfterSend }).actor, 'prefetch');
  }
});

test('Apple’s privacy proxy is a prefetch even hours later; Safari through the relay is a person without a city', () => {
  const prefetch = one({ userAgent: 'Mozilla/5.0', ip: RELAY, secondsAfterSend: 40_000 });
  assert.equal(prefetch.actor, 'prefetch');
  assert.ok(prefetch.confidence > 0.95);
  assert.ok(codes(prefetch).includes('apple-privacy'));
  const person = one({ kind: 'click', userAgent: SAFARI, ip: RELAY, secondsAfterSend: 40_000 });
  assert.equal(person.actor, 'human');
  assert.deepEqual(person.place, { grain: 'country', country: 'DE' });
});

test('a bare Mozilla/5.0 is a prefetch only with Apple’s address for certain, and a script on a link', () => {
  assert.ok(one({ userAgent: 'Mozilla/5.0' }).confidence < 0.9);
  assert.notEqual(one({ userAgent: 'Mozilla/5.0', ip: HOSTING }).actor, 'prefetch');
  assert.equal(one({ kind: 'click', userAgent: 'Mozilla/5.0' }).actor, 'automation');
});

test('who asks with HEAD or announces a prefetch is a machine', () => {
  assert.equal(one({ kind: 'click', method: 'HEAD', userAgent: CHROME, ip: ACCESS }).actor, 'scanner');
  assert.equal(one({ method: 'head', userAgent: 'curl/8.0' }).actor, 'automation');
  assert.equal(
    one({ userAgent: CHROME, ip: ACCESS, headers: { 'sec-purpose': 'prefetch;prerender' } }).actor,
    'prefetch',
  );
  assert.equal(one({ userAgent: CHROME, ip: ACCESS, headers: { purpose: 'prefetch' } }).actor, 'prefetch');
});

test('wishes for privacy do not speak against a person', () => {
  const plain = one({ userAgent: FIREFOX, ip: ACCESS });
  const guarded = one({ userAgent: FIREFOX, ip: ACCESS, headers: { dnt: '1', 'sec-gpc': '1' } });
  assert.deepEqual(guarded, plain);
});

test('a program at home is a program, and an image proxy in a data centre is where it belongs', () => {
  assert.equal(one({ userAgent: 'acme-thing/0.1', ip: ACCESS }).actor, 'automation');
  assert.equal(one({ userAgent: 'curl/8.9.1', ip: '127.0.0.1' }).actor, 'automation');
  const proxy = one({
    userAgent: 'YahooMailProxy; https://help.yahoo.com/',
    ip: HOSTING,
    secondsAfterSend: 900,
  });
  assert.equal(proxy.actor, 'human-via-proxy');
  assert.ok(proxy.confidence >= 0.9);
  assert.equal(one({ userAgent: GMAIL, ip: ACCESS, secondsAfterSend: 900 }).actor, 'unknown');
});

test('a security gateway’s published range outweighs a reader’s agent', () => {
  const { actor, place } = one({ kind: 'click', userAgent: CHROME, ip: GATEWAY, secondsAfterSend: 170 });
  assert.equal(actor, 'scanner');
  assert.deepEqual(place, { grain: 'unknown' });
  assert.equal(one({ userAgent: OUTLOOK, ip: GATEWAY }).actor, 'scanner');
});

test('a browser in a data centre is a scanner soon after sending and unknown later; a mail program there is a person', () => {
  assert.equal(one({ kind: 'click', userAgent: CHROME, ip: HOSTING, secondsAfterSend: 60 }).actor, 'scanner');
  const later = one({ kind: 'click', userAgent: CHROME, ip: HOSTING, secondsAfterSend: 7200 });
  assert.equal(later.actor, 'unknown');
  assert.equal(later.confidence, 0);
  assert.equal(one({ userAgent: OUTLOOK, ip: HOSTING, secondsAfterSend: 1200 }).actor, 'human');
});

test('an Android mail app is named by the package that it sends', () => {
  const { actor, client } = one({
    userAgent:
      'Mozilla/5.0 (Linux; Android 14; SM-A528B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36',
    headers: { 'x-requested-with': 'com.samsung.android.email.provider' },
  });
  assert.equal(actor, 'human');
  assert.deepEqual(client, { name: 'Samsung Email', os: 'Android', device: 'phone' });
});

test('Apple’s bare engine is Apple Mail on an image and some app’s browser on a link', () => {
  const userAgent =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
  assert.equal(one({ userAgent }).client.name, 'Apple Mail');
  assert.notEqual(one({ kind: 'click', userAgent }).client.name, 'Apple Mail');
});

test('three links within two seconds are a scanner’s, and so is its opening up to a minute before', () => {
  const sweep = [
    { kind: 'open' as const, userAgent: CHROME, secondsAfterSend: 9 },
    { userAgent: CHROME, secondsAfterSend: 42.1, link: 'a' },
    { userAgent: CHROME, secondsAfterSend: 42.9, link: 'b' },
    { userAgent: CHROME, secondsAfterSend: 43.4, link: 'c' },
  ];
  assert.deepEqual(actors(sweep), ['scanner', 'scanner', 'scanner', 'scanner']);
  assert.deepEqual(
    actors(sweep.slice(0, 2)),
    ['human', 'human'],
    'before the burst shows, nothing speaks against a person',
  );
});

test('a burst does not drag in a reader with another agent and address', () => {
  const sequence = [
    { kind: 'open' as const, userAgent: OUTLOOK, ip: ACCESS, secondsAfterSend: 30 },
    ...['a', 'b', 'c', 'd'].map((link, i) => ({
      userAgent: CHROME,
      ip: HOSTING,
      secondsAfterSend: 40 + i / 5,
      link,
    })),
    { userAgent: FIREFOX, ip: ACCESS, secondsAfterSend: 300, link: 'a' },
  ];
  assert.deepEqual(actors(sequence), ['human', 'scanner', 'scanner', 'scanner', 'scanner', 'human']);
});

test('two links are a burst only when the mail has no more', () => {
  const clicks = (linkCount: number): Partial<Observation>[] =>
    ['a', 'b'].map((link, i) => ({
      userAgent: CHROME,
      ip: ACCESS,
      secondsAfterSend: 600 + i,
      link,
      linkCount,
    }));
  assert.deepEqual(actors(clicks(2)), ['scanner', 'scanner']);
  assert.deepEqual(actors(clicks(5)), ['human', 'human']);
});

test('one link from several data-centre addresses at once is a scanner’s; from one household it is not', () => {
  const pair = (first: string, second: string): Partial<Observation>[] => [
    { userAgent: CHROME, ip: first, secondsAfterSend: 4000, link: 'a' },
    { userAgent: CHROME, ip: second, secondsAfterSend: 4001, link: 'a' },
  ];
  assert.deepEqual(actors(pair(HOSTING, OTHER_HOSTING)), ['scanner', 'scanner']);
  assert.deepEqual(actors(pair(ACCESS, OTHER_ACCESS)), ['human', 'human']);
});

test('opening and click by a person within a second are a person’s', () => {
  assert.deepEqual(
    actors([
      { kind: 'open', userAgent: OUTLOOK, ip: ACCESS, secondsAfterSend: 20.4 },
      { userAgent: CHROME, ip: ACCESS, secondsAfterSend: 21, link: 'a' },
    ]),
    ['human', 'human'],
  );
});

test('who follows an invisible link is a scanner, with its other hits, but not the reader on another connection', () => {
  const sequence = [
    { userAgent: CHROME, ip: HOSTING, secondsAfterSend: 100, link: 'trap', honeypot: true },
    { userAgent: CHROME, ip: HOSTING, secondsAfterSend: 104, link: 'a' },
    { userAgent: FIREFOX, secondsAfterSend: 60, link: 'b' },
    { userAgent: FIREFOX, ip: ACCESS, secondsAfterSend: 200, link: 'a' },
    { userAgent: FIREFOX, ip: ACCESS, secondsAfterSend: 90_000, link: 'a' },
  ];
  assert.deepEqual(actors(sequence), ['scanner', 'scanner', 'scanner', 'human', 'human']);
});

test('nobody who follows an invisible link is taken for a person, whatever else speaks for one', () => {
  const known: Observation[] = [CHROME, SAFARI, OUTLOOK].map((userAgent) => ({
    kind: 'open',
    userAgent,
    ip: ACCESS,
  }));
  fc.assert(
    fc.property(
      fc.record({
        userAgent: fc.constantFrom(CHROME, FIREFOX, SAFARI, OUTLOOK, GMAIL, '', 'Mozilla/5.0'),
        ip: fc.constantFrom(...Object.keys(WORLD)),
        secondsAfterSend: fc.double({ min: 0, max: 1_000_000, noNaN: true }),
        method: fc.constantFrom('GET', 'HEAD'),
        earlier: fc.constantFrom(undefined, known),
        headers: fc.constantFrom({}, { 'accept-language': 'de', referer: 'https://mail.google.com/' }),
      }),
      ({ earlier, ...hit }) => {
        const opened: Observation = {
          ...hit,
          kind: 'open',
          method: 'GET',
          secondsAfterSend: hit.secondsAfterSend / 2,
        };
        const trap: Observation = {
          ...hit,
          kind: 'click',
          link: 'trap',
          honeypot: true,
          linkCount: 2,
          ...(earlier === undefined ? {} : { earlier }),
        };
        for (const sequence of [[trap], [opened, trap]]) {
          const judgement = judge(sequence, lookup).at(-1);
          assert.equal(judgement?.actor, 'scanner');
          assert.equal(judgement.reasons[0]?.code, 'invisible-link');
        }
      },
    ),
  );
});

test('an invisible link is none of those that a mail has', () => {
  const both: Partial<Observation>[] = [
    { userAgent: FIREFOX, ip: ACCESS, secondsAfterSend: 900, link: 1, linkCount: 2 },
    {
      userAgent: CHROME,
      ip: OTHER_ACCESS,
      secondsAfterSend: 900.5,
      link: 'trap',
      honeypot: true,
      linkCount: 2,
    },
  ];
  const judgements = judge(
    both.map((hit) => ({ kind: 'click', ...hit })),
    lookup,
  );
  assert.deepEqual(
    judgements.map(({ actor }) => actor),
    ['human', 'scanner'],
  );
  for (const judgement of judgements) assert.ok(!codes(judgement).includes('link-burst'));
});

test('a fetch of a link just tested with HEAD is not believed to be a person without further signs', () => {
  const [probe, fetch] = actors([
    { method: 'HEAD', userAgent: CHROME, secondsAfterSend: 27, link: 'a' },
    { userAgent: CHROME, secondsAfterSend: 94, link: 'a' },
  ]);
  assert.equal(probe, 'scanner');
  assert.notEqual(fetch, 'human');
});

test('the order of the hits in a sequence does not matter', () => {
  const sequence: Observation[] = [
    { kind: 'open', userAgent: CHROME, ip: HOSTING, secondsAfterSend: 9 },
    { kind: 'click', userAgent: CHROME, ip: HOSTING, secondsAfterSend: 42, link: 1 },
    { kind: 'click', userAgent: CHROME, ip: OTHER_HOSTING, secondsAfterSend: 42.2, link: 2 },
    { kind: 'click', userAgent: CHROME, ip: HOSTING, secondsAfterSend: 42.6, link: 3 },
    { kind: 'open', userAgent: GMAIL, ip: GOOGLE_PROXY, secondsAfterSend: 500 },
    { kind: 'click', userAgent: SAFARI, ip: ACCESS, secondsAfterSend: 620, link: 2 },
  ];
  const expected = new Map(sequence.map((hit, i) => [hit, judge(sequence, lookup)[i]]));
  fc.assert(
    fc.property(fc.shuffledSubarray(sequence, { minLength: sequence.length }), (shuffled) => {
      judge(shuffled, lookup).forEach((judgement, i) => {
        const hit = shuffled[i];
        assert.ok(hit);
        assert.equal(judgement.actor, expected.get(hit)?.actor);
        assert.equal(judgement.confidence, expected.get(hit)?.confidence);
      });
    }),
  );
});

test('a proxy, a relay and a scanner never get a city', () => {
  const anyHit = fc.record({
    kind: fc.constantFrom('open' as const, 'click' as const),
    userAgent: fc.constantFrom(
      CHROME,
      GMAIL,
      GMAIL_PREFETCH,
      'Mozilla/5.0',
      '',
      OUTLOOK,
      'curl/8.0',
      'Slackbot 1.0',
    ),
    ip: fc.constantFrom(...Object.keys(WORLD)),
    secondsAfterSend: fc.double({ min: -60, max: 100_000, noNaN: true }),
  });
  fc.assert(
    fc.property(anyHit, (hit) => {
      const { actor, network, place, reasons } = one(hit);
      const hidden =
        network.kind !== 'access' ||
        ['human-via-proxy', 'scanner', 'prefetch', 'preview-bot'].includes(actor);
      if (hidden) assert.ok(place.grain !== 'city' && place.grain !== 'region' && place.city === undefined);
      assert.ok(reasons.length > 0);
    }),
  );
});

test('a flood of hits on one delivery is judged in linear time', () => {
  const flood: Observation[] = Array.from({ length: 20_000 }, (_, i) => ({
    kind: 'click',
    userAgent: i % 2 === 0 ? CHROME : FIREFOX,
    ip: i % 3 === 0 ? HOSTING : ACCESS,
    atMs: 1_700_000_000_000 + i,
    link: i % 7,
    ...(i % 100 === 0 ? { honeypot: true, method: 'HEAD' } : {}),
  }));
  assert.ok(cpuMs(() => assert.equal(judge(flood, lookup).length, flood.length)) < 5000);
});
