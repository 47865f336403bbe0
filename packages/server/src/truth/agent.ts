import crawlers from 'crawler-user-agents';
import { isbot } from 'isbot';
import type { Client } from '@waybill/sdk';
import agents from '../../data/agents.json' with { type: 'json' };
import vocabulary from '../../data/vocabulary.json' with { type: 'json' };
import { deviceOf, osOf, parseBrowser, type BrowserAgent } from './browser.ts';
import { TokenTable, type TokenMatch, type TokenRow } from './token-table.ts';

/** What kind of agent a User-Agent names. */
export type Species =
  | 'absent' /* not known whether one was sent */
  | 'blank'
  | 'bare' /* `Mozilla/5.0` and nothing else */
  | 'image-proxy'
  | 'gmail-prefetch'
  | 'mail-client'
  | 'browser'
  | 'embedded-browser'
  | 'dead-browser'
  | 'scanner'
  | 'preview-bot'
  | 'program'
  | 'app'; /* an app of an Apple device that says nothing of its purpose */

export interface Agent {
  species: Species;
  client: Client;
  /** The agent names itself or is in a reviewed table; otherwise its species was inferred from shape and words. */
  named: boolean;
  /** Apple's engine and nothing after it: Apple Mail, or another app's viewer. */
  engineOnly?: boolean;
}

const IMAGE_PROXIES = new TokenTable(agents.imageProxies as TokenRow[]);
const SCANNERS = new TokenTable(agents.scanners as TokenRow[]);
const MAIL_CLIENTS = new TokenTable(agents.mailClients as TokenRow[]);
const PREVIEW_BOTS = new TokenTable(agents.previewBots as TokenRow[]);
const LIBRARIES = new TokenTable(agents.libraries as TokenRow[]);

const LISTED_SCANNER = listed('scanner');
const LISTED_PREVIEW = listed('social-preview');
const WORDS = {
  imageProxy: words(vocabulary.imageProxy),
  preview: words(vocabulary.preview),
  scanner: words(vocabulary.scanner),
  machine: words(vocabulary.machine),
};

/** Longer strings are cut: no real agent is named after that, and expressions stay fast on hostile input. */
const LONGEST_AGENT = 1024;
const CACHE_SIZE = 8192;
let recent = new Map<string, Agent>();
let older = new Map<string, Agent>();

/**
 * Who a User-Agent says it is. Mail clients and image proxies are recognised before any list of bots: those lists
 * contain both. Remembers the last few thousand answers.
 *
 * @param userAgent undefined when it is not known whether one was sent
 */
export function recogniseAgent(userAgent: string | undefined): Agent {
  if (userAgent === undefined)
    return { species: 'absent', client: { name: 'Unknown', device: 'unknown' }, named: false };
  let agent = recent.get(userAgent);
  if (agent !== undefined) return agent;
  agent = older.get(userAgent) ?? classify(tidy(userAgent));
  if (recent.size >= CACHE_SIZE) {
    older = recent;
    recent = new Map();
  }
  recent.set(userAgent, agent);
  return agent;
}

