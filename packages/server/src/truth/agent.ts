import type { Client } from '@waybill/sdk';
import agents from '../../data/agents.json' with { type: 'json' };
import { deviceOf, osOf, parseBrowser, type BrowserAgent } from './browser.ts';
import { listedMachine } from './listed-machine.ts';
import {
  isMachineByWords,
  machineAgent,
  soundsLikeImageProxy,
  soundsLikeMachine,
  titleOf,
} from './machine-agent.ts';
import { knownMailPackage, mailPackage } from './mail-package.ts';
import type { Agent, Species } from './species.ts';
import { TokenTables, type FoundTokens, type TokenMatch, type TokenRow } from './token-table.ts';

type Table = 'imageProxies' | 'scanners' | 'mailClients' | 'previewBots' | 'libraries';
const TABLES = new TokenTables<Table>({
  imageProxies: agents.imageProxies,
  scanners: agents.scanners,
  mailClients: agents.mailClients as TokenRow[],
  previewBots: agents.previewBots,
  libraries: agents.libraries,
});

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
  let text = userAgent.slice(0, LONGEST_AGENT);
  if (text.includes('%')) text = text.replace(/%20|%2c|%3b|%28|%29|%2f/gi, decodeURIComponent);
  if (!text.includes(' ') && /\+\(|\)\+/.test(text)) text = text.replaceAll('+', ' ');
  if (/^["'\s]|["'\s]$/.test(text)) text = text.replace(/^["'\s]+|["'\s]+$/g, '');
  return /\s\s|[^\S ]/.test(text) ? text.replace(/\s+/g, ' ') : text;
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
  const words = TABLES.find(agent);
  const named = withoutAddresses(agent);
  const names = named === agent ? words : TABLES.find(named);
  const proxy = names.first('imageProxies');
  if (proxy !== undefined) return fromTable('image-proxy', proxy, agent);
  return classifyProgram(text, { agent, words, names }, parseBrowser(agent));
}

/** `names`: without addresses. */
interface Words {
  agent: string;
  words: FoundTokens<Table>;
  names: FoundTokens<Table>;
}

function classifyProgram(
  text: string,
  { agent, words, names }: Words,
  browser: BrowserAgent | undefined,
): Agent {
  const frozen = agents.frozenImageFetchers.find(
    ({ browser: name, major, os }) =>
      browser?.client.name === name &&
      browser.client.os === os &&
      Number.parseInt(browser.client.version ?? '', 10) === major,
  );
  if (frozen !== undefined)
    return { species: 'image-proxy', named: true, client: { name: frozen.name, device: 'server' } };
  // Makers of security products also make browsers, and apps with a browser inside.
  const isApp = (row: TokenRow): boolean => row.app !== true || browser === undefined;
  const scanner = words.first('scanners', isApp);
  if (scanner !== undefined) return fromTable('scanner', scanner, agent);
  // "Microsoft Office Existence Discovery" and the like are programs although a mail client's name is in them.
  if (/(?:existence|protocol) discovery/.test(agent)) return plain('program', 'Microsoft Office link check');
  const preview = words.first('previewBots', isApp);
  // "SomeMail-ImageProxy" is not SomeMail.
  if (preview === undefined && soundsLikeImageProxy(agent)) return machineAgent(text, agent);
  const mail =
    byPackage(agent, knownMailPackage) ?? names.first('mailClients') ?? byPackage(agent, mailPackage);
  if (mail !== undefined && !isPosing(agent, mail.row)) return fromTable('mail-client', mail, agent);
  if (preview !== undefined) return fromTable('preview-bot', preview, agent);
  const library = names.first('libraries');
  if (library !== undefined) return withOwnName(fromTable('program', library, agent), text, agent);
  if (browser === undefined) return classifyOther(text, agent);
  const isKnownApp =
    browser.isApp ||
    words.first('previewBots', isNamedApp) !== undefined ||
    words.first('scanners', isNamedApp) !== undefined;
  return classifyBrowser(text, { agent, isKnownApp }, browser);
}

function isNamedApp({ app }: TokenRow): boolean {
  return app === true;
}

/** "SomeChecker/4.5 libwww-perl/5.8": what is built on a library goes by its own name, which comes first. */
function withOwnName(program: Agent, text: string, agent: string): Agent {
  const [, own = '', version] = /^([a-z][\w.-]*)\/v?(\d+(?:\.\d+)*)/i.exec(text) ?? [];
  if (own === '' || OF_RUNTIMES.test(own) || TABLES.find(own.toLowerCase()).first('libraries') !== undefined)
    return program;
  return { ...program, client: { ...withSystem(own, agent), device: 'server', version: version ?? '' } };
}
const OF_RUNTIMES = /^(?:mozilla|python|java|node|perl|ruby|linux|windows|macos|ios|cfnetwork|darwin)$/i;

/** Apps of phones may call themselves by their package: `com.example.mail/8.1`. */
function byPackage(agent: string, nameOf: (app: string) => string | undefined): TokenMatch | undefined {
  const [, app = '', version] = /^([a-z]\w*(?:\.\w+)+)(?:[/ ]v?(\d+(?:\.\d+)*))?/.exec(agent) ?? [];
  // A package name begins where a domain ends.
  const name = /^[a-z]{2,3}\./.test(app) ? nameOf(app) : undefined;
  if (name === undefined) return undefined;
  const row: TokenRow = { token: app, name, device: 'phone' };
  return version === undefined ? { row } : { row, version };
}

/** Crawlers pose as mail programs, too, but give their own home page; a mail program gives its own, if any. */
function isPosing(agent: string, { token }: TokenRow): boolean {
  if (!POSING.test(agent)) return false;
  const letters = (piece: string): string => piece.replace(/[^a-z0-9]/g, '');
  const host = /https?:\/\/([^\s/);,]+)/.exec(agent)?.[1];
  return host === undefined || MACHINE_NAME.test(agent) || !letters(host).includes(letters(token));
}

