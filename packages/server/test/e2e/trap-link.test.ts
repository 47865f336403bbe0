import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DeliveryDetail, Event, MessageSummary, Page } from '@waybill/sdk';
import { demoCredential, mailProgram } from '../support/mail.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/** Addresses of one German access network: by its address alone each of them may be a person. */
const SWEEPER = '91.10.20.20';
const READER = '91.10.30.30';
const OTHER_READER = '91.10.40.40';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';
const LINKS = ['one', 'two', 'three'].map((name) => `https://example.org/${name}`);

interface Copy {
  trackingNumber: string;
  /** Tracked addresses by destination. */
  links: Map<string, string>;
}

test('who follows the link that nobody can see is a scanner, with what else it followed; a person stays one', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(join(directory.path, 'data'), {
    WAYBILL_TRAP_LINK: '1',
    WAYBILL_TRUSTED_PROXIES: '127.0.0.1/32',
  });
  try {
    await submit(server);
    const ann = await copyOf(server, 'ann@example.net');
    const bob = await copyOf(server, 'bob@example.net');
    const nowhere = `${server.edgeUrl}/l/nowhere`;
    assert.deepEqual([...ann.links.keys()], [...LINKS, nowhere]);
    assert.notEqual(ann.links.get(nowhere), bob.links.get(nowhere), 'each copy has its own');

    // Two links of three are no sweep: nothing but the trap tells the two sources apart.
    await follow(ann, [nowhere, LINKS[0] ?? '', LINKS[1] ?? ''], SWEEPER);
    await follow(ann, [LINKS[1] ?? ''], READER, FIREFOX);
    await follow(bob, [LINKS[0] ?? '', LINKS[1] ?? ''], OTHER_READER);
    const swept = await clicks(server, ann, 4);
    const read = await clicks(server, bob, 2);

    const reasons = ({ reasons: given }: Event): string[] => (given ?? []).map(({ code }) => code);
    const [trap, ...others] = swept.filter(({ ip }) => ip === SWEEPER);
    assert.ok(trap);
    assert.equal(trap.link, undefined, 'it is none of the links of the mail');
    assert.equal(trap.actor, 'scanner');
    assert.ok(reasons(trap).includes('invisible-link'), reasons(trap).join());
    assert.deepEqual(
      others.map(({ actor, link }) => [actor, link]),
      [
        ['scanner', LINKS[0]],
        ['scanner', LINKS[1]],
      ],
    );
    for (const click of others) assert.equal(reasons(click)[0], 'source-of-invisible-link');
    assert.deepEqual(
      [...swept.filter(({ ip }) => ip === READER), ...read].map(({ actor }) => actor),
      ['human', 'human', 'human'],
    );

    const message = await messageOf(server);
    const detail = (await (await server.api(`/api/v1/messages/${message.id}`)).json()) as {
      links?: unknown[];
    };
    assert.ok(!JSON.stringify(detail).includes('/l/nowhere'), 'nor is it listed with the message');
    const page = await fetch(ann.links.get(nowhere) ?? '', { headers: { 'x-forwarded-for': SWEEPER } });
    assert.deepEqual([page.status, page.url], [200, nowhere], 'a follower comes to a page of ours');
  } finally {
    await server.stop();
  }
});

async function submit(server: RunningServer): Promise<void> {
  const transport = mailProgram(server, demoCredential(server));
  await transport.sendMail({
    from: 'Sam Sender <sam@example.org>',
    to: ['ann@example.net', 'bob@example.net'],
    subject: 'Three links',
    html: `<html><body>${LINKS.map((link) => `<p><a href="${link}">Read on</a></p>`).join('')}</body></html>`,
  });
  transport.close();
}

async function messageOf(server: RunningServer): Promise<MessageSummary> {
  return eventually('both copies are captured', async () => {
    const { items } = (await (await server.api('/api/v1/messages')).json()) as Page<MessageSummary>;
    const message = items.find(({ subject }) => subject === 'Three links');
    return message?.deliveries.every(({ verdict }) => verdict.state === 'captured') === true ||
      isClicked(message)
      ? message
      : undefined;
  });
}

function isClicked(message: MessageSummary | undefined): boolean {
  return message?.deliveries.some(({ verdict }) => verdict.state === 'clicked') === true;
}

async function copyOf(server: RunningServer, recipient: string): Promise<Copy> {
  const { deliveries } = await messageOf(server);
  const trackingNumber =
    deliveries.find((delivery) => delivery.recipient === recipient)?.trackingNumber ?? '';
  const html = await (await server.api(`/api/v1/inbox/${trackingNumber}/frame`)).text();
  const links = new Map<string, string>();
  for (const [, address = ''] of html.matchAll(/href="([^"]+\/l\/[^"]+)"/g)) {
    links.set(new URL(address).searchParams.get('to') ?? '', address);
  }
  return { trackingNumber, links };
}

/** One after the other, within a second. */
async function follow(
  { links }: Copy,
  destinations: readonly string[],
  ip: string,
  userAgent = CHROME,
): Promise<void> {
  for (const destination of destinations) {
    const address = links.get(destination);
    assert.ok(address, `a link to ${destination}`);
    const headers = { 'user-agent': userAgent, 'accept-language': 'de', 'x-forwarded-for': ip };
    const answer = await fetch(address, { redirect: 'manual', headers });
    assert.equal(answer.headers.get('location'), destination);
  }
}

async function clicks(server: RunningServer, { trackingNumber }: Copy, count: number): Promise<Event[]> {
  return eventually(`${count} clicks of ${trackingNumber} are judged`, async () => {
    const detail = (await (
      await server.api(`/api/v1/deliveries/${trackingNumber}`)
    ).json()) as DeliveryDetail;
    const found = detail.events.filter(({ type }) => type === 'clicked');
    return found.length === count ? found.toSorted((a, b) => a.at.localeCompare(b.at)) : undefined;
  });
}
