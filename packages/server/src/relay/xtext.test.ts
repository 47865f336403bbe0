import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withUnicodeXtext } from './xtext.ts';

const changed = (command: string): string => withUnicodeXtext(Buffer.from(command)).toString();

test('characters beyond ASCII come out of xtext whole', () => {
  assert.equal(
    changed('RCPT TO:<groß@example.org> ORCPT=rfc822;gro+C3+9F@example.org'),
    'RCPT TO:<groß@example.org> ORCPT=rfc822;groß@example.org',
  );
  assert.equal(changed('MAIL FROM:<> ENVID=+E2+9C+93'), 'MAIL FROM:<> ENVID=✓');
});

test('addresses, and what is ASCII or no UTF-8, are left to the parser', () => {
  for (const command of [
    'MAIL FROM:<> ENVID=a+2Bb+3D+0D+0A',
    'MAIL FROM:<> ENVID=+C3+28+FF',
    'MAIL FROM:<> ENVID=+C3',
    'RCPT TO:<a+C3+9F@example.org>',
  ]) {
    assert.equal(changed(command), command);
  }
});
