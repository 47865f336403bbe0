import type { Actor } from '@waybill/sdk';
import type { Observation } from '../../src/truth/truth.ts';
import * as agents from './agents.ts';
import { FROM } from './agents.ts';

/**
 * Hits on one delivery, put together from published facts on who fetches when (docs/truth.md names the sources). Not
 * real traffic: they show that the rules hold what they promise, not how common what is.
 */
export interface ComposedSequence {
  /** What happened, in words; the variants of a case share it. */
  family: string;
  hits: {
    observation: Observation;
    actor: Actor;
    /** `unknown` would be an honest answer, too. */ hard?: true;
  }[];
}

type Hit = ComposedSequence['hits'][number];
type More = Partial<Observation> & { hard?: true };

const HOUR = 3600;
const LINKS = 9;

function hit(
  actor: Actor,
  kind: 'open' | 'click',
  agent: string,
  ip: string,
  at: number,
  more: More = {},
): Hit {
  const { hard, ...observation } = more;
  return {
    observation: {
      kind,
      method: 'GET',
      userAgent: agent,
      ip,
      secondsAfterSend: at,
      linkCount: LINKS,
      ...observation,
    },
    actor,
    ...(hard === undefined ? {} : { hard }),
  };
}

/** Every pair, so that no rule can lean on one string or one address. */
function* pairs<A, B>(left: readonly A[], right: readonly B[]): Generator<[A, B]> {
  for (const a of left) for (const b of right) yield [a, b];
}

export function composeSequences(): ComposedSequence[] {
  return [...people(), ...machines(), ...both(), ...senders()];
}

function* people(): Generator<ComposedSequence> {
  for (const [agent, ip] of pairs(agents.MAIL_CLIENTS, FROM.home)) {
    for (const at of [6, 35, 600, 40 * HOUR])
      yield { family: 'a person opens in a mail program', hits: [hit('human', 'open', agent, ip, at)] };
  }
  for (const [agent, ip] of pairs(agents.BROWSERS, FROM.home)) {
    yield { family: 'a person opens web mail', hits: [hit('human', 'open', agent, ip, 90)] };
    yield {
      family: 'a person clicks without images',
      hits: [hit('human', 'click', agent, ip, 75, { link: 2 })],
    };
    yield {
      family: 'a person clicks two links, one after the other',
      hits: [1, 2].map((link) => hit('human', 'click', agent, ip, 300 + link * 8, { link })),
    };
    yield {
      family: 'a person opens and clicks within a second',
      hits: [
        hit('human', 'open', agents.MAIL_CLIENTS[2] ?? '', ip, 50),
        hit('human', 'click', agent, ip, 50.8, { link: 1 }),
      ],
    };
  }
  for (const [agent, ip] of pairs(agents.BROWSERS, FROM.webGateway))
    yield {
      family: 'a person behind a company’s web gateway',
      hits: [hit('human', 'click', agent, ip, 1200, { link: 1 })],
    };
  for (const [agent, ip] of pairs(agents.BROWSERS.slice(7), FROM.appleRelay))
    yield {
      family: 'a person browses through Apple’s relay',
      hits: [hit('human', 'click', agent, ip, HOUR, { link: 1 })],
    };
  for (const agent of agents.MAIL_CLIENTS.slice(0, 4)) {
    for (const ip of FROM.azure)
      yield {
        family: 'a person on a cloud desktop',
        hits: [hit('human', 'open', agent, ip, 25 * 60, { hard: true })],
      };
  }
  for (const [ip, at] of pairs(FROM.googleDisplay, [70, 962, 30 * HOUR]))
    yield { family: 'Gmail displays', hits: [hit('human-via-proxy', 'open', agents.GMAIL_DISPLAY, ip, at)] };
  for (const [agent, ip] of pairs(agents.IMAGE_PROXIES, FROM.servers))
    yield { family: 'another proxy displays', hits: [hit('human-via-proxy', 'open', agent, ip, 700)] };
}

