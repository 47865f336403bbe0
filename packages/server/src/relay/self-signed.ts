import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type { RandomBytes } from '../kernel/ids.ts';

/** PEM texts, as `tls.createSecureContext` takes them. */
export interface Certificate {
  cert: string;
  key: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const BOOLEAN = 0x01;

/** Encoded object identifiers: RFC 5280 (names, extensions) and RFC 5758 §3.2 (signature). */
const COMMON_NAME = oid(0x55, 0x04, 0x03);
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);
const KEY_USAGE = oid(0x55, 0x1d, 0x0f);
const EXTENDED_KEY_USAGE = oid(0x55, 0x1d, 0x25);
const SUBJECT_ALT_NAME = oid(0x55, 0x1d, 0x11);
const SERVER_AUTH = oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01);
const ECDSA_WITH_SHA256 = oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);

/**
 * A self-signed X.509 v3 certificate (RFC 5280) with a new ECDSA P-256 key. Node can read certificates but not
 * make them, and the machine may have no OpenSSL.
 * @param names DNS names and IP addresses; the first is the common name
 * @param validFrom ms, `validTo` ms
 */
export function selfSigned(given: {
  names: readonly [string, ...string[]];
  validFrom: number;
  validTo: number;
  random: RandomBytes;
}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const toBeSigned = tbsCertificate(given, publicKey);
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const signature = bitString(sign('sha256', toBeSigned, privateKey));
  return {
    cert: pem('CERTIFICATE', der(SEQUENCE, toBeSigned, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function tbsCertificate(given: Parameters<typeof selfSigned>[0], publicKey: KeyObject): Buffer {
  const [commonName] = given.names;
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName)))));
  return der(
    SEQUENCE,
    explicit(0, der(INTEGER, Buffer.of(2))),
    der(INTEGER, serialNumber(given.random)),
    der(SEQUENCE, ECDSA_WITH_SHA256),
    name,
    der(SEQUENCE, time(given.validFrom), time(given.validTo)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      der(
        SEQUENCE,
        extension(BASIC_CONSTRAINTS, der(SEQUENCE), { critical: true }),
        // digitalSignature: seven unused bits in one byte
        extension(KEY_USAGE, der(BIT_STRING, Buffer.of(7, 0x80)), { critical: true }),
        extension(EXTENDED_KEY_USAGE, der(SEQUENCE, SERVER_AUTH)),
        extension(SUBJECT_ALT_NAME, der(SEQUENCE, ...given.names.map(generalName))),
      ),
    ),
  );
}

/** Positive, and without a leading zero byte (RFC 5280 §4.1.2.2). */
function serialNumber(random: RandomBytes): Buffer {
  const serial = Buffer.from(random(16));
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function generalName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)));
  if (isIPv6(name)) return der(0x87, ipv6Bytes(name));
  return der(0x82, Buffer.from(name, 'ascii'));
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser writes every form (`::`, embedded IPv4) as groups of hexadecimal digits.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function extension(id: Buffer, value: Buffer, { critical = false } = {}): Buffer {
  const flag = critical ? [der(BOOLEAN, Buffer.of(0xff))] : [];
  return der(SEQUENCE, id, ...flag, der(OCTET_STRING, value));
}

/** Years to 2049 in two digits, later ones in four (RFC 5280 §4.1.2.5). */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return text < '2050' ? der(UTC_TIME, Buffer.from(text.slice(2))) : der(GENERALIZED_TIME, Buffer.from(text));
}

function bitString(content: Buffer): Buffer {
  return der(BIT_STRING, Buffer.of(0), content);
}

function explicit(tag: number, content: Buffer): Buffer {
  return der(0xa0 | tag, content);
}

function oid(...bytes: number[]): Buffer {
  return der(OBJECT_ID, Buffer.from(bytes));
}

/** Tag, length, content (ITU-T X.690, distinguished encoding). */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), body]);
  const digits = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length, ...digits), body]);
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
