/** A request through a local listener, as a client with any `Host` would send it. */
import { type ClientRequest, type RequestOptions, request } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface Answer {
  readonly status: number;
  /** Name of the pod that answered, when the answer is that of the echo server; empty otherwise. */
  readonly pod: string;
}

const askMs = 5_000;
/** An answer is some hundred bytes; more is not ours to read. */
const bodyLimit = 65_536;

/** The echo server answers in JSON; other servers are free to say anything. */
function podOf(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    const pod = answer !== null && typeof answer === 'object' && 'pod' in answer ? answer.pod : '';
    return typeof pod === 'string' ? pod : '';
  } catch {
    return '';
  }
}

/** Over TLS the host is named to the listener as well, and its certificate must be for that host and of the authority. */
function open(target: URL, host: string, authority: string | undefined): ClientRequest {
  const options: RequestOptions = { headers: { host }, agent: false, signal: AbortSignal.timeout(askMs) };
  if (target.protocol === 'http:') return request(target, options);
  return secureRequest(target, {
    ...options,
    servername: host.replace(/:\d+$/, ''),
    ...(authority === undefined ? {} : { ca: authority }),
  });
}

/** A connection of its own, so that each request is balanced anew. `authority`: PEM text, for an https url (see `readAuthority`). */
export function ask(url: string, host: string, path: string, authority?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = open(new URL(path, url), host, authority);
    call.once('error', reject);
    call.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        if (body.length < bodyLimit) body += text;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, pod: podOf(body) }));
    });
    call.end();
  });
}
