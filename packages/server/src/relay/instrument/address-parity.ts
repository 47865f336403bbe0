/**
 * rspamd gives a multipart/alternative a point when its parts together hold an odd number of addresses (URI_COUNT_ODD).
 * An image element adds one, and so does each tracked link, since rspamd finds the destination in it; written with `%2E`
 * for its dots it is not found. One link is written so where that leaves an odd number odd and an even one even.
 *
 * @param destinations of all tracked links
 * @returns the destination to write so; undefined when none has to be, or none would help
 */
export function oddDestination(destinations: readonly string[], pixelIsImage: boolean): string | undefined {
  if ((destinations.length + (pixelIsImage ? 1 : 0)) % 2 === 0) return undefined;
  const odd = new Set<string>();
  for (const destination of destinations) {
    if (!odd.delete(destination)) odd.add(destination);
  }
  return [...odd].at(-1);
}
