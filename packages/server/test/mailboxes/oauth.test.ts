import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/ids.ts';
import { imapTokens } from '../../src/main/imap-tokens.ts';
import { checkMailbox, readMailboxAccounts, type MailboxCheck } from '../../src/mailboxes/mailboxes.ts';
import { openBench } from '../support/mailbox-bench.ts';
import { replyTo } from '../support/mailbox-mail.ts';
import { startScriptedImap, type ScriptedImap, type ScriptedSignIn } from '../support/scripted-imap.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ID = '<parcel-1@example.org>';

/** A server that lets `accepts` in. @param accepts the access token; undefined: any */
function signIn(capabilities: string, accepts: () => string | undefined): ScriptedSignIn {
  return {
    capabilities,
    refuse: (_mechanism, response) => {
      const [, token] = /\u0001auth=Bearer ([^\u0001]+)\u0001\u0001$/.exec(response) ?? [];
      assert.ok(token, `no token in ${JSON.stringify(response)}`);
      const accepted = accepts();
      return accepted === undefined || accepted === token
        ? undefined
        : { status: '400', schemes: 'bearer', scope: 'https://mail.google.com/' };
    },
  };
}

const accountOf = ({ imap }: Pick<ScriptedImap, 'imap'>, parameters = '') =>
  `imap://ann%40example.org@${imap.host}:${imap.port}/?auth=oauth${parameters}`;

const tokensFrom = (endpoint: TokenEndpoint, directory: string, refreshToken = 'refresh-1') =>
  imapTokens(
    {
      imapOauth: {
        client: {
          tokenUrl: endpoint.url,
          clientId: 'waybill',
          clientSecret: 'secret',
          scope: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
        },
        refreshTokens: new Map([['ann@example.org', refreshToken]]),
      },
      webhookAllowedNetworks: ['127.0.0.0/8'],
      dataDir: directory,
    },
    systemClock,
  );

async function check(
  server: ScriptedImap,
  tokensOf: ReturnType<typeof tokensFrom>,
): Promise<MailboxCheck & { problem?: string }> {
  const [account] = readMailboxAccounts(accountOf(server));
  assert.ok(account);
  return checkMailbox(account, { clock: systemClock, random: systemRandom, tokens: tokensOf(account) });
}

const signIns = ({ commands }: ScriptedImap) =>
  commands.filter((command) => command.startsWith('AUTHENTICATE '));

test('a mailbox is watched with an access token that is asked for once for all its connections', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  await using server = await startScriptedImap(
    [replyTo(ID)],
    () => undefined,
    signIn('AUTH=XOAUTH2', () => 'access-1'),
  );
  await using bench = await openBench(directory.path, {
    accounts: accountOf(server, '&watch=INBOX,Junk'),
    tokensOf: tokensFrom(endpoint, directory.path),
  });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
  await eventually('both folders are watched', async () =>
    bench.mailboxes.states()[0]?.folders.every(({ isUp }) => isUp),
  );
  assert.deepEqual(endpoint.requests, [
    {
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'waybill',
      client_secret: 'secret',
      scope: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
    },
  ]);
  assert.ok(signIns(server).every((command) => command.startsWith('AUTHENTICATE XOAUTH2 ')));
  assert.ok(!server.commands.some((command) => command.startsWith('LOGIN')));
});

test('OAUTHBEARER is used where it is offered, with the words of RFC 7628', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  let said = '';
  await using server = await startScriptedImap([], () => undefined, {
    capabilities: 'AUTH=OAUTHBEARER AUTH=XOAUTH2',
    refuse: (mechanism, response) => {
      said = `${mechanism} ${response}`;
      return undefined;
    },
  });
  assert.equal((await check(server, tokensFrom(endpoint, directory.path))).problem, undefined);
  const { port } = server.imap;
  assert.equal(
    said,
    `OAUTHBEARER n,a=ann@example.org,\u0001host=127.0.0.1\u0001port=${port}\u0001auth=Bearer access-1\u0001\u0001`,
  );
});

test('an access token that is refused is renewed once, and only once', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  let accepted = 'access-2';
  await using server = await startScriptedImap(
    [],
    () => undefined,
    signIn('AUTH=XOAUTH2', () => accepted),
  );
  const tokensOf = tokensFrom(endpoint, directory.path);
  assert.equal((await check(server, tokensOf)).problem, undefined);
  assert.equal(endpoint.requests.length, 2);
  accepted = 'none of these';
  const before = signIns(server).length;
  const { problem } = await check(server, tokensOf);
  assert.match(problem ?? '', /does not accept the access token.*IMAP must be on.*consent must include IMAP/);
  assert.equal(signIns(server).length - before, 2);
  assert.ok(server.commands.includes('()'), 'the explanation is answered, or the server would wait');
});

