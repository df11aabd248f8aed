/** One request to a listener on this machine, as any client may send it, and its answer with what the echo server says inside. */
import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Question {
  readonly host?: string;
  /** With its query. */
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Address on loopback that the request comes from, such as `127.0.0.2`. */
  readonly from?: string;
  /** Absent: a connection of its own, so that every request is balanced anew. */
  readonly agent?: Agent | false;
}

/** What a pod tells of the request that reached it; names of headers as Go writes them (`X-Forwarded-For`). */
export interface Echoed {
  readonly path: string;
  readonly host: string;
  readonly method: string;
  /** `HTTP/1.1`: how the load balancer asked the pod. */
  readonly proto: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Absent: no pod answered. */
  readonly echo?: Echoed;
  /** Empty: no pod answered. */
  readonly pod: string;
  readonly service: string;
}

function echoOf(text: string): (Echoed & { readonly pod: string; readonly service: string }) | undefined {
  try {
    // Only a pod answers with a JSON object that names one; whatever else is JSON has no such member.
    const found = JSON.parse(text) as Echoed & { readonly pod?: string; readonly service: string };
    return found.pod === undefined ? undefined : { ...found, pod: found.pod };
  } catch {
    return undefined; // not JSON: the load balancer's own answer
  }
}

/** Sends it to a listener, over TLS if its address says so, and reads the whole answer. */
export function askListener(url: string, question: Question): Promise<Reply> {
  const target = new URL(url);
  const { host = 'cafe.example.com', path = '/', method = 'GET', headers = {}, body, from, agent = false } = question;
  const options = {
    ...{ hostname: target.hostname, port: target.port, path, method, agent },
    headers: {
      host,
      ...Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]])),
    },
    ...(from === undefined ? {} : { localAddress: from }),
  };
  return new Promise((resolve, reject) => {
    // Nobody's secret goes through here, and the authority is a test's own: what the certificate says is checked where TLS is tested.
    const secure = { ...options, servername: host.replace(/:\d+$/, ''), rejectUnauthorized: false };
    const call = target.protocol === 'https:' ? httpsRequest(secure) : httpRequest(options);
    call.once('error', reject);
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { pod = '', service = '', ...echo } = echoOf(text) ?? {};
        const found = pod === '' ? {} : { echo: echo as Echoed }; // with a pod, the rest is there too
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, pod, service, ...found });
      });
    });
    call.end(body);
  });
}
