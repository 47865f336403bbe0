import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandRefusal, mailRefusal, rcptRefusal, verbOf } from './command-line.ts';

const reply = (refusal: { code: number; enhanced: string } | undefined): string | undefined =>
  refusal && `${refusal.code} ${refusal.enhanced}`;

test('control characters, overlong lines and broken UTF-8 are no commands', () => {
  const of = (line: string | Buffer) => reply(commandRefusal(Buffer.from(line)));
  assert.equal(of('NOOP'), undefined);
  assert.equal(of('MAIL FROM:<jörg@example.org> SMTPUTF8'), undefined);
  for (const line of [
    'NOOP\rQUIT',
    'NOOP\0',
    'MAIL FROM:<a@b.c>\rRCPT TO:<x@y.z>',
    'RCPT TO:<a@b.c>\u007f',
    'NO\u001bOP',
  ]) {
    assert.equal(of(line), '500 5.5.2', JSON.stringify(line));
  }
  assert.equal(of(Buffer.from([0x4e, 0x4f, 0x4f, 0x50, 0x20, 0xff])), '500 5.5.2');
  assert.equal(of(`NOOP ${'x'.repeat(2_044)}`), '500 5.5.2');
  assert.equal(of(`AUTH PLAIN ${'x'.repeat(4_000)}`), undefined);
});

test('what other servers may offer and this one does not is answered as such', () => {
  for (const verb of ['EXPN list', 'BDAT 5 LAST', 'etrn x', 'TURN', 'SEND FROM:<a@b.c>']) {
    assert.equal(reply(commandRefusal(Buffer.from(verb))), '502 5.5.1', verb);
  }
  assert.equal(verbOf(Buffer.from('rcpt TO:<a@b.c>')), 'RCPT');
});

test('MAIL takes the parameters of the offered extensions, once each and well formed', () => {
  const of = (parameters: string, address = 'a@example.org') =>
    reply(mailRefusal(`MAIL FROM:<${address}>${parameters}`));
  for (const good of [
    '',
    ' SIZE=0',
    ' BODY=8bitmime SMTPUTF8 SIZE=12345678901234567890',
    ' RET=hdrs ENVID=a+2Bb',
    ' AUTH=<>',
    ' AUTH=e+3Dmc2@example.com',
    ` ENVID=${'x'.repeat(100)}`,
  ]) {
    assert.equal(of(good), undefined, good);
  }
  for (const bad of [
    ' SIZE',
    ' SIZE=',
    ' SIZE=-1',
    ' SIZE=1e3',
    ' BODY=BINARYMIME',
    ' SMTPUTF8=yes',
    ' RET=BODY',
    ' RET=FULL RET=FULL',
    ' ENVID=',
    ' ENVID=a+2b',
    ' ENVID=a+',
    ' ENVID=a+GG',
    ' ENVID=a=b',
    ' ENVID=a+0D+0Ab',
    ' ENVID=a+00',
    ' ENVID=ä',
    ` ENVID=${'x'.repeat(101)}`,
    ' size=1 SIZE=1',
  ]) {
    assert.equal(of(bad), '501 5.5.4', bad);
  }
  for (const unknown of [
    ' NOTIFY=NEVER',
    ' REQUIRETLS',
    ' HOLDFOR=60',
    ' =x',
    ' __PROTO__=1',
    ' constructor',
  ]) {
    assert.equal(of(unknown), '555 5.5.4', unknown);
  }
});

test('RCPT takes NOTIFY and ORCPT as RFC 3461 writes them', () => {
  const of = (parameters: string, smtpUtf8 = false) =>
    reply(rcptRefusal(`RCPT TO:<a@example.org>${parameters}`, smtpUtf8));
  for (const good of [
    '',
    ' NOTIFY=NEVER',
    ' NOTIFY=success,Failure,DELAY',
    ' ORCPT=rfc822;a@example.org',
    ' ORCPT=rfc822;a+2Bb@example.org NOTIFY=DELAY',
    ' ORCPT=rfc822;j+C3+B6rg@example.org',
    String.raw` ORCPT=utf-8;j\x{F6}rg@example.org`,
  ]) {
    assert.equal(of(good), undefined, good);
  }
  assert.equal(of(' ORCPT=utf-8;jörg@example.org', true), undefined);
  for (const bad of [
    ' NOTIFY',
    ' NOTIFY=',
    ' NOTIFY=NEVER,DELAY',
    ' NOTIFY=DELAY,NEVER',
    ' NOTIFY=ALWAYS',
    ' NOTIFY=SUCCESS,',
    ' NOTIFY=DELAY NOTIFY=DELAY',
    ' ORCPT=a@example.org',
    ' ORCPT=rfc822;',
    ' ORCPT=;a@example.org',
    ' ORCPT=rfc822;a+0Ab@example.org',
    ' ORCPT=rfc822;a+xyz',
    ' ORCPT=rfc822;a+7Fb@example.org',
    ' ORCPT=rfc822;a+C2+85b@example.org',
    ' ORCPT=rfc822;a+C3@example.org',
    ' ORCPT=utf-8;jörg@example.org',
    ` ORCPT=rfc822;${'x'.repeat(500)}`,
  ]) {
    assert.equal(of(bad), '501 5.5.4', bad);
  }
  assert.equal(of(' SIZE=5'), '555 5.5.4');
});

test('an address beyond ASCII needs SMTPUTF8, and a false IDNA name is no domain', () => {
  assert.equal(reply(mailRefusal('MAIL FROM:<jörg@example.org>')), '553 5.6.7');
  assert.equal(reply(rcptRefusal('RCPT TO:<a@exämple.org>', false)), '553 5.6.7');
  assert.equal(rcptRefusal('RCPT TO:<a@exämple.org>', true), undefined);
  assert.equal(rcptRefusal('RCPT TO:<a@xn--exmple-cua.org>', false), undefined);
  // Decoded, this is "example" in full-width letters, which on the way out would become plain example.org.
  assert.equal(reply(rcptRefusal('RCPT TO:<a@xn--mi7chab1aes7c.org>', false)), '501 5.1.3');
  assert.equal(reply(mailRefusal('MAIL FROM:<a@XN--MI7CHAB1AES7C.org>')), '501 5.1.7');
  assert.equal(reply(mailRefusal('MAIL FROM:<a@xn--.org>')), '501 5.1.7');
});
