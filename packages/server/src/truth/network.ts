import type { Network } from '@waybill/sdk';
import type { Evidence } from './evidence.ts';
import type { HitFacts } from './hit-facts.ts';
import { hostEvidence } from './host-name.ts';
import type { Observation, RangeName } from './observation.ts';

/** Second layer: whose address the hit came from. */
export function networkEvidence(facts: HitFacts): Evidence[] {
  if (facts.ranges.length === 0 && facts.observation.host === undefined) return kindEvidence(facts);
  const evidence = [
    ...hostEvidence(facts.observation),
    ...facts.ranges.flatMap((range) => RANGES[range](facts)),
  ];
  // A published range is more exact than the kind of the network around it.
  return evidence.length > 0 ? evidence : kindEvidence(facts);
}

const LINK_OR_IMAGE = { open: 'the image', click: 'the link' } as const;

type Rule = (facts: HitFacts) => Evidence[];

const RANGES: Readonly<Record<RangeName, Rule>> = {
  'google-image-proxy': ({ agent, observation }) => {
    if (agent.species === 'image-proxy' && observation.kind === 'open') {
      const text = 'The address is in the range that Google publishes for showing images.';
      return (['human-via-proxy', 'prefetch'] as const).map((toward) => ({
        toward,
        weight: 1.5,
        code: 'google-image-range',
        text,
      }));
    }
    if (agent.species === 'absent' && observation.kind === 'open') {
      return [
        {
          toward: 'human-via-proxy',
          weight: 3.5,
          code: 'google-image-range',
          text: 'The address is in the range that Google publishes for showing images.',
        },
      ];
    }
    return [
      {
        toward: 'scanner',
        weight: 2.5,
        code: 'google-fetcher',
        text: 'The address is one of Google’s fetchers, which also check links.',
      },
    ];
  },
  'google-special-crawler': ({ observation }) =>
    observation.kind === 'open'
      ? [
          {
            toward: 'prefetch',
            weight: 4.5,
            code: 'google-prefetch-range',
            text: 'The address is one of those from which Gmail loads images in advance.',
          },
        ]
      : [
          {
            toward: 'scanner',
            weight: 4,
            code: 'google-prefetch-range',
            text: 'The address is one of Google’s crawlers, not a person’s.',
          },
        ],
  'apple-private-relay': ({ agent, observation }) => {
    if (agent.species === 'bare' && observation.kind === 'open') {
      return [
        {
          toward: 'prefetch',
          weight: 5,
          code: 'apple-privacy',
          text: 'Apple’s privacy proxy loaded the images. It does that whether or not the mail is read.',
        },
      ];
    }
    if (agent.species === 'absent' && observation.kind === 'open') {
      return [
        {
          toward: 'prefetch',
          weight: 2,
          code: 'apple-privacy',
          text: 'The address belongs to Apple’s privacy relay, which mostly loads images ahead of time.',
        },
      ];
    }
    return [
      {
        toward: 'human',
        weight: 1.6,
        code: 'private-relay',
        text: 'It came through Apple’s private relay, as people’s own devices do. The place is hidden.',
      },
    ];
  },
  apple: ({ agent }) =>
    agent.species === 'bare'
      ? [{ toward: 'prefetch', weight: 1, code: 'apple-network', text: 'The address belongs to Apple.' }]
      : [],
  'exchange-online': () => [
    {
      toward: 'scanner',
      weight: 7,
      code: 'exchange-online',
      text: 'The address is one of Microsoft’s mail servers, behind which nobody reads: it checks mails for dangers.',
    },
  ],
  'defender-detonation': () => [
    {
      toward: 'scanner',
      weight: 5.5,
      code: 'defender',
      text: 'The address is one from which Microsoft Defender tries out links.',
    },
  ],
  barracuda: () => [
    {
      toward: 'scanner',
      weight: 6,
      code: 'barracuda',
      text: 'The address is in the range that Barracuda publishes for its mail gateway.',
    },
  ],
  'security-vendor': ({ network }) => [
    {
      toward: 'scanner',
      weight: 3.6,
      code: 'security-vendor',
      text: `The address belongs to ${network.owner ?? 'a maker of mail security'}, whose gateways check mails and links.`,
    },
  ],
  'security-vendor-weak': ({ network }) => [
    {
      toward: 'scanner',
      weight: 1.8,
      code: 'security-vendor',
      text: `The address belongs to ${network.owner ?? 'a maker of security products'}; its products check links, and some carry people’s traffic.`,
    },
  ],
  'web-gateway': ({ network }) => [
    {
      toward: 'human',
      weight: 1,
      code: 'web-gateway',
      text: `The address belongs to ${network.owner ?? 'a web gateway'}, through which companies send their people’s traffic.`,
    },
  ],
  'mail-ru-image-proxy': ({ observation }) =>
    observation.kind === 'open'
      ? [
          {
            toward: 'human-via-proxy',
            weight: 4.5,
            code: 'mail-ru',
            text: 'Mail.ru fetched the image from its own network.',
          },
        ]
      : [],
  telegram: () => [
    {
      toward: 'preview-bot',
      weight: 3.5,
      code: 'telegram',
      text: 'The address belongs to Telegram, which makes previews of shared links.',
    },
  ],
};

