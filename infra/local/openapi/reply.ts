/** What goes back on the wire: one JSON object, never an empty body (the SDK's reader fails on one without telling the status). */
import type { ServerResponse } from 'node:http';
import type { ServiceError } from './service-error.ts';

/** `broken`: the connection is closed without an answer. */
export type Reply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'html'; readonly status: number }
  | { readonly kind: 'broken' };

/** An error document in the service's form. */
export function refusal(error: ServiceError, requestId: string, host: string): Reply {
  return {
    kind: 'json',
    status: error.status,
    headers: error.retryAfterMs === undefined ? {} : { 'x-acs-retry-after': String(error.retryAfterMs) },
    body: {
      Code: error.code,
      Message: error.message,
      RequestId: requestId,
      HostId: host,
      Recommend: `Look up ${error.code} in the error codes of this API.`,
    },
  };
}

/** Sends the reply. Uncompressed: the SDK's JSON reader does not decompress. */
export function send(reply: Reply, response: ServerResponse): void {
  if (reply.kind === 'broken') {
    response.destroy();
    return;
  }
  const [type, text] =
    reply.kind === 'html'
      ? ['text/html', '<html><body><h1>502 Bad Gateway</h1></body></html>']
      : ['application/json;charset=utf-8', JSON.stringify(reply.body)];
  const bytes = Buffer.from(text, 'utf8');
  response.writeHead(reply.status, {
    'content-type': type,
    'content-length': bytes.length,
    ...(reply.kind === 'json' ? reply.headers : {}),
  });
  response.end(bytes);
}