/** Proxies and log pipelines quote agents, encode their spaces, or write `+` for them. */
function tidy(userAgent: string): string {
  let text = userAgent.slice(0, LONGEST_AGENT).replace(/%20|%2c|%3b|%28|%29|%2f/gi, decodeURIComponent);
  if (!text.includes(' ') && /\+\(|\)\+/.test(text)) text = text.replaceAll('+', ' ');
  return text.replace(/^["'\s]+|["'\s]+$/g, '').replace(/\s+/g, ' ');
}

function classify(text: string): Agent {
  const agent = text.toLowerCase();
  if (agent === '' || agent === '-') return plain('blank', 'No User-Agent');
  if (/^mozilla\/5\.0$/.test(agent)) return plain('bare', 'Mozilla/5.0 (no program named)');
  // Gmail's prefetcher ends like an old Edge, followed by a second `Mozilla/5.0`.
  if (/edge\/\d+\.\d+ mozilla\/5\.0$/.test(agent)) {
    return {
      ...plain('gmail-prefetch', 'Gmail (prefetch)'),
      client: { name: 'Gmail (prefetch)', device: 'server' },
    };
  }
  const proxy = IMAGE_PROXIES.find(withoutAddresses(agent));
  if (proxy !== undefined) return fromTable('image-proxy', proxy, agent);
  return classifyProgram(text, agent, parseBrowser(agent));
}

function classifyProgram(text: string, agent: string, browser: BrowserAgent | undefined): Agent {
  const frozen = agents.frozenImageFetchers.find(
    ({ browser: name, major, os }) =>
      browser?.client.name === name &&
      browser.client.os === os &&
      Number.parseInt(browser.client.version ?? '', 10) === major,
  );
  if (frozen !== undefined)
    return { species: 'image-proxy', named: true, client: { name: frozen.name, device: 'server' } };
  const scanner = SCANNERS.find(agent);
  if (scanner !== undefined) return fromTable('scanner', scanner, agent);
  // "Microsoft Office Existence Discovery" and the like are programs although a mail client's name is in them.
  if (/(?:existence|protocol) discovery/.test(agent)) return plain('program', 'Microsoft Office link check');
  const mail = MAIL_CLIENTS.find(withoutAddresses(agent));
  if (mail !== undefined) return fromTable('mail-client', mail, agent);
  const preview = PREVIEW_BOTS.find(agent, (row) => row.app !== true || browser === undefined);
  if (preview !== undefined) return fromTable('preview-bot', preview, agent);
  const library = LIBRARIES.find(agent);
  if (library !== undefined) return fromTable('program', library, agent);
  return browser === undefined ? classifyOther(text, agent) : classifyBrowser(text, agent, browser);
}

/** A bot's home page or mail address may contain a mail service's name. */
function withoutAddresses(agent: string): string {
  return /[@]|:\/\/|www\./.test(agent)
    ? agent.replace(/(?:https?:\/\/|www\.)[^\s);,]*|\S+@\S+/g, ' ')
    : agent;
}

function classifyBrowser(text: string, agent: string, browser: BrowserAgent): Agent {
  const suspicious =
    browser.foreign.length > 0 ||
    /compatible;(?! ?(?:msie|konqueror|yahoo! slurp))|[@+]|https?:|www\./.test(agent) ||
    WORDS.machine.test(agent);
  if (suspicious && (isbot(text) || WORDS.machine.test(agent) || LISTED_SCANNER.test(text)))
    return machine(text, agent);
  const { client, engineOnly } = browser;
  if (browser.dead) return { species: 'dead-browser', client, named: true };
  if (browser.embedded) return { species: 'embedded-browser', client, named: true, engineOnly };
  const [foreign] = browser.foreign;
  // An app's own token behind a whole browser string: a browser inside that app.
  if (foreign !== undefined) return { species: 'embedded-browser', client, named: false, engineOnly };
  return { species: 'browser', client, named: true, engineOnly };
}

function classifyOther(text: string, agent: string): Agent {
  const appleApp = /^([^/]+)\/[^ ]* cfnetwork\/.*darwin/.exec(agent)?.[1];
  if (appleApp !== undefined) {
    const os = /iphone|ipad|mobile/.test(agent) || !/x86_64|\(mac/.test(agent) ? osOf(agent) : 'macOS';
    const client: Client = {
      name: title(text),
      device: deviceOf(agent, os),
      ...(os === undefined ? {} : { os }),
    };
    if (appleApp === 'mail')
      return {
        species: 'mail-client',
        client: { ...client, name: 'Apple Mail', os: os ?? 'macOS' },
        named: true,
      };
    if (/mail|outlook|inbox/.test(appleApp)) return { species: 'mail-client', client, named: false };
    if (!WORDS.machine.test(agent)) return { species: 'app', client, named: false };
  }
  if (
    !WORDS.machine.test(agent) &&
    /^[a-z .!-]*mail(?:app|client|droid|box|mobile|pro|er)?[ /]v?\d/.test(agent)
  ) {
    const os = osOf(agent);
    return {
      species: 'mail-client',
      named: false,
      client: { name: title(text), device: deviceOf(agent, os), ...(os === undefined ? {} : { os }) },
    };
  }
  return machine(text, agent);
}

function machine(text: string, agent: string): Agent {
  const name = title(text);
  const os = osOf(agent);
  const client: Client = { name, device: 'server', ...(os === undefined ? {} : { os }) };
  if (WORDS.imageProxy.test(agent))
    return { species: 'image-proxy', client: { name, device: 'server' }, named: false };
  if (WORDS.preview.test(agent) || LISTED_PREVIEW.test(text))
    return { species: 'preview-bot', client, named: true };
  if (LISTED_SCANNER.test(text) || WORDS.scanner.test(agent))
    return { species: 'scanner', client, named: true };
  return { species: 'program', client, named: isbot(text) };
}

/** The name that a machine gives itself: its own product, or the one behind `compatible;`. */
function title(text: string): string {
  const tokens = text
    .replace(/https?:\/\/[^\s);,]*/gi, ' ')
    .matchAll(/([a-z][\w.!:&-]*(?: [A-Z][\w.!-]*)*)(?:\/v?(\d[\w.]*))?/gi);
  for (const [, name = ''] of tokens) if (!BORING.test(name)) return name.slice(0, 60);
  return text.slice(0, 60);
}
const BORING =
  /^(?:mozilla|compatible|applewebkit|khtml|like|gecko|like gecko|windows.*|win64|wow64|x11|linux.*|intel.*|macintosh|mac os.*|cpu.*|iphone.*|ipad|android|chrome|safari|mobile|version|rv:?.*|x64|x86.*|u|en|en-us|msie.*|trident|firefox|unknown|edge|khtml, like gecko|from|ubuntu.*|k)$/i;

function fromTable(species: Species, { row, version }: TokenMatch, agent: string): Agent {
  const server = species !== 'mail-client';
  // What a proxy says of systems is made up; a program's own system may be real but is no reader's.
  const os = row.os ?? (species === 'image-proxy' ? undefined : osOf(agent));
  const device = row.device ?? (server ? 'server' : deviceOf(agent, os));
  return {
    species,
    named: true,
    client: {
      name: row.name,
      device: row.device === 'phone' && /ipad|tablet/.test(agent) ? 'tablet' : device,
      ...(version === undefined ? {} : { version }),
      ...(os === undefined ? {} : { os }),
    },
  };
}

function plain(species: Species, name: string): Agent {
  return { species, named: true, client: { name, device: 'unknown' } };
}

function words(list: readonly string[]): RegExp {
  return new RegExp(list.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|'));
}

function listed(tag: string): RegExp {
  const tagged = crawlers.filter((crawler) => (crawler as { tags?: string[] }).tags?.includes(tag));
  return new RegExp(tagged.map(({ pattern }) => pattern).join('|'), 'i');
}
