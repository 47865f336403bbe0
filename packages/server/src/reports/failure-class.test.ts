import assert from 'node:assert/strict';
import { test } from 'node:test';
import table from '../../data/failure-classes.json' with { type: 'json' };
import { classOfCodes, classOfWords } from './failure-class.ts';
import { findCodes } from './status-code.ts';
import type { FailureClass } from './report.ts';

const SENTENCES: Readonly<Record<Exclude<FailureClass, 'other'>, readonly string[]>> = {
  'unknown-user': [
    '550 5.1.1 User unknown',
    '550 No such recipient here',
    '550-5.1.1 The email account that you tried to reach does not exist',
    '553 unknown or illegal user',
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
  ],
  disabled: [
    '550 5.2.1 The email account that you tried to reach is disabled',
    '554 This account has been suspended',
    '550 mailbox is inactive',
  ],
  moved: ['551 User has moved to ben@new.example', '550 The recipient no longer works for this company'],
  'mailbox-full': [
    '552 5.2.2 Over quota',
    '550 Mailbox is full',
    '452 4.2.2 The recipient has exceeded their disk quota',
    'the inbox is out of storage space',
  ],
  'too-large': [
    '552 5.3.4 Message size exceeds fixed limit',
    '554 message too big for system',
    '550 5.2.3 Message length exceeds administrative limit',
  ],
  policy: [
    '550 5.7.1 Rejected by local policy',
    '550 Sender address rejected: not allowed',
    '554 Access denied',
  ],
  spam: ['550 This message looks like spam', '554 5.7.1 Blacklisted URL in message', '550 unsolicited mail'],
  reputation: [
    '554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.example',
    '550 5.7.606 Access denied, banned sending IP [192.0.2.1]',
    '421 poor reputation of your server',
    '550 blocked for abuse',
  ],
  authentication: [
    '550 5.7.26 This mail is unauthenticated',
    '550 SPF check failed',
    '550 rejected by the DMARC policy of sender.example',
    '450 Client host rejected: cannot find your reverse hostname',
    '554 5.7.1 missing PTR record',
  ],
  content: [
    '554 5.6.0 Message contains a virus',
    '550 attachment type not allowed',
    '550-5.7.1 This message is not RFC 5322 compliant',
  ],
  'rate-limited': [
    '421 4.7.0 Too many connections from your host',
    '451 Greylisted, please try again',
    '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery',
    '550 daily sending quota exceeded',
  ],
  dns: [
    'Host or domain name not found. Name service error for name=x.example',
    '550 Host unknown',
    '550 5.4.4 no MX record for domain',
    "Sorry, I couldn't find any host named x.example. (#5.1.2)",
  ],
  network: [
    'connect to mx.x.example[192.0.2.1]:25: Connection refused',
    'Operation timed out: lost connection with mx.x.example',
    '554 5.4.6 Too many hops',
    'No route to host',
  ],
  'relay-denied': [
    '550 5.7.1 Unable to relay',
    '554 Relay access denied',
    '550 we do not relay',
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
  ],
  system: [
    '451 4.3.0 Internal server error',
    '452 4.3.1 Insufficient system resources',
    '421 Service not available',
    'procmail: cannot create the lock',
  ],
  expired: ['retry timeout exceeded', 'Message could not be delivered for 5 days', 'delivery time expired'],
};

for (const [expected, sentences] of Object.entries(SENTENCES)) {
  test(`words that mean ${expected}`, () => {
    for (const sentence of sentences)
      assert.equal(classOfWords(sentence, findCodes(sentence)), expected, sentence);
  });
}

test('codes decide where no words do', () => {
  const classOf = (text: string): FailureClass | undefined =>
    classOfWords(text, findCodes(text)) ?? classOfCodes(findCodes(text));
  assert.equal(classOf('550 5.1.1'), 'unknown-user');
  assert.equal(classOf('550 5.7.25 lpn007'), 'authentication');
  assert.equal(classOf('552 5.2.2'), 'mailbox-full');
  assert.equal(classOf('556 5.1.10'), 'dns');
  assert.equal(classOf('???'), undefined);
});

/** Subject and detail of the IANA registry of enhanced status codes, and of Exchange's own. */
const REGISTERED: Partial<Record<FailureClass, string>> = {
  'unknown-user': '1.1 1.3 1.4 2.4',
  dns: '1.2 1.10 4.3 4.4',
  moved: '1.6',
  policy: '1.7 1.8 7.1 7.2 7.7 7.17 7.18 7.27',
  disabled: '2.1 7.13',
  'mailbox-full': '2.2',
  'too-large': '2.3 3.4',
  system: '3.1 3.2 3.3 3.5 5.1 5.2 5.4 5.5',
  network: '4.1 4.2 4.5 4.6 4.14 7.10 7.30',
  expired: '4.7',
  'rate-limited': '5.3 7.28 2.121 2.122 1.90',
  content: '6.1 6.2 6.3 6.5 6.7 6.9',
  authentication: '7.8 7.9 7.20 7.22 7.23 7.25 7.26 7.29 7.57',
  'relay-denied': '7.54 7.64',
  reputation: '7.511 7.606 7.708',
};

for (const [expected, codes] of Object.entries(REGISTERED)) {
  test(`enhanced codes that mean ${expected}`, () => {
    for (const code of codes.split(' ')) {
      const status = `5.${code}`;
      assert.equal(classOfWords('', { status }) ?? classOfCodes({ status }), expected, status);
    }
  });
}

test('addresses, links and codes are no words', () => {
  assert.equal(classOfWords('550 <spam@virus.example> see https://x.example/mailbox-full', {}), undefined);
});

test("a provider's link tells in every language", () => {
  const czech = '550 účet neexistuje https://support.google.com/mail/?p=NoSuchUser abc';
  assert.equal(classOfWords(czech, {}), 'unknown-user');
});

test('the table says where it is from, and each rule has one condition', () => {
  assert.match(table.date, /^\d{4}-\d\d-\d\d$/);
  assert.ok(table.source.length > 0 && table.title.length > 0);
  const classes = new Set(Object.keys(SENTENCES));
  for (const rule of [...table.rules, ...table.codes]) {
    assert.ok(classes.has(rule.class), rule.class);
    assert.equal(Object.keys(rule).length, 2);
  }
});
