import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAddresses } from './shared-address.ts';

const of = (fields: Record<string, string>) =>
  listAddresses((name) => (name in fields ? [fields[name] ?? ''] : []));

test('the fields of list software name the list', () => {
  for (const [fields, addresses] of [
    [{ 'list-post': '<mailto:Parcels@example.org>' }, ['parcels@example.org']],
    [
      { 'list-post': '<mailto:parcels%2Bde@example.org?subject=x>, <https://example.org/p>' },
      ['parcels+de@example.org'],
    ],
    [{ 'list-post': 'NO (posting not allowed on this list)' }, []],
    [{ 'list-id': 'All about parcels <parcels.example.org>' }, ['parcels@example.org']],
    [{ 'list-id': '<4711.xt.local>' }, ['4711@xt.local']],
    [{ 'list-id': '<parcels>' }, []],
    [{ 'x-beenthere': 'parcels@example.org' }, ['parcels@example.org']],
    [{ 'x-mailing-list': '<parcels@example.org> archive/latest/17' }, ['parcels@example.org']],
    [
      { 'mailing-list': 'list parcels@example.org; contact parcels+owners@example.org' },
      ['parcels@example.org'],
    ],
    [{ 'mailing-list': 'contact parcels-help@example.org; run by ezmlm' }, []],
    [{ 'list-unsubscribe': '<mailto:leave@example.org>' }, []],
    [{ 'list-post': '<mailto:a@example.org>', 'list-id': '<a.example.org>' }, ['a@example.org']],
    [{ 'list-post': `<mailto:${'x'.repeat(100_000)}@` }, []],
    [{ 'list-post': '<mailto:%ff@example.org>' }, ['%ff@example.org']],
  ] as const) {
    assert.deepEqual(of(fields), addresses, JSON.stringify(fields).slice(0, 100));
  }
});
