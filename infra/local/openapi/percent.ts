/**
 * The percent-encoding that both signature styles are computed over. It escapes more than `encodeURIComponent` does (and than a query
 * string on the wire does), so a verifier has to decode what arrived and encode it again.
 */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Parameters by raw name in UTF-16 order (`Tag.10` before `Tag.2`), each `name=value` encoded, joined by `&`. */
export const canonicalQuery = (parameters: readonly (readonly [string, string])[]): string =>
  [...parameters]
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
