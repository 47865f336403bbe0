import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchedFolder, WatchedMailbox } from '@waybill/sdk';
import { adviceFor, folderWord, troublesOf, yieldWords } from './mailbox-words.ts';

const folder: WatchedFolder = {
  name: 'INBOX',
  state: 'watched',
  trouble: null,
  lastLookAt: null,
  looked: 0,
  skipped: 0,
  reports: 0,
};

test('the same trouble of several folders is told once', () => {
  const trouble = { kind: 'network', text: 'imap.example.org:993 cannot be reached.' } as const;
  const mailbox: WatchedMailbox = {
    number: 1,
    address: 'ann@example.org',
    host: 'imap.example.org',
    folders: [
      { ...folder, state: 'trouble', trouble },
      { ...folder, state: 'trouble', trouble },
    ],
    sent: { trouble: { kind: 'folder', text: 'There is no folder "Sent".' } },
  };
  assert.deepEqual(
    troublesOf(mailbox).map(({ kind }) => kind),
    ['network', 'folder'],
  );
  assert.match(adviceFor(trouble), /tried again by itself/);
});

test('what came of watching is told in numbers, and what could not be read is not kept back', () => {
  assert.equal(yieldWords(folder), 'Nothing new since the start');
  assert.equal(
    yieldWords({ ...folder, looked: 1200, reports: 1 }),
    '1,200 messages looked at, 1 report or reply among them',
  );
  assert.equal(
    yieldWords({ ...folder, looked: 1, reports: 0, skipped: 2 }),
    '1 message looked at, 0 reports or replies among them; 2 could not be read',
  );
  assert.equal(folderWord({ state: 'trouble' }), 'Not watched');
});
