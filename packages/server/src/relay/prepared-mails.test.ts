import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instrument, type InstrumentOptions } from './instrument/instrument.ts';
import { PreparedMails, readMail } from './prepared-mails.ts';

const OPTIONS: InstrumentOptions = {
  pixelUrl: 'https://track.example.org/o/copy.gif',
  linkUrl: (destination, index) =>
    `https://track.example.org/l/${index}?to=${encodeURIComponent(destination)}`,
};

/** Nothing but links. */
function mailOf(sizeBytes: number): Buffer {
  const links = Array.from({ length: sizeBytes / 25 }, (_, index) => `<a href="http://a/${index}">x</a>\r\n`);
  return Buffer.from(`Content-Type: text/html\r\n\r\n${links.join('')}`);
}

/** How long some work takes, and the longest time that nothing else can run meanwhile. */
async function watched(work: () => Promise<unknown>): Promise<{ wholeMs: number; longestMs: number }> {
  let isDone = false;
  let longestMs = 0;
  const start = performance.now();
  let last = start;
  const look = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (!isDone) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isDone = true;
  look();
  return { wholeMs: performance.now() - start, longestMs };
}

test('while a mail of nothing but links is read, others get their turn', async () => {
  const mail = mailOf(8_000_000);
  let share = 1;
  // A machine that is busy elsewhere holds everybody up now and then.
  for (let round = 0; round < 5 && share > 0.3; round += 1) {
    const { wholeMs, longestMs } = await watched(() => readMail(mail));
    share = longestMs / wholeMs;
  }
  assert.ok(share <= 0.3, `the loop was held for ${Math.round(share * 100)} % of it`);
});

test('a mail that was read in turns makes the same copies', async () => {
  const mail = mailOf(400_000);
  const copy = instrument(await readMail(mail), OPTIONS);
  assert.deepEqual(Buffer.from(copy.message), Buffer.from(instrument(mail, OPTIONS).message));
});

test('a large mail is read once, however many want it at the same time', async () => {
  const mails = new PreparedMails();
  const mail = mailOf(400_000);
  const [one, other] = await Promise.all([mails.of(mail, () => false), mails.of(mail, () => false)]);
  assert.equal(one, other);
});
