import { SETTINGS, type SettingName } from './schema.ts';

/** The text of `docs/configuration.md`. The check fails when the file is not what this gives. */
export function configurationDocs(): string {
  const lines = [
    '# Configuration',
    '',
    'Waybill is configured by environment variables. Each can also be given as `NAME_FILE`, the path of a file',
    'that holds the value (for secrets). A wrong value stops the start with a message that',
    'says what to mend; a misspelt name is named on the terminal. This page is generated from `packages/server/src/config/schema.ts`.',
    '',
    '| setting | default | what it does |',
    '| --- | --- | --- |',
  ];
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const { default: fallback, about } = SETTINGS[name] as { default?: string; about: string };
    const shownDefault = fallback === undefined ? 'none' : fallback === '' ? 'empty' : `\`${fallback}\``;
    lines.push(`| \`${name}\` | ${shownDefault} | ${about} |`);
  }
  lines.push(
    '',
    'The command line reads two more: `WAYBILL_URL` and `WAYBILL_API_KEY` say which server `waybill send`, `status`',
    'and `watch` talk to. Without them they use the server whose data directory is on this machine.',
    '',
  );
  return lines.join('\n');
}
