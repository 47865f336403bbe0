import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerSentEventParser } from './server-sent-events.ts';

const STREAM =
  ': hello\r\nretry: 1200\nid: 1\ndata: {"a":\ndata: 1}\n\nid\ndata:x\r\rdata\n\nid: 2\n\ndata: y\n\ndata: cut';

const EXPECTED = [
  { id: '1', data: '{"a":\n1}' },
  { id: '', data: 'x' },
  { id: '', data: '' },
  { id: '2', data: 'y' },
];

test('an event stream means the same however it is cut into pieces', () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parser = new ServerSentEventParser();
    const events = [];
    for (let start = 0; start < STREAM.length; start += size) {
      events.push(...parser.push(STREAM.slice(start, start + size)));
    }
    assert.deepEqual(events, EXPECTED, `pieces of ${size}`);
    assert.equal(parser.retryMs, 1200);
  }
});

test('an event without an id has that of the connection’s start', () => {
  assert.deepEqual(new ServerSentEventParser('41').push('data: x\n\n'), [{ id: '41', data: 'x' }]);
});
