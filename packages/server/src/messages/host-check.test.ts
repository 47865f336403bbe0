import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { LoggedHit } from '../tracking/tracking.ts';
import { HostCheck } from './host-check.ts';

type Found = Parameters<ConstructorParameters<typeof HostCheck>[0]['timeline']['recordHost']>[0];

let seq = 0;
function hit(ip: string, subject: string, mode: LoggedHit['mode'] = 'full'): LoggedHit {
  seq += 1;
  return {
    epoch: 'e',
    seq,
    at: 0,
    kind: 'open',
    method: 'GET',
    workspaceId: 1 as LoggedHit['workspaceId'],
    subject,
    mode,
    ip,
    headers: {},
  };
}

function setUp({
  names,
  record,
}: {
  names: Readonly<Record<string, string>>;
  record?: (found: { ip: string; suffix: string; deliveryIds: readonly string[] }) => Promise<void>;
}) {
  const asked: string[] = [];
  const recorded: Found[] = [];
  let now = 0;
  const check = new HostCheck(
    {
      names: {
        confirmed: async (ip) => {
          asked.push(ip);
          return names[ip] === undefined ? [] : [names[ip]];
        },
      },
      timeline: {
        recordHost: async (found) => {
          recorded.push(found);
          await record?.(found);
        },
      },
      isWorth: (ip) => !ip.startsWith('10.'),
      clock: () => now,
      logger: pino({ level: 'silent' }),
    },
    { concurrency: 2, longestQueue: 50, rememberMs: 1000 },
  );
  const rest = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
  };
  return { check, asked, recorded, rest, passTime: (ms: number) => (now += ms) };
}

test('a gateway’s name is put beside the hits of its address, once for all its deliveries', async () => {
  const { check, asked, recorded, rest } = setUp({ names: { '192.0.2.1': 'mx.pphosted.com' } });
  check.consider([
    hit('192.0.2.9', 'x'),
    hit('192.0.2.8', 'x'),
    hit('192.0.2.1', 'a'),
    hit('192.0.2.1', 'b'),
  ]);
  await rest();
  assert.deepEqual(recorded, [{ ip: '192.0.2.1', suffix: 'pphosted.com', deliveryIds: ['a', 'b'] }]);
  assert.deepEqual(asked.sort(), ['192.0.2.1', '192.0.2.8', '192.0.2.9']);
});

test('an answer is remembered for a while, also that there is none', async () => {
  const { check, asked, recorded, rest, passTime } = setUp({ names: { '192.0.2.1': 'mx.pphosted.com' } });
  for (const subject of ['a', 'b']) {
    check.consider([hit('192.0.2.1', subject), hit('192.0.2.2', subject)]);
    await rest();
  }
  assert.deepEqual(asked, ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(
    recorded.map(({ deliveryIds }) => deliveryIds),
    [['a'], ['b']],
  );
  passTime(1001);
  check.consider([hit('192.0.2.2', 'c')]);
  await rest();
  assert.equal(asked.length, 3);
});

test('nobody is asked about addresses of which a name tells nothing, or that may not be kept', async () => {
  const { check, asked, rest } = setUp({ names: {} });
  check.consider([hit('10.0.0.1', 'a'), hit('192.0.2.3', 'a', 'day')]);
  await rest();
  assert.deepEqual(asked, []);
});

test('a reader’s own host name is not passed on', async () => {
  const { check, recorded, rest } = setUp({ names: { '192.0.2.4': 'p5b0a0a0a.dip0.t-ipconnect.de' } });
  check.consider([hit('192.0.2.4', 'a')]);
  await rest();
  assert.deepEqual(recorded, []);
});

test('a flood of addresses is passed over, a failure is survived, and after the stop nothing happens', async () => {
  const { check, asked, recorded, rest } = setUp({
    names: { '192.0.2.1': 'mx.pphosted.com' },
    record: () => Promise.reject(new Error('the database is locked')),
  });
  check.consider([hit('192.0.2.1', 'a')]);
  await rest();
  assert.equal(recorded.length, 1);
  check.consider(Array.from({ length: 500 }, (_, i) => hit(`198.51.${i >> 8}.${i & 255}`, 'a')));
  await rest();
  assert.equal(asked.length, 51);
  await check.stop();
  check.consider([hit('192.0.2.200', 'a')]);
  await rest();
  assert.equal(asked.length, 51);
});