/** A bot's home page or mail address may contain a mail service's name. */
function withoutAddresses(agent: string): string {
  return /[@]|:\/\/|www\./.test(agent)
    ? agent.replace(/(?:https?:\/\/|www\.)[^\s);,]*|\S+@\S+/g, ' ')
    : agent;
}

/** @param known.isKnownApp it names an app that has a browser inside; bot lists know these apps by their link previews */
function classifyBrowser(
  text: string,
  { agent, isKnownApp }: { agent: string; isKnownApp: boolean },
  browser: BrowserAgent,
): Agent {
  // The names of phones and of their systems' builds contain anything.
  const program = text.replace(/\([^()]*(?:android|iphone|ipad)[^()]*\)/gi, '');
  const lower = program.toLowerCase();
  const odd = browser.foreign.length > 0 || NOT_OF_BROWSERS.test(lower) || isMachineByWords(lower);
  const machine = isKnownApp
    ? NOT_OF_BROWSERS.test(lower) && soundsLikeMachine(program, lower)
    : odd
      ? soundsLikeMachine(program, lower)
      : !isPlain(lower) && listedMachine(lower).machine;
  if (machine || BOT_AS_DEVICE.test(agent) || ENGINE_COMMENT.test(agent)) return machineAgent(text, agent);
  const { client, engineOnly, livedIn, yearsBehind } = browser;
  if (browser.dead) return { species: 'dead-browser', client, named: true, livedIn };
  const [foreign] = browser.foreign;
  if (foreign === undefined) {
    return {
      species: browser.embedded ? 'embedded-browser' : 'browser',
      client,
      named: true,
      engineOnly,
      yearsBehind,
    };
  }
  // An app's own token beside a whole browser string: a browser inside that app.
  const inside: Client = { ...client };
  if (browser.generic && agent.includes(`${foreign}/`) && foreign.length > 2) {
    inside.name = spelledAs(text, foreign);
    delete inside.version;
  }
  return { species: /mail/.test(foreign) ? 'mail-client' : 'embedded-browser', client: inside, named: false };
}

/** All comments hold nothing but systems: such a string is in no list, and lists are long. */
function isPlain(agent: string): boolean {
  for (const [comment] of agent.matchAll(/\([^()]*\)?/g)) if (!SYSTEM_COMMENT.test(comment)) return false;
  return true;
}
const SYSTEM_COMMENT =
  /^\((?:(?:windows nt [\d.]+|win64|x64|wow64|macintosh|(?:intel )?mac os x [\d_.]+|x11|wayland|(?:ubuntu|fedora|linux)(?: x86_64| i686| aarch64)?|cros [\w. ]+|rv:[\d.]+|u|khtml, like gecko)(?:; ?|\)))+$/;

/** Browsers give no addresses, and only very old ones say `compatible`. */
const NOT_OF_BROWSERS = /compatible;(?! ?(?:msie|konqueror))|[@+]|https?:|www\./;
/** `Storebot-Google/1.0` where a phone's name belongs. */
const BOT_AS_DEVICE = /(?<!cu)bot[\w-]*\/\d/;
const MACHINE_NAME = /\bbot\b|crawl|spider|headless/;
const POSING = /https?:\/\/|\bbot\b|crawl|spider|headless/;
/** Browsers say nothing more where they compare themselves with KHTML. */
const ENGINE_COMMENT = /\(khtml, like gecko; ?(?!compatible\))[^)]+\)/;

function spelledAs(text: string, lower: string): string {
  const at = text.toLowerCase().indexOf(lower);
  return at === -1 ? lower : text.slice(at, at + lower.length);
}

function classifyOther(text: string, agent: string): Agent {
  const textBrowser = /^(?:lynx|w3m|links|elinks|dillo|netsurf)(?=[/ (])/.exec(agent)?.[0];
  if (textBrowser !== undefined) {
    return { species: 'browser', named: true, client: withSystem(spelledAs(text, textBrowser), agent) };
  }
  const machine = isMachineByWords(agent) || POSING.test(agent);
  if (!machine && /profile\/midp|^ucweb|up\.browser|netfront|obigo|opera mini/.test(agent)) {
    return {
      species: 'browser',
      named: true,
      client: { ...withSystem(titleOf(text), agent), device: 'phone' },
    };
  }
  const appleApp = /^([^/]+)\/\S* cfnetwork\/.*darwin/.exec(agent)?.[1];
  if (appleApp === 'mail')
    return { species: 'mail-client', client: withSystem('Apple Mail', agent), named: true };
  if (!machine && isMailName(appleApp ?? agent)) {
    return { species: 'mail-client', client: withSystem(titleOf(text), agent), named: false };
  }
  if (!machine && appleApp !== undefined) {
    return { species: 'app', client: withSystem(titleOf(text), agent), named: false };
  }
  return machineAgent(text, agent);
}

/** "SomeMail/1.2", "Mail Pro 3": a product whose name ends in what it is. */
function isMailName(name: string): boolean {
  return /^[a-z][a-z0-9 .!-]*?mail ?(?:app|client|droid|box|mobile|pro|plus|desktop|er)?(?:$|[/ ]v?\d)/.test(
    name,
  );
}

function withSystem(name: string, agent: string): Client {
  const os = osOf(agent);
  return { name, device: deviceOf(agent, os), ...(os === undefined ? {} : { os }) };
}

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
