import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../kernel/ids.ts';
import { sentCopy, type SentMailboxes } from './sent-copy.ts';

const RAW = Buffer.from(
  'From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nBcc: cleo@example.com\r\nMessage-ID: <1@example.org>\r\n' +
    'Content-Type: text/html\r\n\r\n<p>Hello</p>\r\n<img src="https://track.example.org/o/old.gif">' +
    '<a href="https://track.example.org/l/old?to=https://example.com/">x</a>\r\n',
);
const MAILBOXES: SentMailboxes = {
  copyOf: ({ from }) => (from === 'ann@example.org' ? { accountId: 'ann', afterMs: 60 } : undefined),
  wake: () => {},
};
const MAIL = {
  workspaceId: 1 as WorkspaceId,
  from: 'ann@example.org',
  source: 'submission' as const,
  raw: RAW,
  added: [],
  recipients: ['bob@example.net', 'cleo@example.com'],
  named: ['Bob <bob@example.net>'],
  messageIdHeader: '<1@example.org>',
  newMessageIdHeader: () => '<new@example.org>',
  acceptedAt: 1_000,
  isTracked: () => undefined,
};

test('the copy is the mail as its author wrote it', async () => {
  const copy = await sentCopy(MAILBOXES, MAIL);
  assert.equal(copy?.raw, RAW);
  assert.deepEqual([copy.accountId, copy.messageIdHeader, copy.dueAt], ['ann', '<1@example.org>', 1_060]);
});

test('nobody gets a copy of somebody else’s mail', async () => {
  assert.equal(await sentCopy(MAILBOXES, { ...MAIL, from: 'bob@example.org' }), undefined);
  assert.equal(await sentCopy(undefined, MAIL), undefined);
});

test('what the sent mail got, the copy has, and a Message-ID in any case', async () => {
  const bare = { ...MAIL, messageIdHeader: null, added: ['Date: Mon, 23 Nov 2026 10:00:00 +0000'] };
  const text = Buffer.from((await sentCopy(MAILBOXES, bare))?.raw ?? []).toString('latin1');
  assert.ok(
    text.startsWith('Message-ID: <new@example.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nFrom: Ann'),
  );
});

test('our pixels and links in quoted text are restored, and nothing else is', async () => {
  const copy = await sentCopy(MAILBOXES, {
    ...MAIL,
    isTracked: (url) => {
      if (url.startsWith('https://track.example.org/o/')) return { kind: 'pixel' };
      return url.startsWith('https://track.example.org/l/')
        ? { kind: 'link', destination: 'https://example.com/' }
        : undefined;
    },
  });
  const text = Buffer.from(copy?.raw ?? []).toString('latin1');
  const [header] = RAW.toString('latin1').split('\r\n\r\n');
  assert.equal(text, `${header}\r\n\r\n<p>Hello</p>\r\n<a href="https://example.com/">x</a>\r\n`);
});

test('the author of a mail by the API sees whom it went to secretly', async () => {
  const text = Buffer.from((await sentCopy(MAILBOXES, { ...MAIL, source: 'api' }))?.raw ?? []).toString(
    'latin1',
  );
  assert.ok(text.startsWith('Bcc: cleo@example.com\r\nFrom: Ann'));
});
