import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { simpleParser, type ParsedMail } from 'mailparser';
import { MemoryBytes } from '../../src/relay/instrument/byte-source.ts';
import { displayedHtml } from '../../src/relay/instrument/displayed-part.ts';
import {
  instrument,
  restore,
  type InstrumentOptions,
  type InstrumentResult,
} from '../../src/relay/instrument/instrument.ts';
import { surveyHtml } from '../../src/relay/instrument/html-survey.ts';
import { scanMime } from '../../src/relay/instrument/mime-scan.ts';
import { treeLines } from './html-tree.ts';
import { cpuMs } from '../support/cpu-time.ts';

/**
 * Real mail and real HTML: nothing in it may be harmed. Set WAYBILL_CORPUS_DIR to a directory with `eml/` and `html/`,
 * each with an `index.tsv` (file, source, licence, traits).
 */
const DIRECTORY =
  process.env['WAYBILL_CORPUS_DIR'] ?? resolve(import.meta.dirname, '../../../../../shared/data/mail');
const skip = existsSync(join(DIRECTORY, 'eml', 'index.tsv'))
  ? false
  : `no mail corpus in ${DIRECTORY} (set WAYBILL_CORPUS_DIR)`;

interface Sample {
  file: string;
  traits: Set<string>;
  bytes: Buffer;
}

function samples(folder: string): Sample[] {
  const lines = readFileSync(join(DIRECTORY, folder, 'index.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  return lines.map((line) => {
    const [file = '', , , traits = ''] = line.split('\t');
    return { file, traits: new Set(traits.split(';')), bytes: readFileSync(join(DIRECTORY, folder, file)) };
  });
}

const HOST = 'https://track.example.org';
const PIXEL = `${HOST}/o/copy.gif`;
const TRAP = `${HOST}/l/trap?to=${encodeURIComponent(`${HOST}/l/nowhere`)}`;

const OPTIONS: InstrumentOptions = {
  pixelUrl: PIXEL,
  linkUrl: (destination, index) => `${HOST}/l/${index}?to=${encodeURIComponent(destination)}`,
  isTracked: (url) => {
    if (url === PIXEL) return { kind: 'pixel' };
    if (url === TRAP) return { kind: 'trap', destination: `${HOST}/l/nowhere` };
    const to = url.startsWith(`${HOST}/l/`) ? /\?to=(.*)$/.exec(url)?.[1] : undefined;
    return to === undefined ? undefined : { kind: 'link', destination: decodeURIComponent(to) };
  },
};

/** Traits of messages that must stay as they are. */
const UNTOUCHABLE = [
  ...[
    'signed',
    'encrypted',
    'smime',
    'smime-sig',
    'pgp-sig',
    'pgp-enc',
    'inline-pgp',
    'dkim',
    'arc',
    'report',
  ],
  ...['calendar', 'partial', 'external-body', 'plain-only', 'top=multipart/digest', 'top=message/rfc822'],
];

const MS_PER_MB = 50;
/** Below this, the compiler's warming up is measured and not the code. */
const LEAST_MS = 30;

function timed(message: Buffer): { result: InstrumentResult; ms: number } {
  let ms = Infinity;
  for (let round = 0; round < 5; round += 1) {
    let result: InstrumentResult | undefined;
    ms = Math.min(
      ms,
      cpuMs(() => (result = instrument(message, OPTIONS))),
    );
    if (result !== undefined && ms <= allowedMs(message)) return { result, ms };
  }
  return { result: instrument(message, OPTIONS), ms };
}

function allowedMs(message: Buffer): number {
  return Math.max(LEAST_MS, (message.length / 1_000_000) * MS_PER_MB);
}

/** All that a mail program shows or keeps, except the HTML. */
function surroundings({ headerLines, text, attachments }: ParsedMail): unknown {
  return {
    headers: headerLines.map(({ line }) => line),
    text: text ?? '',
    attachments: attachments.map(({ checksum, size, contentType, filename, cid }) => [
      checksum,
      size,
      contentType,
      filename,
      cid,
    ]),
  };
}

