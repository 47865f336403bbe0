import { isbot } from 'isbot';
import type { Client } from '@waybill/sdk';
import vocabulary from '../../data/vocabulary.json' with { type: 'json' };
import type { Agent } from './species.ts';
import { osOf } from './browser.ts';
import { listedMachine } from './listed-machine.ts';

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

/** @param agent in lower case, as everywhere here; `text` is as it was sent */
export function isMachineByWords(agent: string): boolean {
  return WORDS.machine.test(agent);
}

/** A service that fetches images, by the word for it; whose it is does not matter. */
export function soundsLikeImageProxy(agent: string): boolean {
  return WORDS.imageProxy.test(agent);
}

export function soundsLikeMachine(text: string, agent: string): boolean {
  return isMachineByWords(agent) || listedMachine(agent).machine || isbot(text);
}

/** What kind of machine it is, as its words and the lists have it; a plain program if they say nothing. */
export function machineAgent(text: string, agent: string): Agent {
  const name = titleOf(text);
  const os = osOf(agent);
  const client: Client = { name, device: 'server', ...(os === undefined ? {} : { os }) };
  if (WORDS.imageProxy.test(agent)) {
    return { species: 'image-proxy', client: { name, device: 'server' }, named: false };
  }
  const listed = listedMachine(agent);
  if (WORDS.preview.test(agent) || listed.preview) return { species: 'preview-bot', client, named: true };
  if (listed.scanner || WORDS.scanner.test(agent)) return { species: 'scanner', client, named: true };
  const named = listed.machine || isMachineByWords(agent) || isbot(text);
  return { species: 'program', client, named };
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
