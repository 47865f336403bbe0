import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreatedMessage, MessageSummary, Page } from '@waybill/sdk';
import { demoCredential, mailProgram } from '../support/mail.ts';
import { duplicateSources, hitUntil, newLedger, storedAgents, type Ledger } from '../support/ledger.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const HTML = '<html><body><p>Hello</p><p><a href="https://example.org/a">a</a></p></body></html>';

async function snippetPixels(server: RunningServer, recipients: number): Promise<string[]> {
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'sender@example.org',
      to: Array.from({ length: recipients }, (_, n) => `reader${n}@example.net`),
      subject: 'Snippet under load',
      html: HTML,
      send: false,
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const message = (await answer.json()) as CreatedMessage;
  await server.api(`/api/v1/messages/${message.id}/sent`, { method: 'POST' });
  return message.deliveries.map(({ pixelUrl }) => pixelUrl ?? '');
}

async function submitUntil(
  signal: AbortSignal,
  name: string,
  server: RunningServer,
  ledger: Ledger,
): Promise<void> {
  const transport = mailProgram(server, demoCredential(server));
  for (let n = 0; !signal.aborted; n++) {
    const subject = `mail ${name}-${n}`;
    try {
      await transport.sendMail({
        from: 'sender@example.org',
        to: ['one@example.net', 'two@example.net'],
        subject,
        html: HTML,
      });
      ledger.mails.add(subject);
    } catch {
      await sleep(20);
    }
  }
  transport.close();
}

async function allSubjects(server: RunningServer): Promise<string[]> {
  const subjects: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await (
      await server.api(`/api/v1/messages?limit=100${query}`)
    ).json()) as Page<MessageSummary>;
    subjects.push(...page.items.map(({ subject }) => subject));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return subjects;
}

test('after SIGKILL under load every answered hit and every accepted mail is there, once', async (t) => {
  await using directory = await temporaryDirectory();
  const ledger = newLedger();
  const rounds = 3;
  for (let round = 0; round < rounds; round++) {
    const server = await startServer(directory.path);
    try {
      const pixels = await snippetPixels(server, 20);
      const load = new AbortController();
      const workers = [
        ...Array.from({ length: 6 }, (_, n) => hitUntil(load.signal, `${round}-${n}`, pixels, ledger)),
        ...Array.from({ length: 2 }, (_, n) => submitUntil(load.signal, `${round}-${n}`, server, ledger)),
      ];
      await sleep(600 + 500 * round);
      await server.kill();
      load.abort();
      await Promise.all(workers);
    } finally {
      await server.kill().catch(() => {});
    }
  }
  assert.ok(ledger.hits.size > 100, `too few hits to mean anything: ${ledger.hits.size}`);
  assert.ok(ledger.mails.size > 5, `too few mails to mean anything: ${ledger.mails.size}`);

  const server = await startServer(directory.path);
  try {
    await eventually('all answered hits are processed', async () => {
      const stored = new Set(storedAgents(directory.path));
      return [...ledger.hits].every((agent) => stored.has(agent));
    });
    const subjects = await allSubjects(server);
    for (const subject of ledger.mails) {
      assert.equal(subjects.filter((other) => other === subject).length, 1, `accepted mail: ${subject}`);
    }
  } finally {
    await server.stop();
  }
  const agents = storedAgents(directory.path).filter((agent) => agent.startsWith('load/'));
  assert.equal(new Set(agents).size, agents.length, 'a hit is stored twice');
  assert.deepEqual(duplicateSources(directory.path), []);
  t.diagnostic(`${ledger.hits.size} answered hits, ${ledger.mails.size} accepted mails, ${rounds} kills`);
});

test('pixels and links go on while the back end is dead, and nothing is missing afterwards', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const pixels = await snippetPixels(server, 5);
    const ledger = newLedger();
    process.kill(server.processes.backEnd, 'SIGKILL');
    await hitUntil(new AbortController().signal, 'orphan', pixels, ledger, 50);
    assert.equal(ledger.hits.size, 50, 'every pixel is answered while the back end is away');
    await eventually('the back end is back', async () => (await server.api('/readyz')).status === 200);
    await eventually('all hits are on the timelines', async () => {
      const stored = new Set(storedAgents(directory.path));
      return [...ledger.hits].every((agent) => stored.has(agent));
    });
  } finally {
    await server.stop();
  }
  assert.deepEqual(duplicateSources(directory.path), []);
});
