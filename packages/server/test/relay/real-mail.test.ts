import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { isRemovedField } from '../../src/relay/mail-reading.ts';
import { withoutFields } from '../../src/relay/header-block.ts';
import { lineEndTrouble } from '../../src/relay/line-ends.ts';
import { PASSWORD, startTestRelay, USER } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const CORPUS = join(
  process.env['WAYBILL_CORPUS_DIR'] ?? resolve(import.meta.dirname, '../../../../../shared/data/mail'),
  'eml',
);
const skip = existsSync(CORPUS) ? false : `no mail corpus in ${CORPUS} (WAYBILL_CORPUS_DIR names one)`;

test('every real mail gets through, and what is not touched arrives byte for byte', { skip }, async (t) => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const relay = await startTestRelay(directory.path, {
    settings: {
      publicUrl: 'https://track.example.org',
      smarthostUrl: smarthost.url,
      maxMessageBytes: 50_000_000,
    },
  });
  const client = await SmtpDialogue.open(relay.submission);
  const sent = new Map<string, Buffer>();
  try {
    await client.signIn(USER, PASSWORD);
    const files = readdirSync(CORPUS).filter((name) => !name.endsWith('.tsv'));
    for (const [n, name] of files.entries()) {
      const raw = asSubmitted(readFileSync(join(CORPUS, name)));
      const recipient = `r${n}@example.net`;
      await client.command('MAIL FROM:<sender@example.org>');
      await client.command(`RCPT TO:<${recipient}>`);
      await client.command('DATA');
      client.write(`${raw.toString('latin1').replaceAll(/^\./gm, '..')}.\r\n`);
      const isClean = lineEndTrouble(raw) === undefined;
      assert.match(await client.reply(), isClean ? /^250/ : /^550 5\.6\.0/, name);
      if (isClean) sent.set(recipient, raw);
    }
    await eventually('all have arrived', async () => smarthost.mails.length === sent.size, 60_000);
    const arrived = new Map(smarthost.mails.map(({ to, raw }) => [to.join(), raw]));
    const deliveries = await relay.engine.db.selectFrom('deliveries').selectAll().execute();
    const untouched = deliveries.filter((delivery) => delivery.untouched_code !== null);
    for (const { recipient } of untouched) {
      const kept = withoutFields(sent.get(recipient) ?? Buffer.alloc(0), isRemovedField);
      assert.ok(
        arrived.get(recipient) === Buffer.from(kept).toString('latin1'),
        `what arrived for ${recipient} is not what was submitted`,
      );
    }
    for (const { recipient, pixel_url: pixel } of deliveries) {
      if (pixel !== null) assert.notEqual(arrived.get(recipient), sent.get(recipient)?.toString('latin1'));
    }
    assert.ok(untouched.length > 0 && untouched.length < deliveries.length);
    t.diagnostic(
      `${sent.size} of ${files.length} mails accepted, ${untouched.length} of them passed untouched`,
    );
  } finally {
    client.close();
    await relay.close();
    await smarthost.close();
  }
});

/** As a mail program would send it: lines end with CRLF. Stray CR and NUL stay, to be refused. */
function asSubmitted(file: Buffer): Buffer {
  const text = file.toString('latin1').replaceAll(/(?<!\r)\n/g, '\r\n');
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}
