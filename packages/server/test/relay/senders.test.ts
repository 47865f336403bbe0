import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, startTestRelay, submit, timelines, USER } from '../support/relay.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const mailFrom = (header: string): string => `${header}\r\nTo: ann@example.net\r\nSubject: x\r\n\r\nbody\r\n`;

test('users send only from their own addresses, in the envelope and in the header', async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path);
  try {
    await relay.engine.db
      .updateTable('smtp_credentials')
      .set({ allowed_from: JSON.stringify(['sam@example.org', '@example.net']) })
      .where('username', '=', USER)
      .execute();
    const client = await SmtpDialogue.open(relay.submission);
    try {
      assert.match(await client.signIn(USER, PASSWORD), /^235/);
      for (const stranger of ['eve@example.org', 'sam@example.org.example.com', 'x@sub.example.net']) {
        assert.match(await client.command(`MAIL FROM:<${stranger}>`), /^553 5\.7\.1 /, stranger);
        assert.match(await client.command('RCPT TO:<ann@example.net>'), /^503/);
      }
    } finally {
      client.close();
    }
    const own = { from: 'Sam@Example.org' };
    for (const header of [
      'From: eve@example.com',
      'From: sam@example.org\r\nFrom: eve@example.com',
      'From: sam@example.org\r\nSender: eve@example.com',
      'Subject: nobody',
    ]) {
      assert.match(await submit(relay, mailFrom(header), own), /^550 5\.7\.1 This account may/, header);
      assert.match(
        await submit(relay, mailFrom(header), { from: '' }),
        /^550 5\.7\.1 /,
        'nor without a sender',
      );
    }
    for (const blank of [' ', '\t']) {
      const hidden = `${blank}From: eve@example.com\r\nFrom: sam@example.org`;
      assert.match(await submit(relay, mailFrom(hidden), own), /^550 5\.7\.1 /, 'one that some would read');
    }
    assert.equal((await timelines(relay.engine)).length, 0);
    assert.match(await submit(relay, mailFrom('From: Sam <sam@example.org>'), own), /^250/);
    assert.match(
      await submit(relay, mailFrom('From: bob@example.net'), { from: '' }),
      /^250/,
      'a receipt, say',
    );
    assert.match(await submit(relay, mailFrom('From: sam@example.org'), { from: 'x@example.net' }), /^250/);
    assert.equal((await timelines(relay.engine)).length, 3);
  } finally {
    await relay.close();
  }
});

test('an account that is not bound to addresses sends from any, as the demo needs it', async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path);
  try {
    assert.match(
      await submit(relay, mailFrom('From: whoever@example.com'), { from: 'me@example.org' }),
      /^250/,
    );
    assert.match(await submit(relay, mailFrom('X: no author')), /^250/);
  } finally {
    await relay.close();
  }
});
