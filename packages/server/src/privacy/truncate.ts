import { isIP } from 'node:net';
import type { Place } from '@waybill/sdk';

/**
 * An address cut to its network: IPv4 to /24, IPv6 to /48, as analytics products under data protection
 * authorities' guidance do. Truncating twice gives the same. What is no address becomes empty.
 */
export function truncateAddress(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  const address = mapped ?? ip;
  switch (isIP(address)) {
    case 4:
      return address.replace(/\d+$/, '0');
    case 6:
      return truncateIpv6(address);
    default:
      return '';
  }
}

/** Country and region stay; a city and coordinates would say again what the address no longer does. */
export function truncatePlace(place: Place): Place {
  const { grain, country, region } = place;
  const coarse = grain === 'city' ? (region === undefined ? 'country' : 'region') : grain;
  return {
    grain: coarse === 'country' && country === undefined ? 'unknown' : coarse,
    ...(country === undefined ? {} : { country }),
    ...(region === undefined ? {} : { region }),
  };
}

function truncateIpv6(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  // With `::` what is left out is zeros, and the three leading groups may be among them.
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [
    ...left,
    ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'),
    ...right,
  ];
  const kept = groups.slice(0, 3).map((group) => (Number.parseInt(group, 16) || 0).toString(16));
  while (kept.at(-1) === '0') kept.pop();
  return `${kept.join(':')}::`;
}
