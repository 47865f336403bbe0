import assert from 'node:assert/strict';
import { test } from 'node:test';
import { banner, type BannerFacts } from './banner.ts';

const FACTS: BannerFacts = {
  dashboardUrl: 'http://127.0.0.1:8420',
  signInLink: undefined,
  publicUrl: 'http://127.0.0.1:8425',
  smtp: { host: '127.0.0.1', port: 2587 },
  smtps: undefined,
  filter: undefined,
  inbound: undefined,
  credential: undefined,
  demo: true,
  smarthostHost: undefined,
  trackingIsLocal: true,
  dataDir: '/data',
};

test('the banner says where mail goes: captured, out, out untracked, or nowhere', () => {
  const smarthostHost = 'mail.example.org:587';
  const publicUrl = 'https://track.example.org';
  assert.match(banner(FACTS), /captured there and goes nowhere/);
  const out = banner({ ...FACTS, demo: false, smarthostHost, publicUrl, trackingIsLocal: false });
  assert.match(out, /Way out +mail\.example\.org:587\n/);
  assert.doesNotMatch(out, /untracked/);
  assert.match(banner({ ...FACTS, demo: false, smarthostHost }), /goes out untracked/);
  const refused = banner({ ...FACTS, demo: false, publicUrl, trackingIsLocal: false });
  assert.match(refused, /no mail is accepted \(451\) until WAYBILL_SMARTHOST_URL/);
});

test('a user and password are named with the listener that takes them, and not without one', () => {
  const credential = { user: 'demo', password: 'secret' };
  assert.match(
    banner({ ...FACTS, credential }),
    /Submission +127\.0\.0\.1:2587, STARTTLS\n +user demo, password secret\n/,
  );
  const smtps = { host: '::1', port: 465 };
  assert.match(
    banner({ ...FACTS, smtp: undefined, smtps, credential }),
    /Submission +\[::1\]:465, TLS .*\n +user demo/,
  );
  assert.doesNotMatch(banner({ ...FACTS, smtp: undefined, credential }), /Submission|secret/);
});

test('each further listener has a line of its own', () => {
  const filter = { host: '127.0.0.1', port: 10025 };
  const inbound = { host: '::', port: 25 };
  const text = banner({ ...FACTS, filter, inbound });
  assert.match(text, /Filter +127\.0\.0\.1:10025, for mail servers\n +Inbound +\[::\]:25, for bounces/);
  assert.doesNotMatch(banner(FACTS), /Filter|Inbound/);
});
