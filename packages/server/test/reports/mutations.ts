/** A message, changed in ways that gateways, bad disks and bad people change messages. */
export interface Mutant {
  name: string;
  message: Buffer;
}

const SWAPS: readonly (readonly [from: string, to: string])[] = [
  ['quoted-printable', 'base64'],
  ['base64', 'quoted-printable'],
  ['7bit', 'base64'],
  ['us-ascii', 'utf-16le'],
  ['utf-8', 'iso-2022-jp'],
  ['delivery-status', 'disposition-notification'],
  ['message/', 'text/'],
];

const CUT_BYTES = 200;
const FLIPS = 4;
const FLIPPED_BYTES = 20;

/** @param seed the same gives the same mutants */
export function* mutants(message: Buffer, seed: number): Generator<Mutant> {
  for (let end = CUT_BYTES; end < message.length; end += CUT_BYTES) {
    yield { name: `cut at ${end}`, message: message.subarray(0, end) };
  }
  const text = message.toString('latin1');
  for (const [from, to] of SWAPS) {
    if (text.includes(from)) yield { name: `${from} → ${to}`, message: latin(text.replaceAll(from, to)) };
  }
  yield { name: 'CR only', message: latin(text.replaceAll('\r\n', '\r')) };
  yield { name: 'no line ends', message: latin(text.replaceAll(/\r?\n/g, '\0')) };
  yield { name: 'UTF-16', message: Buffer.from(text, 'utf16le') };
  yield { name: 'within a message', message: nested(message) };
  const random = generator(seed);
  for (let flip = 0; flip < FLIPS; flip += 1) {
    const copy = Buffer.from(message);
    for (let n = 0; n < FLIPPED_BYTES; n += 1) copy[random() % copy.length] = random() % 256;
    yield { name: `bytes changed, ${flip}`, message: copy };
  }
}

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function nested(message: Buffer): Buffer {
  const head =
    'From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: message/rfc822\r\n\r\n';
  return Buffer.concat([Buffer.from(head), message, Buffer.from('\r\n--q--\r\n')]);
}

/** A linear congruential generator: as random as a test that can be repeated needs. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >> 8;
  };
}