function kindEvidence({ network, agent, observation }: HitFacts): Evidence[] {
  switch (agent.species) {
    // Programs run everywhere, and proxies run in data centres: the kind of network adds nothing.
    case 'program':
    case 'preview-bot':
    case 'scanner':
      return [];
    case 'image-proxy':
    case 'gmail-prefetch':
      // Google's own network is well known; other proxies stand anywhere, some beside the web apps they serve.
      return network.kind === 'access' && agent.client.name.startsWith('Gmail')
        ? [proxyElsewhere(agent.client.name, network.owner)]
        : [];
    case 'app':
      return observation.kind === 'click' ? [] : readerEvidence(network, false, observation.kind);
    case 'absent':
      // Where it came from says little of who it was, when nothing is known of how it presented itself.
      return readerEvidence(network, false, observation.kind).map((piece) =>
        piece.toward === 'human' ? { ...piece, weight: piece.weight / 2 } : piece,
      );
    case 'bare':
      return bareEvidence(network, observation.kind);
    default:
      return readerEvidence(network, agent.species === 'mail-client', observation.kind);
  }
}

function readerEvidence(network: Network, isMailClient: boolean, kind: Observation['kind']): Evidence[] {
  switch (network.kind) {
    case 'access':
      return [
        {
          toward: 'human',
          weight: 2,
          code: 'access-network',
          text: `The address belongs to ${network.owner ?? 'an access network'}, where people are connected.`,
        },
      ];
    case 'local':
      return [
        {
          toward: 'human',
          weight: 2.2,
          code: 'local-network',
          text: 'It came from your own network or this very machine.',
        },
      ];
    case 'hosting':
      // People on cloud desktops use mail programs there; gateways prefer to look like browsers.
      return [hosting(network, isMailClient ? 1 : 2, kind)];
    default:
      return [];
  }
}

function bareEvidence(network: Network, kind: Observation['kind']): Evidence[] {
  if (network.kind !== 'access' && network.kind !== 'hosting') return [];
  const notApple: Evidence = {
    toward: 'prefetch',
    weight: -3,
    code: 'not-apple',
    text: `The address belongs to ${network.owner ?? 'another network'} and not to Apple’s privacy relay.`,
  };
  // A script says nothing else wherever it runs; behind an image from a data centre there may be a gateway as well.
  return network.kind === 'hosting' && kind === 'open' ? [hosting(network, 2, kind), notApple] : [notApple];
}

function hosting({ owner }: Network, weight: number, kind: Observation['kind']): Evidence {
  return {
    toward: 'scanner',
    weight,
    code: 'hosting-network',
    text: `${owner ?? 'A data centre'} runs servers: a machine is likelier than a person to fetch ${LINK_OR_IMAGE[kind]} from there.`,
  };
}

function proxyElsewhere(name: string, owner: string | undefined): Evidence {
  return {
    toward: 'automation',
    weight: 5,
    code: 'proxy-elsewhere',
    text: `It calls itself ${name} but came from ${owner ?? 'a network of people'}, where no such proxy is.`,
  };
}
