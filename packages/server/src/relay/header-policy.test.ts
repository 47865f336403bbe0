import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorRefusal, headerRefusal } from './header-policy.ts';
import { DEFAULT_SMTP_LIMITS } from './smtp-limits.ts';
import { cpuMs } from '../../test/support/cpu-time.ts';

const OWN = ['ann@example.org', '@example.net'];

function refused(header: string, allowed: readonly string[] | undefined = OWN): boolean {
  const refusal = authorRefusal(
    Buffer.from(`${header}\r\nSubject: x\r\n\r\nFrom: eve@example.com\r\n`),
    allowed,
  );
  if (refusal !== undefined) assert.equal(`${refusal.code} ${refusal.enhanced}`, '550 5.7.1');
  return refusal !== undefined;
}

test('an author is one of the addresses that the account may send from, in whatever form it is written', () => {
  for (const header of [
    'From: ann@example.org',
    'From: ANN@Example.ORG',
    'From: "Müller, Ann" <ann@example.org>',
    'From: =?utf-8?q?eve=40example=2Ecom?= <ann@example.org>',
    'From: "eve@example.com" <ann@example.org>',
    'From: Ann (not eve@example.com) <ann@example.org>',
    'From:\r\n\tAnn\r\n <ann@example.org>',
    'From: ann@example.org, Bob <bob@example.net>\r\nSender: ann@example.org',
    'From: team: ann@example.org, bob@example.net;',
    'FROM : ann@example.org',
  ]) {
    assert.equal(refused(header), false, header);
  }
});

test('nobody else is, however it is hidden', () => {
  for (const header of [
    'From: eve@example.com',
    'From: ann@example.org <eve@example.com>',
    'From: <ann@example.org> <eve@example.com>',
    'From: ann@example.org, eve@example.com',
    'From: ann@example.org\r\nFrom: eve@example.com',
    'From: eve@example.com\r\nFrom: ann@example.org',
    'From: ann@example.org\r\nfrom : eve@example.com',
    'From: ann@example.org\r\nSender: eve@example.com',
    'From: ann@example.org\r\nResent-From: eve@example.com',
    'From: ann@example.org\r\nResent-Sender: eve@example.com',
    'From:\r\n eve@example.com,\r\n ann@example.org',
    'From: list: ann@example.org, eve@example.com;',
    'From: (ann@example.org) eve@example.com',
    'From: "ann@example.org" eve@example.com',
    'From: "ann"@example.com',
    'From: "ann" @example.com',
    'From: "ann@example.org',
    'From: ann@example.org (eve@example.com',
    String.raw`From: "\" <ann@example.org>, eve@example.com`,
    String.raw`From: "\\" eve@example.com, "<ann@example.org>`,
    'From: ann@example.org@example.com',
    'From: ann@example.org.example.com',
    'From: ann@xn--example-9uf.org',
    'From: =?utf-8?q?ann=40example=2Eorg?=',
    'From: Ann',
    'From:',
    'From: <>',
    'garbage\r\nFrom: eve@example.com',
    ' From: ann@example.org\r\nX: y',
    'X-From: ann@example.org',
  ]) {
    assert.equal(refused(header), true, header);
  }
});

test('an account without a list may write whatever it likes', () => {
  for (const header of ['From: eve@example.com', 'X: no author at all']) {
    assert.equal(authorRefusal(Buffer.from(`${header}\r\n\r\nx\r\n`), undefined), undefined);
  }
});

test('a header made to be slow to read is read in linear time', () => {
  for (const value of [
    '"'.repeat(200_000),
    '('.repeat(200_000),
    '"\\'.repeat(100_000),
    '<'.repeat(200_000),
    ','.repeat(200_000),
    '"" '.repeat(60_000),
    'a@b.c,'.repeat(60_000),
    '"\\'.repeat(9_000),
    '(<'.repeat(9_000),
  ]) {
    const ms = cpuMs(() => assert.equal(refused(`From: ${value}`), true));
    assert.ok(ms < 1_500, `${value.slice(0, 2)} took ${ms} ms`);
  }
});

test('loops and giants are refused by the header alone', () => {
  const of = (raw: string) => headerRefusal(Buffer.from(raw), DEFAULT_SMTP_LIMITS)?.enhanced;
  assert.equal(of(`${'Received: x\r\n'.repeat(100)}\r\nReceived: y\r\n`), undefined);
  assert.equal(of('rEceived: x\r\n'.repeat(101)), '5.4.6');
  assert.equal(of(`no field\r\n${'Received: x\r\n'.repeat(101)}`), '5.4.6', 'behind garbage too');
  assert.equal(of('X: y\r\n'.repeat(2_001)), '5.3.4');
  assert.equal(of(`X: ${'y'.repeat(600_000)}\r\n`), '5.3.4');
  assert.equal(of(`no header at all\r\n${'y'.repeat(600_000)}\r\n`), undefined);
});
