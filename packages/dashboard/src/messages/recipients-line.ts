const shown = 2;

/** `ann@a.org, bob@b.org and 3 more`: enough to recognise a mail by. */
export function recipientsLine(recipients: readonly string[]): string {
  if (recipients.length <= shown + 1) return recipients.join(', ');
  return `${recipients.slice(0, shown).join(', ')} and ${recipients.length - shown} more`;
}
