/** An IP address in 32-bit words: one for IPv4, four for IPv6. An IPv4-mapped IPv6 address is IPv4. */
export type Address =
  { family: 4; words: readonly [number] } | { family: 6; words: readonly [number, number, number, number] };

const MAPPED = 0xffff;

/** @returns undefined for anything but one plain IPv4 or IPv6 address (a zone index is dropped) */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 64) return undefined;
  if (!text.includes(':')) {
    const word = parseIpv4(text);
    return word === undefined ? undefined : { family: 4, words: [word] };
  }
  const words = parseIpv6(text);
  if (words === undefined) return undefined;
  const [a, b, c, d] = words;
  if (a === 0 && b === 0 && c === MAPPED) return { family: 4, words: [d] };
  return { family: 6, words };
}

/** Loopback, private, link-local, shared (RFC 6598) and unique local addresses: no place on the Internet. */
export function isLocalAddress(address: Address): boolean {
  const [first] = address.words;
  if (address.family === 4) {
    const high = first >>> 24;
    return (
      high === 127 ||
      high === 10 ||
      first >>> 20 === 0xac1 ||
      first >>> 16 === 0xc0a8 ||
      first >>> 16 === 0xa9fe ||
      first >>> 22 === 0x191
    );
  }
  const [a, b, c, d] = address.words;
  return (a === 0 && b === 0 && c === 0 && d === 1) || first >>> 25 === 0x7e || first >>> 22 === 0x3fa;
}

function parseIpv4(text: string): number | undefined {
  let word = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      octet = (octet === -1 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return undefined;
    } else if (code === 46 && octet !== -1 && dots < 3) {
      word = word * 256 + octet;
      octet = -1;
      dots += 1;
    } else return undefined;
  }
  return dots === 3 && octet !== -1 ? word * 256 + octet : undefined;
}

function parseIpv6(text: string): [number, number, number, number] | undefined {
  const zone = text.indexOf('%');
  const [head = '', tail, ...more] = (zone === -1 ? text : text.slice(0, zone)).split('::');
  if (more.length > 0) return undefined;
  const front = parseGroups(head);
  const back = tail === undefined ? [] : parseGroups(tail);
  if (front === undefined || back === undefined) return undefined;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...Array<number>(missing).fill(0), ...back];
  const word = (i: number): number => (groups[i] ?? 0) * 65536 + (groups[i + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes('.')) {
      const word = parseIpv4(part);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups.length > 8 ? undefined : groups;
}
