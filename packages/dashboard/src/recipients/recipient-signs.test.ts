import assert from 'node:assert/strict';
import test from 'node:test';
import { recipientSigns } from './recipient-signs.ts';

test('mails are counted by what is known of them, and nothing is called unread', () => {
  assert.deepEqual(
    recipientSigns({ 'probably-read': 2, clicked: 1, sent: 4, bounced: 1 }).map((sign) => sign.words),
    ['3 read', '4 no sign', '1 in trouble'],
  );
});
