/** One request and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import type { JsonMap } from './json.ts';
import type { OpenApi } from './openapi.ts';
import type { WatchSet } from './watch-set.ts';

/** What the server holds beside the API's state. */
export interface Surroundings {
  readonly api: Api;
  readonly openApi: OpenApi;
  readonly watches: WatchSet;
}

export interface Exchange extends Surroundings {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** Answers with JSON. */
export function answer(exchange: Exchange, status: number, body: JsonMap | string, headers: Readonly<Record<string, string>> = {}): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  exchange.response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  exchange.response.end(text);
}
