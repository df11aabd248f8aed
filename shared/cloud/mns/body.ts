/**
 * Bodies travel as base64: the SDK does not escape XML, so a bare `&` would make the service refuse the document, and the queue trigger
 * decodes base64 by default.
 */

export const encodeBody = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

const base64Form = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]{2}==$|^[A-Za-z0-9+/]{3}=$/;

/** The text of a body; one that is not base64 of UTF-8 text was sent by somebody who does not encode, and is returned as it is. */
export function decodeBody(body: string): string {
  const stripped = body.replace(/\s+/g, '');
  if (!base64Form.test(stripped)) return body;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(stripped, 'base64'));
  } catch {
    return body;
  }
}
