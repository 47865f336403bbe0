/** Where a copy goes, as far as limits are concerned: the address's domain in lower case. */
export function destinationOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
