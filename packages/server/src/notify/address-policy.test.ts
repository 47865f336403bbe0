import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../kernel/errors.ts';
import { AddressPolicy } from './address-policy.ts';

const strict = new AddressPolicy([]);

test('public addresses are permitted', () => {
  for (const ip of ['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:1.1.1.1']) {
    assert.equal(strict.permits(ip), true, ip);
  }
});

test('private, local, special and unassigned addresses are not, in any spelling', () => {
  const refused = [
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.9.9.9',
      '169.254.169.254',
      '172.16.0.1',
    ],
    ...[
      '172.31.255.255',
      '192.0.0.1',
      '192.0.2.1',
      '192.168.1.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
    ],
    ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::127.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:a9fe:a9fe',
      '64:ff9b::7f00:1',
    ],
    ...[
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::',
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
    ],
    ...['fe80::1%eth0', '2606:4700:4700::1111%eth0', 'fec0::1', 'ff02::1', '4000::1'],
    ...['', 'localhost', 'example.org', '1.1.1.1.1'],
  ];
  for (const ip of refused) assert.equal(strict.permits(ip), false, ip);
});

test('networks that the operator allowed are permitted, and nothing beside them', () => {
  const policy = new AddressPolicy(['127.0.0.0/8', '10.1.0.0/16', 'fd00::/8', '192.168.7.7']);
  for (const ip of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.255.255', 'fd12::1', '192.168.7.7', '1.1.1.1']) {
    assert.equal(policy.permits(ip), true, ip);
  }
  for (const ip of ['10.2.0.0', '::1', '192.168.7.8', '169.254.169.254'])
    assert.equal(policy.permits(ip), false, ip);
});

test('a network that is none is a misconfiguration that names the setting', () => {
  assert.throws(
    () => new AddressPolicy(['10.0.0.0/99']),
    (error) =>
      error instanceof AppError &&
      error.code === 'misconfigured' &&
      error.message.startsWith('WAYBILL_WEBHOOK_ALLOWED_NETWORKS'),
  );
});
