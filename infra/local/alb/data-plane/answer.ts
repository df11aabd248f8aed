/** Answers that the load balancer gives itself. */
import { STATUS_CODES } from 'node:http';
import type { Exchange } from './exchange.ts';
import { edited, type HeaderPair } from './header-edits.ts';

/** Sends a whole answer. Does nothing once headers are out: the connection is cut then, so that nobody takes half a body for a whole. */
export function answer(exchange: Exchange, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  const { response, answerEdits, settings } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  const ruled = settings.responseRulesOnOwnAnswers ? exchange.responseEdits(exchange, { status, headers: own }) : [];
  // RFC 9110, 8.6: a 204 has no length.
  const length: readonly HeaderPair[] = status === 204 ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
  response.writeHead(status, [...edited(Object.entries(headers), [...answerEdits, ...ruled]), ...length].flat());
  response.end(body);
}

/** An error page such as the service's: 502 bad answer or no connection, 503 no server or over the limit, 504 no answer in time. */
export function answerError(exchange: Exchange, status: number): void {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`;
  const page = `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  answer(exchange, status, { 'Content-Type': 'text/html' }, page);
}