describe('real messages', { skip }, () => {
  const results: { sample: Sample; result: InstrumentResult }[] = [];

  before(() => {
    for (const sample of samples('eml')) results.push({ sample, result: instrument(sample.bytes, OPTIONS) });
  });

  const each = (check: (sample: Sample, result: InstrumentResult) => void): void => {
    for (const { sample, result } of results) check(sample, result);
  };
  const eachTouched = (check: (sample: Sample, result: InstrumentResult, html: string) => void): void =>
    each((sample, result) => {
      if (result.touched) check(sample, result, result.html ?? '');
    });

  test('none takes longer than 50 ms a megabyte', () => {
    each(({ file, bytes }) => {
      const { ms } = timed(bytes);
      assert.ok(ms <= allowedMs(bytes), `${file}: ${ms.toFixed(1)} ms for ${bytes.length} bytes`);
    });
  });

  test('those that must stay stay, byte for byte and with a reason', () => {
    each(({ file, traits, bytes }, result) => {
      const untouchable = UNTOUCHABLE.filter((trait) => traits.has(trait));
      if (untouchable.length > 0) assert.equal(result.touched, false, `${file} (${untouchable.join(', ')})`);
      if (result.touched) return;
      assert.ok(result.reason !== null && result.reason.text !== '', file);
      assert.ok(bytes.equals(result.message), file);
    });
  });

  test('most with HTML carry a pixel', () => {
    const able = results.filter(
      ({ sample: { traits } }) =>
        traits.has('html') &&
        !UNTOUCHABLE.some((trait) => traits.has(trait)) &&
        ![...traits].some((trait) => trait.startsWith('defects')),
    );
    const carrying = able.filter(({ result }) => result.pixel !== null);
    assert.ok(carrying.length / able.length > 0.9, `${carrying.length} of ${able.length}`);
  });

  test('no byte outside the displayed HTML part changes, and what is reported restores the input', () => {
    eachTouched(({ file, bytes }, { edits, message }) => {
      const part = displayedHtml(scanMime(new MemoryBytes(bytes)).root);
      assert.ok(part !== undefined, file);
      for (const { offset, removed } of edits) {
        assert.ok(
          offset >= part.bodyStart && offset + removed.length <= part.bodyEnd,
          `${file}: edit at ${offset}`,
        );
      }
      assert.ok(bytes.equals(restore(message, edits)), file);
    });
  });

  test('lines do not get longer than they may be, and line ends stay those of the part', () => {
    eachTouched(({ file, bytes }, { message }) => {
      const longest = (some: Buffer): number =>
        Math.max(
          ...some
            .toString('latin1')
            .split('\n')
            .map((line) => line.replace(/\r$/, '').length),
        );
      const whole = Buffer.from(message);
      assert.ok(longest(whole) <= Math.max(998, longest(bytes)), file);
      const kinds = (some: Buffer): [boolean, boolean] => [
        some.includes('\r\n'),
        /(?:^|[^\r])\n/.test(some.toString('latin1')),
      ];
      assert.deepEqual(kinds(whole), kinds(bytes), file);
    });
  });

  test('a second pass changes nothing', () => {
    eachTouched(({ file }, { message, links }) => {
      const again = instrument(message, OPTIONS);
      assert.ok(Buffer.from(message).equals(again.message), file);
      assert.deepEqual(again.links, links, file);
    });
  });

  test('each link is tracked or named with the reason why it is not', () => {
    eachTouched(({ file, bytes }, { links, untouchedLinks }, html) => {
      const plain = surveyHtml(instrument(bytes, { pixelUrl: null, linkUrl: null }).html ?? '');
      const own = new Set(links.map(({ to }) => to));
      const tracked = surveyHtml(html).links.filter(({ href }) => own.has(href));
      const all = plain.links.length + plain.otherLinks.length;
      assert.equal(tracked.length + untouchedLinks.length, all, file);
    });
  });

  test('a parser sees the same tree but for the pixel and the links’ addresses', () => {
    eachTouched(({ file, bytes }, { links, pixel }, html) => {
      const plain = instrument(bytes, { pixelUrl: null, linkUrl: null });
      assert.deepEqual(treeLines(html, { pixel, links }), treeLines(plain.html ?? ''), file);
    });
  });

  test('all of this holds with a link that nobody can see', (t) => {
    let trapped = 0;
    for (const { sample, result: without } of results) {
      const { file, bytes } = sample;
      const options = { ...OPTIONS, trapUrl: TRAP };
      const once = instrument(bytes, options);
      assert.deepEqual([once.pixel, once.links], [without.pixel, without.links], file);
      assert.ok(bytes.equals(restore(once.message, once.edits)), file);
      assert.ok(Buffer.from(once.message).equals(instrument(once.message, options).message), file);
      const html = once.html ?? '';
      if (!html.includes('/l/trap?')) continue;
      trapped += 1;
      const { pixel, links } = once;
      const plain = treeLines(instrument(bytes, { pixelUrl: null, linkUrl: null }).html ?? '');
      assert.deepEqual(treeLines(html, { pixel, links, trap: TRAP }), plain, file);
      // Where a tag's line was broken is not known any more.
      const off = instrument(once.message, OPTIONS).html ?? '';
      assert.deepEqual(treeLines(off, { pixel, links }), plain, `${file}, taken out again`);
    }
    assert.ok(trapped > 0);
    t.diagnostic(`${trapped} of ${results.length} messages carried one`);
  });

  test('mailparser reads the same header, text and attachments, and the HTML with our addresses', async () => {
    // The text it would make of the HTML holds the links.
    const parse = (message: Uint8Array): Promise<ParsedMail> =>
      simpleParser(Buffer.from(message), { skipHtmlToText: true });
    for (const { sample, result } of results) {
      if (!result.touched) continue;
      const is = await parse(result.message);
      assert.deepEqual(surroundings(is), surroundings(await parse(sample.bytes)), sample.file);
      const html = is.html === false ? '' : (is.html ?? '');
      if (result.pixel !== null) assert.ok(html.includes(PIXEL), sample.file);
      for (const { to } of result.links) assert.ok(html.includes(to), `${sample.file}: ${to}`);
    }
  });

  test('Python’s email package reads the same parts and headers', (t) => {
    const script = join(import.meta.dirname, 'read-with-python.py');
    const lines: string[] = [];
    eachTouched(({ file, bytes }, { message }) => {
      lines.push(
        JSON.stringify({ file, was: bytes.toString('base64'), now: Buffer.from(message).toString('base64') }),
      );
    });
    const { error, status, stdout, stderr } = spawnSync('python3', [script], {
      input: lines.join('\n'),
      encoding: 'utf8',
    });
    if (error !== undefined) {
      t.skip('no python3 here');
      return;
    }
    assert.equal(stderr, '');
    assert.equal(stdout, '');
    assert.equal(status, 0);
  });

  test('each link leads to where it led', () => {
    eachTouched(({ file }, { links }) => {
      for (const { from, to } of links) assert.equal(new URL(to).searchParams.get('to'), from, file);
    });
  });
});

describe('real HTML templates', { skip }, () => {
  for (const encoding of ['base64', '8bit'] as const) {
    test(`sent in ${encoding}, a parser sees the same tree but for the pixel and the links’ addresses`, () => {
      for (const { file, bytes } of samples('html')) {
        const charset = /utf-16be/i.test(file) ? 'utf-16be' : file.includes('utf-16') ? 'utf-16' : 'utf-8';
        if (encoding === '8bit' && charset !== 'utf-8') continue;
        const header = `Content-Type: text/html; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
        const body =
          encoding === '8bit'
            ? bytes
            : Buffer.from(bytes.toString('base64').replaceAll(/.{76}(?=.)/g, '$&\r\n'));
        const message = Buffer.concat([Buffer.from(header), body]);
        const { pixel, links, html, reason } = instrument(message, OPTIONS);
        assert.equal(reason, null, file);
        const plain = instrument(message, { pixelUrl: null, linkUrl: null });
        assert.deepEqual(treeLines(html ?? '', { pixel, links }), treeLines(plain.html ?? ''), file);
      }
    });
  }
});
