import type { IconName } from '../design/icon.tsx';

/** The rail's entries, which the bottom bar, the command palette and the keys share. */
export const places = [
  { to: '/', label: 'Messages', icon: 'mail', key: 'm' },
  { to: '/live', label: 'Live', icon: 'live', key: 'l' },
  { to: '/recipients', label: 'Recipients', icon: 'people', key: 'r' },
  { to: '/rules', label: 'Rules', icon: 'bell', key: 'u' },
  { to: '/settings', label: 'Settings', icon: 'settings', key: 's' },
] as const satisfies readonly { to: string; label: string; icon: IconName; key: string }[];

/** Which entry is lit: messages and deliveries belong to Messages. */
export function isHere(to: string, pathname: string): boolean {
  if (to !== '/') return pathname.startsWith(to);
  return pathname === '/' || pathname.startsWith('/messages') || pathname.startsWith('/deliveries');
}
