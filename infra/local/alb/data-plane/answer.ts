/** Answers that the load balancer gives itself. */
import { STATUS_CODES } from 'node:http';
import type { Exchange } from './exchange.ts';

/** Sends a whole answer. Does nothing once headers are out: the connection is cut then, so that nobody takes half a body for a whole. */
export function answer({ response }: Exchange, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
  response.end(body);
}

/** An error page such as the service's: 502 bad answer or no connection, 503 no server, 504 no answer in time. */
export function answerError(exchange: Exchange, status: number): void {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`;
  const page = `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  answer(exchange, status, { 'Content-Type': 'text/html' }, page);
}
