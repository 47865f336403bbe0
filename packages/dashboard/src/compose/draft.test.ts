import assert from 'node:assert/strict';
import test from 'node:test';
import { createMessageOf, emptyDraft, hasBody, isSimpleHtml, previewOf } from './draft.ts';

const draft = {
  ...emptyDraft,
  from: 'Me <me@x.org>',
  to: 'a@x.org, b@x.org',
  subject: ' Offer ',
  html: '<p>Hi</p>',
  text: 'Hi',
};

test('a draft becomes a request without the fields that are empty', () => {
  assert.deepEqual(createMessageOf(draft, true), {
    from: 'Me <me@x.org>',
    to: ['a@x.org', 'b@x.org'],
    subject: 'Offer',
    html: '<p>Hi</p>',
    text: 'Hi',
    send: true,
  });
});

test('plain text goes without HTML, hand-written HTML without a stale text', () => {
  assert.equal(createMessageOf({ ...draft, kind: 'text' }, true).html, undefined);
  assert.equal(createMessageOf({ ...draft, kind: 'html' }, true).text, undefined);
});

test('a preview does not wait for complete addresses', () => {
  const preview = previewOf({ ...draft, from: 'Me <me', to: 'a@' }, 'me@x.org');
  assert.equal(preview.from, 'me@x.org');
  assert.equal('to' in preview, false);
});

test('an editor that was emptied has no body', () => {
  assert.equal(hasBody({ ...draft, html: '<p><br></p>' }), false);
  assert.equal(hasBody(draft), true);
});

test('HTML beyond the editor’s means stays in the source', () => {
  assert.equal(isSimpleHtml('<p>Hi <a href="https://x.org">there</a></p>'), true);
  for (const html of [
    '<table><tr><td>x</td></tr></table>',
    '<p style="color:red">x</p>',
    '<p onclick="x()">x</p>',
    '<!doctype html><p>x</p>',
  ]) {
    assert.equal(isSimpleHtml(html), false, html);
  }
});
