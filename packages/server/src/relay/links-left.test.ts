import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkReason } from './instrument/link-reasons.ts';
import { linksLeft } from './links-left.ts';

const left = (code: Parameters<typeof linkReason>[0], url: string) => ({ url, reason: linkReason(code) });

test('of links that stay, the first are kept with their reasons, and all are counted', () => {
  assert.equal(linksLeft([]), undefined);
  const many = Array.from({ length: 5_000 }, (_, n) => left('mailto', `mailto:r${n}@example.net`));
  const kept = linksLeft([left('in-page', '#top'), ...many, left('empty', '')]);
  assert.deepEqual(kept?.counts, [
    ['in-page', 1],
    ['mailto', 5_000],
    ['empty', 1],
  ]);
  assert.equal(kept?.first.length, 100);
  assert.deepEqual(kept?.first.slice(0, 2), [
    ['in-page', '#top'],
    ['mailto', 'mailto:r0@example.net'],
  ]);
});

test('however long they are, a row does not grow by more than some kilobytes', () => {
  const long = Array.from({ length: 200 }, () => left('too-long', `https://example.org/${'x'.repeat(500)}`));
  const kept = linksLeft(long);
  assert.ok(JSON.stringify(kept).length < 8_000);
  assert.equal(kept?.first[0]?.[1].length, 201);
});

test('what would work for whoever has it is not kept', () => {
  const kept = linksLeft([
    left('marked', 'https://shop.example/sign-in?token=secret'),
    left('unsubscribe', 'mailto:leave-secret@lists.example'),
    left('unsubscribe', 'https://lists.example'),
    left('marked', 'https://shop.example#secret'),
  ]);
  assert.deepEqual(
    kept?.first.map(([, url]) => url),
    ['https://shop.example/…', 'mailto:…', 'https://lists.example', 'https://shop.example/…'],
  );
});
