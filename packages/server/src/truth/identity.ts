import type { Agent, Species } from './species.ts';
import type { Evidence } from './evidence.ts';
import type { HitFacts } from './hit-facts.ts';

/** First layer: who the agent says it is. Nobody poses as a machine; many machines pose as browsers. */
export function identityEvidence({ agent, observation: { kind } }: HitFacts): readonly Evidence[] {
  // Agents come from a memory: what one says is put into words once.
  agent.said ??= {};
  return (agent.said[kind] ??= (kind === 'open' ? OPENS : CLICKS)[agent.species](agent));
}

type Rule = (agent: Agent) => Evidence[];
type Rules = Readonly<Record<Species, Rule>>;

const OPENS: Rules = {
  absent: () => [],
  blank: () => [
    {
      toward: 'automation',
      weight: 2,
      code: 'blank-agent',
      text: 'It named no program at all, as scripts and gateways do.',
    },
    {
      toward: 'scanner',
      weight: 1.2,
      code: 'blank-agent',
      text: 'It named no program at all, as scripts and gateways do.',
    },
  ],
  bare: () => [
    {
      toward: 'prefetch',
      weight: 3.2,
      code: 'bare-mozilla',
      text: 'It says only “Mozilla/5.0”, as Apple’s privacy proxy does when it loads images ahead of time.',
    },
    {
      toward: 'automation',
      weight: 1,
      code: 'bare-mozilla-script',
      text: 'Simple scripts say only “Mozilla/5.0”, too.',
    },
  ],
  'image-proxy': ({ client }) => [
    {
      toward: 'human-via-proxy',
      weight: 4.5,
      code: 'image-proxy',
      text: `${client.name} fetched the image, as it does when the mail is displayed. Place and device of the reader stay hidden.`,
    },
    {
      toward: 'prefetch',
      weight: 1.5,
      code: 'image-proxy-check',
      text: 'The same proxy sometimes fetches images that nobody looks at.',
    },
  ],
  'gmail-prefetch': () => [
    {
      toward: 'prefetch',
      weight: 5,
      code: 'gmail-prefetch',
      text: 'Gmail loaded the image in advance. That says nothing about reading.',
    },
  ],
  'mail-client': ({ client, named }) => [
    {
      toward: 'human',
      weight: named ? 2.9 : 2.3,
      code: 'mail-client',
      text: `${client.name} asked for the image itself, as a mail program does when a person opens the mail.`,
    },
  ],
  browser: ({ client }) => [
    {
      toward: 'human',
      weight: 2,
      code: 'browser',
      text: `An ordinary browser, ${client.name}, showed the mail.`,
    },
  ],
  'embedded-browser': ({ client }) => [
    {
      toward: 'human',
      weight: 2.1,
      code: 'app-browser',
      text: `An app showed the mail in its built-in browser (${client.name}).`,
    },
  ],
  'dead-browser': (agent) => deadBrowser(agent, 1.6),
  app: ({ client }) => [
    {
      toward: 'human',
      weight: 0.3,
      code: 'unknown-app',
      text: `An app, ${client.name}, that says nothing of its purpose.`,
    },
    {
      toward: 'automation',
      weight: 1.2,
      code: 'unknown-app',
      text: `An app, ${client.name}, that says nothing of its purpose.`,
    },
  ],
  ...machines(),
};

const CLICKS: Rules = {
  absent: () => [],
  blank: () => [
    {
      toward: 'scanner',
      weight: 2.6,
      code: 'blank-agent',
      text: 'It named no program at all, as link-checking gateways do.',
    },
    {
      toward: 'automation',
      weight: 1,
      code: 'blank-agent',
      text: 'It named no program at all, as scripts do.',
    },
  ],
  bare: () => [
    {
      toward: 'automation',
      weight: 3,
      code: 'bare-mozilla-click',
      text: 'It says only “Mozilla/5.0”. Apple’s privacy proxy never follows links, so this is a script.',
    },
    {
      toward: 'scanner',
      weight: 1,
      code: 'bare-mozilla-click',
      text: 'Some link checkers say only “Mozilla/5.0”.',
    },
  ],
  'image-proxy': ({ client }) => [
    {
      toward: 'automation',
      weight: 3,
      code: 'proxy-click',
      text: `${client.name} fetches images only; a link followed by it is a machine’s doing.`,
    },
  ],
  'gmail-prefetch': () => [
    {
      toward: 'scanner',
      weight: 3,
      code: 'prefetch-click',
      text: 'Gmail’s own machinery followed the link.',
    },
  ],
  'mail-client': ({ client }) => [
    {
      toward: 'human',
      weight: 2.7,
      code: 'mail-client',
      text: `The link was followed from within ${client.name}.`,
    },
  ],
  browser: ({ client, yearsBehind = 0 }) => [
    {
      toward: 'human',
      weight: 2,
      code: 'browser',
      text: `The link was opened in an ordinary browser, ${client.name}.`,
    },
    ...(yearsBehind > 0 ? [staleBrowser(client.name, yearsBehind)] : []),
  ],
  'embedded-browser': ({ client }) => [
    {
      toward: 'human',
      weight: 2.2,
      code: 'app-browser',
      text: `The link was opened in an app’s built-in browser (${client.name}).`,
    },
  ],
  'dead-browser': (agent) => deadBrowser(agent, 2.6),
  app: ({ client }) => [
    {
      toward: 'automation',
      weight: 2.6,
      code: 'app-without-browser',
      text: `${client.name} fetched the link by itself. A person’s click opens a browser.`,
    },
  ],
  ...machines(),
};

/** Agents that call themselves machines are believed, whatever they fetch. */
function machines(): Pick<Rules, 'scanner' | 'preview-bot' | 'program'> {
  return {
    scanner: ({ client }) => [
      {
        toward: 'scanner',
        weight: 6,
        code: 'declared-scanner',
        text: `It names itself: ${client.name}, which checks mails and links for dangers.`,
      },
    ],
    'preview-bot': ({ client }) => [
      {
        toward: 'preview-bot',
        weight: 7,
        code: 'preview-bot',
        text: `It names itself: ${client.name}, which makes previews of links that somebody shared.`,
      },
    ],
    program: ({ client, named }) => [
      named
        ? {
            toward: 'automation',
            weight: 6,
            code: 'program',
            text: `It names itself: ${client.name}, a program and not a person’s mail client or browser.`,
          }
        : {
            toward: 'automation',
            weight: 3.5,
            code: 'no-reader',
            text: `“${client.name}” is no known mail client or browser.`,
          },
    ],
  };
}

/** A made-up string is plain; a real old machine's carries marks of what was installed on it. */
function deadBrowser({ client: { name }, livedIn = false }: Agent, weight: number): Evidence[] {
  const human = {
    toward: 'human',
    code: 'browser',
    text: `It presents itself as the browser ${name}.`,
  } as const;
  const text = `That version of ${name} is years out of use by people; gateways still claim to be it.`;
  return [
    { ...human, weight: livedIn ? 1 : 0.3 },
    { toward: 'scanner', weight: livedIn ? weight / 2 : weight, code: 'dead-browser', text },
  ];
}

function staleBrowser(name: string, years: number): Evidence {
  return {
    toward: 'scanner',
    weight: years > 2 ? 1.6 : 0.6,
    code: 'stale-browser',
    text: `That version of ${name} is more than ${years} years behind, which is rare with people and common with gateways.`,
  };
}
