import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessTokens, type RotatedToken } from './access-tokens.ts';
import { TokenTrouble } from './token-trouble.ts';

type Answer = { status?: number; body: unknown } | Error;

function opened(answer: (form: URLSearchParams) => Answer) {
  const clock = { now: 1_000_000 };
  const kept = new Map<string, RotatedToken>();
  const disk = { fails: false };
  const asked: URLSearchParams[] = [];
  const tokensFor = (refreshToken: string): AccessTokens =>
    new AccessTokens({
      accountId: 'ann@example.org@imap.example.org:993',
      client: {
        tokenUrl: 'https://login.example.org/token',
        clientId: 'waybill',
        clientSecret: 's3cret',
        scope: undefined,
      },
      refreshToken,
      rotated: {
        read: async (id) => kept.get(id),
        write: async (id, token) => {
          if (disk.fails) throw new Error('no space left');
          kept.set(id, token);
        },
      },
      http: {
        post: async (_target, { body }) => {
          const form = new URLSearchParams(body);
          asked.push(form);
          const said = answer(form);
          if (said instanceof Error) throw said;
          return {
            status: said.status ?? 200,
            body: typeof said.body === 'string' ? said.body : JSON.stringify(said.body),
          };
        },
      },
      clock: () => clock.now,
    });
  return { clock, kept, disk, asked, tokensFor };
}

const refreshTokens = (asked: readonly URLSearchParams[]) => asked.map((form) => form.get('refresh_token'));

async function troubleOf(promise: Promise<unknown>): Promise<TokenTrouble['trouble']> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TokenTrouble, String(error));
  return error.trouble;
}

test('a token is used until five minutes before its end, a short-lived one for three quarters of its life', async () => {
  for (const [life, usedMs] of [
    [3_600, 3_300_000],
    ['3600', 3_300_000],
    [60, 45_000],
    [undefined, 450_000],
  ] as const) {
    let count = 0;
    const { clock, tokensFor } = opened(() => ({ body: { access_token: `a${++count}`, expires_in: life } }));
    const tokens = tokensFor('r');
    assert.equal(await tokens.current(), 'a1');
    clock.now += usedMs - 1;
    assert.equal(await tokens.current(), 'a1');
    clock.now += 1;
    assert.equal(await tokens.current(), 'a2', String(life));
    assert.equal(await tokens.renewed(), 'a3');
    assert.equal(await tokens.current(), 'a3');
  }
});

test('a new refresh token takes the place of the old one, also after a restart, and not of a newly configured one', async () => {
  const { asked, tokensFor } = opened((form) => ({
    body: { access_token: 'a', expires_in: 1, refresh_token: `${form.get('refresh_token')}+` },
  }));
  const first = tokensFor('r');
  await first.renewed();
  await first.renewed();
  await tokensFor('r').current();
  assert.deepEqual(refreshTokens(asked), ['r', 'r+', 'r++']);
  await tokensFor('other').current();
  assert.equal(asked.at(-1)?.get('refresh_token'), 'other');
});

test('when the kept refresh token is refused, the configured one is tried', async () => {
  const { asked, kept, tokensFor } = opened((form) =>
    form.get('refresh_token') === 'r'
      ? { body: { access_token: 'a', refresh_token: 'stale' } }
      : { status: 400, body: { error: 'invalid_grant' } },
  );
  const tokens = tokensFor('r');
  await tokens.renewed();
  assert.equal([...kept.values()][0]?.token, 'stale');
  assert.equal(await tokens.renewed(), 'a');
  assert.deepEqual(refreshTokens(asked), ['r', 'stale', 'r']);
});

test('a refresh token that cannot be kept stops the sign-in, and is kept before anything else', async () => {
  const { asked, kept, disk, tokensFor } = opened((form) => ({
    body: { access_token: 'a', refresh_token: `${form.get('refresh_token')}+` },
  }));
  const tokens = tokensFor('r');
  disk.fails = true;
  assert.deepEqual(await troubleOf(tokens.current()), {
    kind: 'store',
    text: 'The new refresh token could not be kept: no space left.',
  });
  assert.equal((await troubleOf(tokens.current())).kind, 'store');
  assert.equal(asked.length, 1);
  disk.fails = false;
  await tokens.current();
  assert.deepEqual(refreshTokens(asked), ['r', 'r+'], 'it was not lost');
  assert.equal([...kept.values()][0]?.token, 'r++');
});

test('each refusal says what to mend, and quotes no secret', async () => {
  const secret = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0';
  const cases: [Answer, string, RegExp][] = [
    [{ status: 400, body: { error: 'invalid_grant' } }, 'sign-in', /sign the owner in again.*REFRESH_TOKENS/],
    [{ status: 401, body: { error: 'invalid_client' } }, 'sign-in', /CLIENT_SECRET; client secrets expire/],
    [{ status: 400, body: { error: 'invalid_scope' } }, 'sign-in', /OAUTH_SCOPE/],
    [{ status: 404, body: '<html>not here</html>' }, 'sign-in', /\(status 404\).*TOKEN_URL/],
    [{ body: '<html>sign in</html>' }, 'sign-in', /not a token endpoint/],
    [
      { body: { access_token: 'a\u0001auth=Bearer other' } },
      'sign-in',
      /something else than an access token/,
    ],
    [{ status: 503, body: '' }, 'network', /at the moment \(status 503\)/],
    [{ status: 429, body: { error: 'slow_down' } }, 'network', /at the moment/],
    [new Error('connect ECONNREFUSED'), 'network', /cannot be reached: connect ECONNREFUSED\.$/],
    [
      { status: 400, body: { error: 'invalid_grant', error_description: `token ${secret} expired` } },
      'sign-in',
      /…/,
    ],
  ];
  for (const [answer, kind, text] of cases) {
    const trouble = await troubleOf(
      opened(() => answer)
        .tokensFor('r')
        .current(),
    );
    assert.equal(trouble.kind, kind);
    assert.match(trouble.text, text);
    assert.ok(!trouble.text.includes(secret) && !trouble.text.includes('s3cret'), trouble.text);
    assert.match(trouble.text, /^(?:The token endpoint at )?login\.example\.org/);
  }
});
