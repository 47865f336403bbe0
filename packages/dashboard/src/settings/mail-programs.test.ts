import assert from 'node:assert/strict';
import test from 'node:test';
import { isLoopback, mailPrograms, programSteps } from './mail-programs.ts';

const local = { host: '127.0.0.1', port: 2587, security: 'starttls' } as const;

test('every program’s steps name the real host and port', () => {
  for (const { value } of mailPrograms) {
    const text = programSteps(value, local).steps.join(' ');
    assert.match(text, /127\.0\.0\.1/, value);
    assert.match(text, /2587/, value);
  }
});

test('Gmail is said to be out of reach of a loopback server, and only then', () => {
  assert.match(programSteps('gmail', local).note ?? '', /cannot reach 127\.0\.0\.1/);
  assert.equal(programSteps('gmail', { ...local, host: 'mail.example.org' }).note, undefined);
});

test('loopback is known by all its names', () => {
  assert.deepEqual(['localhost', '127.0.0.53', '::1', 'mail.example.org'].map(isLoopback), [
    true,
    true,
    true,
    false,
  ]);
});
