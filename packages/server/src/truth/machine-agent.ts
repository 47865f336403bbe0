import crawlers from 'crawler-user-agents';
import { isbot } from 'isbot';
import type { Client } from '@waybill/sdk';
import vocabulary from '../../data/vocabulary.json' with { type: 'json' };
import type { Agent } from './species.ts';
import { osOf } from './browser.ts';

/**
 * Agents that are in no table of ours, judged by the field's kept lists (`crawler-user-agents`, `isbot`) and by the
 * words that machines call themselves by. Only for what is no mail client and no image proxy: the lists have both.
 */
const WORDS = {
  imageProxy: words(vocabulary.imageProxy),
  preview: words(vocabulary.preview),
  scanner: words(vocabulary.scanner),
  // Cubot makes phones.
  machine: new RegExp(`${words(vocabulary.machine).source}|(?<!cu)bot(?![a-z])`),
};
const LISTED = listed(() => true);
const LISTED_SCANNER = listed((tags) => tags.includes('scanner'));
const LISTED_PREVIEW = listed((tags) => tags.includes('social-preview'));

/** @param agent in lower case, as everywhere here; `text` is as it was sent */
export function isMachineByWords(agent: string): boolean {
  return WORDS.machine.test(agent);
}

export function isListedMachine(text: string): boolean {
  return LISTED.test(text);
}

export function soundsLikeMachine(text: string, agent: string): boolean {
  return isMachineByWords(agent) || isListedMachine(text) || isbot(text);
}

/** What kind of machine it is, as its words and the lists have it; a plain program if they say nothing. */
export function machineAgent(text: string, agent: string): Agent {
  const name = titleOf(text);
  const os = osOf(agent);
  const client: Client = { name, device: 'server', ...(os === undefined ? {} : { os }) };
  if (WORDS.imageProxy.test(agent)) {
    return { species: 'image-proxy', client: { name, device: 'server' }, named: false };
  }
  if (WORDS.preview.test(agent) || LISTED_PREVIEW.test(text))
    return { species: 'preview-bot', client, named: true };
  if (LISTED_SCANNER.test(text) || WORDS.scanner.test(agent))
    return { species: 'scanner', client, named: true };
  return { species: 'program', client, named: soundsLikeMachine(text, agent) };
}

/** The name that an agent gives itself: its own product, or the one behind `compatible;`. */
export function titleOf(text: string): string {
  const tokens = text
    .replace(/https?:\/\/[^\s);,]*/gi, ' ')
    .matchAll(/(\p{L}[\p{L}\p{N}_.!:&-]*(?: \p{Lu}[\p{L}\p{N}_.!-]*)*)/gu);
  const names = Array.from(tokens, ([, name = '']) => name).filter((name) => !OF_ALL_BROWSERS.test(name));
  const name =
    names.find((candidate) => /\w(?:bot|crawler|spider)|(?:bot|crawler|spider)\w/i.test(candidate)) ??
    names[0] ??
    text;
  return name.slice(0, LONGEST_NAME);
}

const LONGEST_NAME = 60;
const OF_ALL_BROWSERS =
  /^(?:mozilla|compatible|applewebkit|khtml|like|gecko|like gecko|windows.*|win64|wow64|x11|linux.*|intel.*|macintosh|mac os.*|cpu.*|iphone.*|ipad|android|chrome|safari|mobile|mobile safari|version|rv:?.*|x64|x86.*|u|en|en-us|msie.*|trident|firefox|unknown|edge|from|ubuntu.*|k)$/i;

function words(list: readonly string[]): RegExp {
  return new RegExp(list.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|'));
}

function listed(wanted: (tags: readonly string[]) => boolean): RegExp {
  const chosen = crawlers.filter((crawler) => wanted((crawler as { tags?: string[] }).tags ?? []));
  return new RegExp(chosen.map(({ pattern }) => pattern).join('|'), 'i');
}
