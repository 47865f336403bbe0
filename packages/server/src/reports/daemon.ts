import { addressOf } from './address.ts';
import { decodeWords, type HeaderFields } from './header-fields.ts';

const DAEMON =
  /^(?:mailer[-_. ]?daemon|mail[-_. ]?daemon|post[-_. ]?master|mail[-_. ]delivery[-_. ](?:sub)?system|mdaemon|double-?bounce|bounces?|mailerd|smtp[-_]?(?:gateway|server)|microsoftexchange[0-9a-f]*)\b/i;
const DAEMON_NAME =
  /mail(?:er)?[ -]?daemon|mail deliver\w* (?:sub)?system|post ?master|mail administrator|system administrator|\bndr\b|mail gateway|delivery (?:notification|status)/i;

/** Whether a mail system is the author, by its address. */
export function hasDaemonAddress(from: string): boolean {
  return DAEMON.test(addressOf(from) ?? from.trim());
}

/** Whether a mail system is the author, by `From`; anyone can take its name. */
export function isDaemon(from: string): boolean {
  return (
    hasDaemonAddress(from) || DAEMON_NAME.test(decodeWords(from.slice(0, 400)).replaceAll(/<[^>]*>/g, ''))
  );
}

/** `Return-Path: <>`, or what old systems and mailboxes make of it. */
export function hasNullSender(fields: HeaderFields): boolean {
  const path = fields.first('return-path');
  return path !== undefined && /^(?:<\s*>|<?mailer-daemon(?:@\S*)?>?)?$/i.test(path.trim());
}
