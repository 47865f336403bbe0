import type { IconName } from '../design/icon.tsx';

/** The pages of the settings, which their navigation and the command palette share. */
export const settingsSections = [
  { to: '/settings', label: 'General', icon: 'settings' },
  { to: '/settings/programs', label: 'Mail programs', icon: 'mail' },
  { to: '/settings/keys', label: 'API keys', icon: 'link' },
  { to: '/settings/mailboxes', label: 'Mailboxes', icon: 'inbox' },
  { to: '/settings/queue', label: 'Queue', icon: 'clock' },
  { to: '/settings/system', label: 'System', icon: 'device' },
] as const satisfies readonly { to: string; label: string; icon: IconName }[];
