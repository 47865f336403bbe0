import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestRelay, timelines } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const MAIL =
  'Received: from a by b; Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: sam@example.org\r\nTo: ann@example.net\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n<html><body><p>Hello</p></body></html>\r\n';

test('the filter takes mail of known servers without signing in: our domains are tracked, others pass', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const relay = await startTestRelay(directory.path, {
    settings: {
      publicUrl: 'https://track.example.org',
      smarthostUrl: smarthost.url,
      filter: { host: '127.0.0.1', port: 0 },
      filterDomains: ['example.org'],
    },
  });
  const { filter } = relay.relay;
  assert.ok(filter);
  const client = await SmtpDialogue.open(filter);
  try {
    assert.doesNotMatch(await client.command('EHLO mx.example.org'), /AUTH/);
    for (const from of ['sam@Example.ORG', 'stranger@example.com', '']) {
      assert.match(await client.command(`MAIL FROM:<${from}>`), /^250/);
      assert.match(await client.command('RCPT TO:<ann@example.net>'), /^250/);
      await client.command('DATA');
      client.write(`${MAIL}.\r\n`);
      assert.match(await client.reply(), /^250/);
    }
    await eventually('all three are passed on', async () => smarthost.mails.length === 3);
    const by = (sender: string) => smarthost.mails.find(({ from }) => from === sender)?.raw;
    assert.match(by('sam@Example.ORG') ?? '', /track\.example\.org\/o\//);
    assert.match(by('sam@Example.ORG') ?? '', /^Received: from a by b/, 'nothing is put in front');
    assert.equal(by('stranger@example.com'), MAIL);
    assert.equal(by(''), MAIL);
    const rows = await timelines(relay.engine);
    assert.equal(rows.length, 1, 'mail of others is not in the messages');
  } finally {
    client.close();
    await relay.close();
    await smarthost.close();
  }
});

test('a stranger is turned away from the filter with the greeting', async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path, {
    settings: { filter: { host: '127.0.0.1', port: 0 }, filterNetworks: ['192.0.2.0/24', '2001:db8::/32'] },
  });
  try {
    assert.ok(relay.relay.filter);
    await assert.rejects(SmtpDialogue.open(relay.relay.filter), /^Error: 554 5\.7\.1/);
  } finally {
    await relay.close();
  }
});