function* machines(): Generator<ComposedSequence> {
  for (const [ip, at] of pairs(FROM.appleRelay, [18, 40, 2 * HOUR, 11 * HOUR, 70 * HOUR]))
    yield {
      family: 'Apple loads ahead, at any hour',
      hits: [hit('prefetch', 'open', agents.APPLE_PRIVACY, ip, at)],
    };
  for (const [ip, at] of pairs(FROM.googlePrefetch, [3.5, 25, 55]))
    yield { family: 'Gmail loads ahead', hits: [hit('prefetch', 'open', agents.GMAIL_PREFETCH, ip, at)] };
  for (const [agent, start] of pairs(
    [...agents.BROWSERS.slice(0, 6), ...agents.DEAD_BROWSERS],
    [9, 43, 170, 3 * HOUR],
  )) {
    for (const ip of FROM.servers) yield sweep('a gateway’s sweep from servers', agent, ip, start);
    for (const ip of FROM.home) yield sweep('a gateway’s sweep that looks like a home', agent, ip, start);
  }
  for (const [agent, ip] of pairs(agents.BROWSERS, FROM.gateways)) {
    for (const at of [12, 400, 50 * HOUR]) {
      yield {
        family: 'a known gateway, one link',
        hits: [hit('scanner', 'click', agent, ip, at, { link: 1 })],
      };
      yield { family: 'a known gateway’s image', hits: [hit('scanner', 'open', agent, ip, at)] };
    }
  }
  for (const [agent, ip] of pairs(agents.BROWSERS, FROM.servers))
    yield {
      family: 'a single click from servers within minutes',
      hits: [hit('scanner', 'click', agent, ip, 66, { link: 1, hard: true })],
    };
  for (const [agent, ip] of pairs(agents.DEAD_BROWSERS, FROM.servers))
    yield { family: 'a browser long dead', hits: [hit('scanner', 'click', agent, ip, 2, { link: 1 })] };
  for (const [agent, ip] of pairs(agents.BROWSERS, [...FROM.home, ...FROM.servers]))
    yield {
      family: 'HEAD before the link is opened',
      hits: [hit('scanner', 'click', agent, ip, 31, { link: 1, method: 'HEAD' })],
    };
  for (const agent of agents.BROWSERS)
    yield {
      family: 'one link from several servers at once',
      hits: FROM.servers
        .slice(0, 3)
        .map((ip, i) => hit('scanner', 'click', agent, ip, 5 * HOUR + i * 0.4, { link: 1 })),
    };
  for (const [agent, ip] of pairs(agents.BROWSERS, FROM.servers))
    yield {
      family: 'an invisible link is followed',
      hits: [
        hit('scanner', 'click', agent, ip, 100, { link: 'trap', honeypot: true }),
        hit('scanner', 'click', agent, ip, 104, { link: 1 }),
      ],
    };
  const declared: [readonly string[], Actor][] = [
    [agents.SCANNERS, 'scanner'],
    [agents.PREVIEW_BOTS, 'preview-bot'],
    [agents.PROGRAMS, 'automation'],
  ];
  for (const [list, actor] of declared) {
    for (const [agent, ip] of pairs(list, [...FROM.home, ...FROM.servers]))
      yield { family: 'a machine that says so', hits: [hit(actor, 'click', agent, ip, 900, { link: 1 })] };
  }
  for (const ip of [...FROM.home, ...FROM.servers])
    yield {
      family: 'a script says only Mozilla/5.0',
      hits: [hit('automation', 'click', 'Mozilla/5.0', ip, 600, { link: 1, hard: true })],
    };
}

/** The image first, all links half a minute later within a second. */
function sweep(family: string, agent: string, ip: string, start: number): ComposedSequence {
  return {
    family,
    hits: [
      hit('scanner', 'open', agent, ip, start),
      ...Array.from({ length: LINKS }, (_, i) =>
        hit('scanner', 'click', agent, ip, start + 33 + i / 10, { link: i + 1 }),
      ),
    ],
  };
}

/** A machine at work on a mail must not take its reader away. */
function* both(): Generator<ComposedSequence> {
  for (const [agent, ip] of pairs(agents.BROWSERS, FROM.home)) {
    const scan = sweep('', agents.BROWSERS[0] ?? '', FROM.servers[0], 40).hits;
    yield {
      family: 'scanned at delivery, read later',
      hits: [
        ...scan,
        hit('human', 'open', agents.MAIL_CLIENTS[0] ?? '', ip, 20 * 60),
        hit('human', 'click', agent, ip, 21 * 60, { link: 3 }),
      ],
    };
    yield {
      family: 'Apple loads ahead, a person clicks hours later',
      hits: [
        hit('prefetch', 'open', agents.APPLE_PRIVACY, FROM.appleRelay[0], 300),
        hit('human', 'click', agent, ip, 9 * HOUR, { link: 1 }),
      ],
    };
    yield {
      family: 'forwarded: read here, previewed and clicked there',
      hits: [
        hit('human', 'open', agents.MAIL_CLIENTS[1] ?? '', FROM.home[0], 15 * 60),
        hit('preview-bot', 'click', agents.PREVIEW_BOTS[0] ?? '', FROM.servers[1], 26 * HOUR, { link: 1 }),
        hit('human', 'click', agent, ip, 26 * HOUR + 40, { link: 1 }),
      ],
    };
    yield {
      family: 'reported as phishing days later, then scanned',
      hits: [
        hit('human', 'open', agents.MAIL_CLIENTS[0] ?? '', ip, 2 * HOUR),
        ...sweep('', agent, FROM.gateways[0], 60 * HOUR).hits,
      ],
    };
    yield {
      family: 'Safe Links checks from Azure, the person comes from home',
      hits: [
        hit('scanner', 'click', agent, FROM.gateways[2], 22, { link: 1 }),
        hit('scanner', 'click', agent, FROM.gateways[2], 22.3, { link: 1 }),
        hit('human', 'click', agent, ip, 262, { link: 1 }),
      ],
    };
  }
}

function* senders(): Generator<ComposedSequence> {
  const all = [...agents.BROWSERS, ...agents.MAIL_CLIENTS, agents.GMAIL_DISPLAY, agents.APPLE_PRIVACY];
  for (const [agent, at] of pairs(all, [-1, -45, -2 * HOUR])) {
    const ip = agent === agents.GMAIL_DISPLAY ? FROM.googleDisplay[0] : FROM.home[0];
    yield {
      family: 'the sender’s composer fetches before sending',
      hits: [hit('self', 'open', agent, ip, at)],
    };
  }
}
