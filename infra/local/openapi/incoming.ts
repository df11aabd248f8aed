/** An HTTP request taken apart, before anything is believed about it. */
import type { IncomingMessage } from 'node:http';

type Pairs = readonly (readonly [string, string])[];

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Pairs;
  readonly form: Pairs;
  readonly body: Buffer;
}

/** A body larger than this is cut off: the longest real call (100 rules, all limits used) stays under 2 MB. */
const bodyLimitBytes = 8 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    // An http request without an encoding yields Buffers only.
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > bodyLimitBytes) throw new Error(`the body is larger than ${bodyLimitBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Reads the whole request. Parameters may stand in the query or in a form body; the service takes each in either place. */
export async function readIncoming(request: IncomingMessage): Promise<Incoming> {
  const body = await readBody(request);
  const url = new URL(request.url ?? '/', 'http://local');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    headers,
    query: [...url.searchParams],
    form: isForm ? [...new URLSearchParams(body.toString('utf8'))] : [],
    body,
  };
}
