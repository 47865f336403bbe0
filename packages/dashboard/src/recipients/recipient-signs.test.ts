import assert from 'node:assert/strict';
import test from 'node:test';
import { recipientSigns } from './recipient-signs.ts';

test('mails are counted by what is known of them, nothing probable is called read, and nothing unread', () => {
  assert.deepEqual(
    recipientSigns({ 'probably-read': 2, clicked: 1, sent: 4, bounced: 1 }).map((sign) => sign.words),
    ['1 read', '2 probably read', '4 no sign', '1 in trouble'],
  );
});
