import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlainText } from '../../src/relay/instrument/instrument.ts';
import { startTestRelay, submit } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const MAIL = [
  'From: sender@example.org',
  'To: ann@example.net',
  'Subject: plain',
  'Message-ID: <plain@example.org>',
  'Date: Mon, 1 Nov 2027 10:00:00 +0000',
  '',
  'See https://example.com/offer',
  '',
].join('\r\n');

/** What two recipients get of the mail, and what is known of its deliveries. */
async function sent(plainText?: PlainText) {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const relay = await startTestRelay(directory.path, {
    settings: {
      publicUrl: 'https://track.example.org',
      smarthostUrl: smarthost.url,
      ...(plainText === undefined ? {} : { plainText }),
    },
  });
  try {
    await submit(relay, MAIL, { to: ['ann@example.net', 'bob@example.net'] });
    const mails = await eventually('both copies', async () => smarthost.mails.length >= 2 && smarthost.mails);
    const rows = await relay.engine.db.selectFrom('deliveries').selectAll().execute();
    return {
      // A token's dash that comes to stand at the beginning of a line is encoded.
      copies: mails.map(({ raw }) => raw.replaceAll('=\r\n', '').replaceAll('=2D', '-')),
      pixels: rows.map(({ pixel_url }) => pixel_url),
    };
  } finally {
    await relay.close();
    await smarthost.close();
  }
}

test('plain text goes out as it came', async () => {
  const { copies, pixels } = await sent();
  for (const copy of copies) assert.ok(copy.endsWith(MAIL.slice(MAIL.indexOf('From:'))));
  assert.deepEqual(pixels, [null, null]);
});

test('plain text with tracked links, other ones for each recipient', async () => {
  const { copies, pixels } = await sent('links');
  const links = copies.map(
    (copy) => /^See (https:\/\/track\.example\.org\/l\/\S+)\r$/m.exec(copy)?.[1] ?? '',
  );
  for (const link of links) assert.equal(new URL(link).searchParams.get('to'), 'https://example.com/offer');
  assert.notEqual(links[0], links[1]);
  assert.deepEqual(pixels, [null, null]);
});

test('plain text with HTML beside it that carries the recipient’s pixel', async () => {
  const { copies, pixels } = await sent('alternative');
  const loaded = copies.map((copy) => /https:\/\/track\.example\.org\/o\/[\w-]+\.gif/.exec(copy)?.[0]);
  for (const copy of copies) {
    assert.match(copy, /^Content-Type: multipart\/alternative; boundary="waybill-/m);
    assert.match(copy, /\r\n\r\nSee https:\/\/example\.com\/offer\r\n\r\n--waybill-/);
  }
  assert.deepEqual(loaded.toSorted(), pixels.toSorted());
});
