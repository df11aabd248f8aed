/** One text for one address, whoever wrote it: an IPv6 address has many. */

/** IPv6 as RFC 5952 writes it; anything else as it is. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address;
  // The one parser of IPv6 that is there without a module.
  const url = `http://[${address}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}
