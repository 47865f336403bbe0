import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGLISH } from './recipient-page-english.ts';
import { wordsFor } from './recipient-page-language.ts';

const spoken = (header: string | undefined): string => wordsFor(header).locale;

test('the page speaks the language that the reader asks for first, among those it knows', () => {
  assert.equal(spoken('de-CH, en;q=0.8'), 'de');
  assert.equal(spoken('en-US,en;q=0.9,fr;q=0.8'), 'en-GB');
  assert.equal(spoken('it, es;q=0.5, fr;q=0.7'), 'fr');
  assert.equal(spoken('es'), 'es');
  assert.equal(spoken('FR-ca ; q=0.3, de ; q=0.2'), 'fr');
});

test('English is spoken where nothing else is asked for, or nothing that is known or sensible', () => {
  for (const header of [
    undefined,
    '',
    '*',
    'ja, ko;q=0.5',
    'de;q=0',
    'constructor',
    ';;;,,,q=1',
    'de'.repeat(900),
  ]) {
    assert.equal(spoken(header), 'en-GB', header ?? 'no header');
  }
});

/** Every sentence of a language, with examples put into those that take some. */
function sentences(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const call = value as (...args: unknown[]) => string;
    return [
      [`${path}(1)`, call(1, 1)],
      [`${path}(many)`, call(30, 30)],
    ];
  }
  return Object.entries(value as object).flatMap(([key, part]) => sentences(part, `${path}.${key}`));
}

for (const language of ['de', 'fr', 'es']) {
  test(`nothing of the page in ${language} is missing, left in English, or ends otherwise than in English`, () => {
    const english = new Map(sentences(ENGLISH));
    const own = sentences(wordsFor(language));
    assert.deepEqual(
      own.map(([path]) => path),
      [...english.keys()],
    );
    for (const [path, text] of own) {
      const original = english.get(path) ?? '';
      if (original.length > 12) assert.notEqual(text, original, path);
      assert.equal(text.endsWith('.'), original.endsWith('.'), path);
      assert.ok(text.includes('30') || !original.includes('30'), path);
      assert.equal(text, text.normalize('NFC'), path);
    }
  });
}
