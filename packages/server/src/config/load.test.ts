import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';

function troubleWith(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('a wrong setting stops the start, and its message names it and says what is right', () => {
  const wrong: Record<string, string[]> = {
    WAYBILL_TRUSTED_PROXIES: [
      '10.0.0.0/33',
      '300.1.1.1',
      '2001:db8::/129',
      '10.0.0.0/8/8',
      'proxy',
      '10.0.0.0/',
    ],
    WAYBILL_FILTER_NETWORKS: ['1.2.3.4/64'],
    WAYBILL_NOTIFY_FROM: ['waybill', 'a@b.c d@e.f', 'A <a@b.c> <d@e.f>', 'A <a@b.c>\r\nBcc: d@e.f'],
    WAYBILL_DEMO: ['yes'],
    WAYBILL_LOG_LEVEL: ['loud'],
    WAYBILL_HTTP_LISTEN: ['8420', 'localhost', '127.0.0.1:65536'],
    WAYBILL_PUBLIC_URL: ['track.example.org', 'ftp://track.example.org', 'https://track.example.org/?a'],
  };
  for (const [name, texts] of Object.entries(wrong)) {
    for (const text of texts) {
      const message = troubleWith({ [name]: text });
      assert.match(message, new RegExp(`^The configuration is not valid:\\n  ${name} (?:is|must)`), text);
      assert.doesNotMatch(message, /Invalid/);
    }
  }
});

test('what is right is taken', () => {
  assert.equal(troubleWith({}), '');
  for (const [name, text] of [
    ['WAYBILL_TRUSTED_PROXIES', '10.0.0.0/8, 2001:db8::/32,192.0.2.1 , ::1'],
    ['WAYBILL_NOTIFY_FROM', 'waybill@example.org'],
    ['WAYBILL_NOTIFY_FROM', '"Way, bill" <waybill@example.org>'],
  ] as const) {
    assert.equal(troubleWith({ [name]: text }), '', text);
  }
});

test('what would make an open relay, or leave no room for a mail, stops the start', () => {
  for (const network of ['0.0.0.0/0', '128.0.0.0/1', '0.0.0.0/7', '::/0', '2000::/3']) {
    assert.match(
      troubleWith({ WAYBILL_FILTER_NETWORKS: `10.0.0.0/8,${network}` }),
      /FILTER_NETWORKS has .*strangers/,
    );
  }
  for (const network of ['10.0.0.0/8', '192.0.2.0/24, 2001:db8::/32, fd00::/16', '198.51.100.7']) {
    assert.equal(troubleWith({ WAYBILL_FILTER_NETWORKS: network }), '');
  }
  assert.match(troubleWith({ WAYBILL_QUEUE_EXPIRY_HOURS: '168' }), /QUEUE_RETENTION_DAYS .* raise it/);
  assert.match(
    troubleWith({ WAYBILL_QUEUE_LONGEST_PAUSE_SECONDS: '5' }),
    /LONGEST_PAUSE_SECONDS .* raise it/,
  );
  const large = { WAYBILL_MAX_MESSAGE_BYTES: '200000000' };
  assert.match(
    troubleWith({ ...large, WAYBILL_SMTP_MEMORY_BYTES: '300000000' }),
    /SMTP_MEMORY_BYTES .* raise it/,
  );
  assert.equal(loadConfig(large).smtpLimits.memoryBytes, 400_000_000);
  assert.equal(loadConfig({}).smtpLimits.memoryBytes, 268_435_456);
});

test('what signs in to mailboxes by OAuth belongs together, and its secrets go out protected', () => {
  const url = 'https://oauth2.googleapis.com/token';
  const all = {
    WAYBILL_IMAP_OAUTH_TOKEN_URL: url,
    WAYBILL_IMAP_OAUTH_CLIENT_ID: 'waybill',
    WAYBILL_IMAP_OAUTH_REFRESH_TOKENS: 'Ann@example.org:1//0gAb-c_d\nbob@example.org:M.C5!x*$',
  };
  assert.deepEqual(loadConfig(all).imapOauth, {
    client: { tokenUrl: url, clientId: 'waybill', clientSecret: undefined, scope: undefined },
    refreshTokens: new Map([
      ['ann@example.org', '1//0gAb-c_d'],
      ['bob@example.org', 'M.C5!x*$'],
    ]),
  });
  const alone = loadConfig({ ...all, WAYBILL_IMAP_OAUTH_REFRESH_TOKENS: '1//0gAb-c_d' });
  assert.equal(alone.imapOauth?.refreshTokens.get(''), '1//0gAb-c_d');
  assert.equal(loadConfig({}).imapOauth, undefined);
  assert.match(
    troubleWith({ WAYBILL_IMAP_OAUTH_TOKEN_URL: url }),
    /CLIENT_ID and .*REFRESH_TOKENS are missing/,
  );
  assert.match(
    troubleWith({ ...all, WAYBILL_IMAP_OAUTH_TOKEN_URL: 'http://login.example.org/token' }),
    /must begin with https:/,
  );
  for (const tokens of ['a b', 'a@b.c:x a@b.c:y']) {
    const trouble = troubleWith({ ...all, WAYBILL_IMAP_OAUTH_REFRESH_TOKENS: tokens });
    assert.match(trouble, /REFRESH_TOKENS is not a list of USER:TOKEN/);
    assert.ok(!trouble.includes(tokens));
  }
});
