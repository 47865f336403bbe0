const STATUS_TYPE = /^content-type:[ \t]*message\/(?:global-)?delivery-status/i;

/**
 * A delivery status notification as it would be without the fields of RFC 3464: the rules for words were not made by
 * looking at the words beside such fields, so what is read of them tells how unknown notices fare.
 *
 * @returns undefined when there are no such fields
 */
export function withoutFields(message: Buffer): Buffer | undefined {
  const lines = message.toString('latin1').split('\n');
  const start = lines.findIndex((line) => STATUS_TYPE.test(line));
  const first = lines.findLastIndex((line, index) => index < start && line.startsWith('--'));
  const boundary = lines[first]?.trim();
  if (start === -1 || boundary === undefined) return undefined;
  const next = lines.findIndex((line, index) => index > start && line.startsWith(boundary));
  const kept = [...lines.slice(0, first), ...(next === -1 ? [] : lines.slice(next))];
  const text = kept
    .join('\n')
    .replaceAll(/multipart\/report/gi, 'multipart/mixed')
    .replaceAll(/;\s*report-type="?[\w-]+"?/gi, '');
  return Buffer.from(text, 'latin1');
}
