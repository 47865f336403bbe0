/** What is wrong with an SMTP command before it is obeyed: a pure reading of the line, without its CRLF. */
import { isUtf8 } from 'node:buffer';
import { domainToASCII, domainToUnicode } from 'node:url';
import type { Refusal } from './session-policy.ts';

/** Beside RFC 5321 §4.5.3.1.4's 512 octets, the extensions' parameters need room; only AUTH's need more (RFC 4954 §4). */
const MAX_COMMAND_BYTES = 2_048;
/** Known and not offered (RFC 5321 §4.2.4 wants 502 for these and 500 for what nobody knows). */
const NOT_OFFERED = new Set(['EXPN', 'BDAT', 'ETRN', 'ATRN', 'TURN', 'SEND', 'SOML', 'SAML']);

/** Any command but a line within AUTH. */
export function commandRefusal(line: Buffer): Refusal | undefined {
  const verb = verbOf(line);
  if (line.length > MAX_COMMAND_BYTES && verb !== 'AUTH') {
    return syntax(500, '5.5.2', `A command has at most ${MAX_COMMAND_BYTES} bytes.`);
  }
  // A bare CR or NUL may be a line end elsewhere: what follows it would be a command of its own.
  // eslint-disable-next-line no-control-regex -- these are what must not be there
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line.toString('latin1'))) {
    return syntax(500, '5.5.2', 'A command must not have control characters.');
  }
  if (!isUtf8(line)) return syntax(500, '5.5.2', 'A command must be ASCII or UTF-8.');
  if (NOT_OFFERED.has(verb)) return syntax(502, '5.5.1', `${verb} is not offered here.`);
  return undefined;
}

export function verbOf(line: Buffer): string {
  return line.toString('latin1', 0, 16).split(' ', 1)[0]?.toUpperCase() ?? '';
}

interface AddressCommand {
  address: string;
  parameters: { keyword: string; value: string | undefined }[];
}

type Check = (value: string | undefined, smtpUtf8: boolean) => boolean;

/** Parameters of MAIL: RFC 1870, 6152, 6531, 4954 §5 and 3461 §4.3, §4.4. */
const MAIL_PARAMETERS: Record<string, Check> = {
  SIZE: (value) => /^\d{1,20}$/.test(value ?? ''),
  BODY: (value) => /^(?:7BIT|8BITMIME)$/i.test(value ?? ''),
  SMTPUTF8: (value) => value === undefined,
  AUTH: (value) => value === '<>' || isXtext(value, 500),
  RET: (value) => /^(?:FULL|HDRS)$/i.test(value ?? ''),
  ENVID: (value) => isXtext(value, 100),
};

/** Parameters of RCPT: RFC 3461 §4.1, §4.2, and 6533 §3 for an ORCPT in UTF-8. */
const RCPT_PARAMETERS: Record<string, Check> = {
  NOTIFY: (value) =>
    /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/i.test(value ?? ''),
  ORCPT: (value, smtpUtf8) => {
    const [, type = '', address] = /^([A-Za-z0-9-]+);(.+)$/.exec(value ?? '') ?? [];
    if ((value ?? '').length > 500) return false;
    return type.toLowerCase() === 'utf-8' && smtpUtf8 ? isUtf8Text(address) : isXtext(address, 500);
  },
};

/** @returns undefined also for a line that is no MAIL FROM:<…> at all, which smtp-server refuses itself */
export function mailRefusal(line: string): Refusal | undefined {
  const command = readAddressCommand('MAIL FROM', line);
  if (command === undefined) return undefined;
  const smtpUtf8 = command.parameters.some(({ keyword }) => keyword === 'SMTPUTF8');
  return (
    parametersRefusal(command, MAIL_PARAMETERS, smtpUtf8) ??
    addressRefusal(command.address, smtpUtf8, '5.1.7')
  );
}

/** @param smtpUtf8 MAIL said SMTPUTF8 */
export function rcptRefusal(line: string, smtpUtf8: boolean): Refusal | undefined {
  const command = readAddressCommand('RCPT TO', line);
  if (command === undefined) return undefined;
  return (
    parametersRefusal(command, RCPT_PARAMETERS, smtpUtf8) ??
    addressRefusal(command.address, smtpUtf8, '5.1.3')
  );
}

function readAddressCommand(name: string, line: string): AddressCommand | undefined {
  const match = /^([a-z]+ [a-z]+)[ \t]*:[ \t]*<([^<>]*)>(.*)$/i.exec(line);
  if (match?.[1]?.toUpperCase() !== name) return undefined;
  const words = (match[3] ?? '').split(/[ \t]+/).filter((word) => word !== '');
  return {
    address: match[2] ?? '',
    parameters: words.map((word) => {
      const equals = word.indexOf('=');
      const [keyword, value] = equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
      return { keyword: keyword.toUpperCase(), value };
    }),
  };
}

function parametersRefusal(
  { parameters }: AddressCommand,
  known: Record<string, Check>,
  smtpUtf8: boolean,
): Refusal | undefined {
  const seen = new Set<string>();
  for (const { keyword, value } of parameters) {
    const check = Object.hasOwn(known, keyword) ? known[keyword] : undefined;
    if (check === undefined) {
      return syntax(555, '5.5.4', 'This parameter is not known here, or not for this command.');
    }
    if (seen.has(keyword)) return syntax(501, '5.5.4', `${keyword} is given more than once.`);
    if (!check(value, smtpUtf8)) return syntax(501, '5.5.4', `The value of ${keyword} is not valid.`);
    seen.add(keyword);
  }
  return undefined;
}

function addressRefusal(address: string, smtpUtf8: boolean, enhanced: string): Refusal | undefined {
  // eslint-disable-next-line no-control-regex -- ASCII is the question
  if (!smtpUtf8 && /[^\u0000-\u007f]/.test(address)) {
    return syntax(553, '5.6.7', 'An address beyond ASCII needs SMTPUTF8 in MAIL.');
  }
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  // A name that only looks like IDNA's form could become another domain on its way out.
  return isTrueName(domain)
    ? undefined
    : syntax(501, enhanced, 'The domain of the address is not a valid name.');
}

function isTrueName(domain: string): boolean {
  const label = /(?:^|\.)xn--/;
  if (!label.test(domain)) return true;
  const readable = domainToUnicode(domain);
  return !label.test(readable) && domainToASCII(readable) === domain;
}

/**
 * RFC 3461 §4: printable ASCII, in which "+" begins two upper-case hexadecimal digits; also decoded it is printable.
 * Beyond the RFC it may be UTF-8 then: Postfix writes an SMTPUTF8 address so, as `rfc822;j+C3+B6rg@example.org`.
 */
function isXtext(value: string | undefined, maxLength: number): boolean {
  if (value === undefined || value.length > maxLength) return false;
  if (!/^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[2-9A-F][0-9A-F])+$/.test(value)) return false;
  const bytes = value.replaceAll(/\+(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const decoded = Buffer.from(bytes, 'latin1');
  return isUtf8(decoded) && !/[\u007f-\u009f]/.test(decoded.toString());
}

function isUtf8Text(value: string | undefined): boolean {
  // eslint-disable-next-line no-control-regex -- these are what must not be there
  return value !== undefined && /^[^\u0000-\u0020\u007f-\u009f=]+$/.test(value);
}

function syntax(code: number, enhanced: string, text: string): Refusal {
  return { code, enhanced, text };
}
