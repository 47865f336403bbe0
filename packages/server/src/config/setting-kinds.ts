import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** How the text of a setting is read, one schema for each kind of value. What it says of wrong text completes a sentence that begins with the setting's name. */

export interface Listen {
  host: string;
  port: number;
}

const readListen = (text: string, context: z.RefinementCtx): Listen => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'is not HOST:PORT, for example 127.0.0.1:8420' });
    return z.NEVER;
  }
  return { host: match[1] ?? match[2] ?? '', port };
};
export const listen = z.string().transform(readListen);
export const listenOrOff = z
  .string()
  .transform((text, context) => (text === 'off' ? undefined : readListen(text, context)));

export const urlOf = (protocols: readonly string[], example: string) =>
  z.string().transform((text, context): string => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !protocols.includes(url.protocol)) {
      context.addIssue({ code: 'custom', message: `is not an address like ${example}` });
      return z.NEVER;
    }
    return text;
  });

export const httpUrl = urlOf(['http:', 'https:'], 'https://track.example.org').transform((text, context) => {
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '' || url.username !== '') {
    context.addIssue({ code: 'custom', message: 'must have no query, fragment or user name' });
    return z.NEVER;
  }
  return text.replace(/\/+$/, '');
});

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
export const cidrs = list.refine((items) => items.every(isNetwork), {
  message: 'is not a list of networks like 10.0.0.0/8, 2001:db8::/32',
});

export const flag = z.enum(['0', '1'], { error: 'is neither 0 nor 1' }).transform((text) => text === '1');

export const integer = (min: number, max: number) =>
  z.string().transform((text, context): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      context.addIssue({ code: 'custom', message: `is not a whole number from ${min} to ${max}` });
      return z.NEVER;
    }
    return value;
  });

export const masterKeys = z.string().transform((text, context): ReadonlyMap<number, Uint8Array> => {
  const keys = new Map<number, Uint8Array>();
  for (const entry of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const match = /^(\d{1,3}):([0-9a-fA-F]{64})$/.exec(entry);
    const id = Number(match?.[1]);
    if (match?.[2] === undefined || id > 255 || keys.has(id)) {
      context.addIssue({
        code: 'custom',
        message: 'is not a list of ID:KEY, ID from 0 to 255, each once, KEY 64 hexadecimal digits',
      });
      return z.NEVER;
    }
    keys.set(id, Buffer.from(match[2], 'hex'));
  }
  return keys;
});

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
/** A domain below a top-level one; the selector may have dots as well (RFC 6376 §3.1), and underscores are seen. */
const DKIM_KEY = new RegExp(`^(${LABEL}(?:\\.${LABEL})+):([a-z0-9_-]+(?:\\.[a-z0-9_-]+)*):(.+)$`);

export const dkimKeys = z.string().transform((text, context) => {
  const items = text.split(/[,\n]/).map((item) => item.trim());
  const keys = items.filter(Boolean).map((item) => {
    const [domain = '', selector = '', ...path] = item.split(':');
    const ascii = [domainToASCII(domain).toLowerCase(), selector.toLowerCase(), path.join(':')].join(':');
    const match = DKIM_KEY.exec(ascii);
    return match === null
      ? undefined
      : { domain: match[1] ?? '', selector: match[2] ?? '', path: match[3] ?? '' };
  });
  const wrong = keys.indexOf(undefined);
  if (wrong !== -1) {
    context.addIssue({
      code: 'custom',
      message: 'is not a list of DOMAIN:SELECTOR:PATH like example.org:waybill:/etc/waybill/dkim.pem',
    });
    return z.NEVER;
  }
  return keys.filter((key) => key !== undefined);
});

export const domain = z
  .string()
  .transform((text) => domainToASCII(text.trim()).toLowerCase())
  .refine((text) => new RegExp(`^${LABEL}(?:\\.${LABEL})+$`).test(text), {
    message: 'is not a domain like bounces.example.org',
  });

export const receipts = z.string().transform((text, context) => {
  const words = text.split(',').map((word) => word.trim());
  const isOff = words.length === 1 && words[0] === 'off';
  if (!isOff && !words.every((word) => word === 'delivery' || word === 'reading')) {
    context.addIssue({ code: 'custom', message: 'is none of off, delivery, reading and delivery,reading' });
    return z.NEVER;
  }
  return { delivery: words.includes('delivery'), reading: words.includes('reading') };
});

/** What each account asks for is checked where it is used. */
export const imapAccounts = z.string().refine(
  (text) =>
    text
      .split(/\s+/)
      .filter((entry) => entry !== '')
      .every((entry) => /^imaps?:\/\/[^/@]+@[^/@]+/i.test(entry)),
  { error: 'is not a list of addresses like imaps://user:password@mail.example.org' },
);

/** One for each account, or a single one without its user. */
export const refreshTokens = z.string().transform((text, context): ReadonlyMap<string, string> => {
  const entries = text.split(/\s+/).filter((entry) => entry !== '');
  const tokens = new Map<string, string>();
  for (const entry of entries) {
    // A token has no `@` (Google, Microsoft); a user name of a mailbox nearly always has.
    const [, user = '', token = entry] = /^([^\s:@]+@[^\s:@]+|[^\s:/]+):(.+)$/.exec(entry) ?? [];
    tokens.set(user.toLowerCase(), token);
  }
  if (tokens.size !== entries.length || (entries.length > 1 && tokens.has(''))) {
    context.addIssue({
      code: 'custom',
      message: 'is not a list of USER:TOKEN, each user once, or a single TOKEN',
    });
    return z.NEVER;
  }
  return tokens;
});