test('a new refresh token is kept for nobody else to read, and used after a restart', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  endpoint.answer = ({ refresh_token: old }) => ({
    body: { access_token: 'access', expires_in: 3_600, refresh_token: `${old}+` },
  });
  await using server = await startScriptedImap(
    [],
    () => undefined,
    signIn('AUTH=XOAUTH2', () => undefined),
  );
  await check(server, tokensFrom(endpoint, directory.path));
  await check(server, tokensFrom(endpoint, directory.path));
  assert.deepEqual(
    endpoint.requests.map(({ refresh_token: token }) => token),
    ['refresh-1', 'refresh-1+'],
  );
  const kept = join(directory.path, 'keys', 'imap-oauth');
  const [file, ...none] = await readdir(kept);
  assert.deepEqual(none, []);
  assert.equal((await stat(join(kept, file ?? ''))).mode & 0o777, 0o600);
  assert.equal((await stat(kept)).mode & 0o777, 0o700);
});

test('what stands in the way is said in words', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  await using server = await startScriptedImap(
    [],
    () => undefined,
    signIn('AUTH=PLAIN', () => undefined),
  );
  const tokensOf = tokensFrom(endpoint, directory.path);
  assert.match((await check(server, tokensOf)).problem ?? '', /offers no OAUTHBEARER or XOAUTH2/);
  endpoint.answer = () => ({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'AADSTS700082: The refresh token has expired.' },
  });
  assert.match(
    (await check(server, tokensFrom(endpoint, directory.path))).problem ?? '',
    /^127\.0\.0\.1:\d+ gives no access token \(invalid_grant AADSTS700082: The refresh token has expired\.\)\. The refresh token has expired or was withdrawn/,
  );
  const outside = imapTokens(
    {
      imapOauth: {
        client: { tokenUrl: endpoint.url, clientId: 'w', clientSecret: undefined, scope: undefined },
        refreshTokens: new Map([['', 'r']]),
      },
      webhookAllowedNetworks: [],
      dataDir: directory.path,
    },
    systemClock,
  );
  assert.match((await check(server, outside)).problem ?? '', /WAYBILL_WEBHOOK_ALLOWED_NETWORKS/);
  const without = imapTokens(
    { imapOauth: undefined, webhookAllowedNetworks: [], dataDir: directory.path },
    systemClock,
  );
  assert.throws(
    () => without(readMailboxAccounts(accountOf(server))[0] as never),
    /account 1 has auth=oauth: set WAYBILL_IMAP_OAUTH_TOKEN_URL/,
  );
});

test('a refused refresh token is asked for as rarely as a wrong password', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  endpoint.answer = () => ({ status: 400, body: { error: 'invalid_grant' } });
  await using server = await startScriptedImap(
    [],
    () => undefined,
    signIn('AUTH=XOAUTH2', () => undefined),
  );
  await using bench = await openBench(directory.path, {
    accounts: accountOf(server, '&watch=INBOX,Junk,Archive'),
    tokensOf: tokensFrom(endpoint, directory.path),
  });
  bench.mailboxes.start();
  const state = await eventually('all have learnt of it', async () => {
    const [first] = bench.mailboxes.states();
    return first?.folders.every(({ trouble }) => trouble !== undefined) === true && first;
  });
  assert.equal(state.refusals, 1);
  assert.equal(endpoint.requests.length, 1);
  assert.equal(signIns(server).length, 0);
});

test('waybill mailbox check signs in with what the settings say', async () => {
  await using directory = await temporaryDirectory();
  await using endpoint = await startTokenEndpoint();
  await using server = await startScriptedImap(
    [replyTo(ID)],
    () => undefined,
    signIn('AUTH=XOAUTH2', () => 'access-1'),
  );
  const secret = join(directory.path, 'refresh-token');
  await writeFile(secret, 'ann@example.org:refresh-1\n');
  const settings = {
    WAYBILL_DATA_DIR: directory.path,
    WAYBILL_IMAP_ACCOUNTS: accountOf(server),
    WAYBILL_IMAP_OAUTH_TOKEN_URL: endpoint.url,
    WAYBILL_IMAP_OAUTH_CLIENT_ID: 'waybill',
    WAYBILL_IMAP_OAUTH_REFRESH_TOKENS_FILE: secret,
    WAYBILL_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  };
  const { status, stdout, stderr } = await mailboxCheck(settings);
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(
    stdout,
    /^1\. ann@example\.org at 127\.0\.0\.1:\d+\n {3}signed in, not encrypted\n {3}INBOX: 1 messages/,
  );
  assert.deepEqual(endpoint.requests, [
    { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'waybill' },
  ]);
  const other = await mailboxCheck({
    ...settings,
    WAYBILL_IMAP_ACCOUNTS: accountOf(server).replace('ann', 'bob'),
  });
  assert.equal(other.status, 2);
  assert.match(
    other.stderr,
    /account 1 has auth=oauth: set its user and token in WAYBILL_IMAP_OAUTH_REFRESH_TOKENS/,
  );
});

function mailboxCheck(
  settings: Record<string, string>,
): Promise<{ status: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], ...settings };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [ENTRY, 'mailbox', 'check'], { env }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
