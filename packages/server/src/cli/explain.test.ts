import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import type { Lookup } from '../truth/truth.ts';
import { explain, run } from './explain.ts';

const lookup: Lookup = {
  network: () => ({ kind: 'access', owner: 'Example Telecom' }),
  place: () => ({ grain: 'country', country: 'DE' }),
  ranges: () => [],
};
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** A reader of the output that takes its time. */
class SlowSink extends Writable {
  text = '';
  most = 0;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    this.most = Math.max(this.most, this.writableLength);
    setImmediate(done);
  }

  get lines(): unknown[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  }
}

async function explained(
  ...lines: (string | object)[]
): Promise<{ good: boolean; lines: Record<string, unknown>[] }> {
  const sink = new SlowSink();
  const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const good = await explain(Readable.from([input]), sink, lookup);
  return { good, lines: sink.lines as Record<string, unknown>[] };
}

test('each hit gives one line with actor, confidence, client, network, place and reasons', async () => {
  const { good, lines } = await explained({
    kind: 'open',
    method: 'GET',
    userAgent: CHROME,
    ip: '198.51.100.7',
    headers: null,
    secondsAfterSend: 900,
  });
  assert.equal(good, true);
  assert.equal(lines.length, 1);
  assert.deepEqual(Object.keys(lines[0] ?? {}).sort(), [
    'actor',
    'client',
    'confidence',
    'network',
    'place',
    'reasons',
  ]);
  assert.equal(lines[0]?.['actor'], 'human');
});

test('any field may be null or absent', async () => {
  const { good, lines } = await explained(
    { kind: 'open' },
    {
      kind: 'click',
      method: null,
      userAgent: null,
      ip: null,
      headers: null,
      secondsAfterSend: null,
      sequence: null,
      link: null,
      linkCount: null,
      honeypot: null,
    },
    {},
  );
  assert.equal(good, true);
  assert.deepEqual(
    lines.map(({ actor }) => actor),
    ['unknown', 'unknown', 'unknown'],
  );
});

test('adjacent hits of one sequence are judged together, others are not', async () => {
  const click = (sequence: string | null, link: string): object => ({
    kind: 'click',
    userAgent: CHROME,
    secondsAfterSend: 50,
    sequence,
    link,
  });
  const together = await explained(click('s', 'a'), click('s', 'b'), click('s', 'c'), click('t', 'd'));
  assert.deepEqual(
    together.lines.map(({ actor }) => actor),
    ['scanner', 'scanner', 'scanner', 'human'],
  );
  const alone = await explained(click(null, 'a'), click(null, 'b'), click(null, 'c'));
  assert.deepEqual(
    alone.lines.map(({ actor }) => actor),
    ['human', 'human', 'human'],
  );
});

test('a trap is known by its mark or by its name', async () => {
  const click = { kind: 'click', userAgent: CHROME, ip: '198.51.100.7' };
  const { lines } = await explained(
    { ...click, link: 'x', honeypot: true },
    { ...click, link: 'Honeypot' },
    { ...click, link: 'x', honeypot: false },
  );
  assert.deepEqual(
    lines.map(({ actor }) => actor),
    ['scanner', 'scanner', 'human'],
  );
});

test('a line that is no hit gives an error in its place and a failure at the end', async () => {
  const { good, lines } = await explained(
    { kind: 'open', userAgent: 'curl/8.0' },
    '{"kind":',
    { kind: 'view' },
    [1],
    { kind: 'open', userAgent: 'curl/8.0' },
  );
  assert.equal(good, false);
  assert.equal(lines.length, 5);
  assert.deepEqual(
    lines.map((line) => line['line'] ?? line['actor']),
    ['automation', 2, 3, 4, 'automation'],
  );
  assert.match(String(lines[2]?.['error']), /kind/);
  for (const line of lines) {
    for (const field of ['actor', 'confidence', 'client', 'network', 'place', 'reasons'])
      assert.ok(field in line, `${field} in ${JSON.stringify(line)}`);
  }
});

test('a line that is no hit does not part the sequence around it', async () => {
  const click = (link: string): object => ({
    kind: 'click',
    userAgent: CHROME,
    secondsAfterSend: 50,
    sequence: 's',
    link,
  });
  const { lines } = await explained(click('a'), 'oh', click('b'), click('c'));
  assert.deepEqual(
    lines.map(({ actor }) => actor),
    ['scanner', 'unknown', 'scanner', 'scanner'],
  );
});

test('an endless line is an error and costs no memory', async () => {
  function* endless(): Generator<string> {
    for (let i = 0; i < 200; i += 1) yield 'x'.repeat(100_000);
    yield '\n{"kind":"open","userAgent":"curl/8.0"}\n';
  }
  const sink = new SlowSink();
  assert.equal(await explain(Readable.from(endless()), sink, lookup), false);
  const [bad, good] = sink.lines as Record<string, unknown>[];
  assert.match(String(bad?.['error']), /longer than/);
  assert.equal(good?.['actor'], 'automation');
});

test('header names are read in any letter case', async () => {
  const { lines } = await explained({
    kind: 'open',
    userAgent: CHROME,
    ip: '198.51.100.7',
    headers: { 'Sec-Purpose': 'prefetch' },
  });
  assert.equal(lines[0]?.['actor'], 'prefetch');
});

test('a long stream is written in order and no faster than it is read', async () => {
  const count = 20_000;
  function* hits(): Generator<string> {
    for (let i = 0; i < count; i += 1)
      yield `${JSON.stringify({ kind: 'open', userAgent: i % 2 === 0 ? 'curl/8.0' : CHROME })}\n`;
  }
  const sink = new SlowSink();
  assert.equal(await explain(Readable.from(hits()), sink, lookup), true);
  const { lines } = sink;
  assert.equal(lines.length, count);
  assert.ok(
    lines.every((line, i) => (line as { actor: string }).actor === (i % 2 === 0 ? 'automation' : 'human')),
  );
  assert.ok(sink.most < 1_000_000, `${sink.most} bytes waited`);
});

test('a multi-byte letter cut in two by the stream stays whole, and a last line without its end counts', async () => {
  const bytes = Buffer.from(JSON.stringify({ kind: 'open', userAgent: 'Müller-Fetch/1.0' }));
  const sink = new SlowSink();
  await explain(Readable.from(Array.from(bytes, (byte) => Buffer.of(byte))), sink, lookup);
  assert.match(sink.text, /Müller/);
});

test('the command leaves with 1 when a line was no hit and with 2 when it is called wrongly', async () => {
  const io = (text: string): Parameters<typeof run>[1] => ({
    stdin: Readable.from([text]),
    stdout: new SlowSink(),
    stderr: new SlowSink(),
  });
  assert.equal(await run([], io('{"kind":"open"}\n'), lookup), 0);
  assert.equal(await run([], io('oh\n'), lookup), 1);
  assert.equal(await run(['--what'], io(''), lookup), 2);
  assert.equal(await run(['hits.jsonl'], io(''), lookup), 2);
  const asked = io('');
  assert.equal(await run(['--help'], asked, lookup), 0);
  assert.match((asked.stdout as SlowSink).text, /^Usage: waybill explain/);
});
