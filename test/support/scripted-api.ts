/**
 * An API server that does what a script says, over real HTTP: answers are taken from a list in the order of the requests for a kind, and a
 * request beyond the script is left waiting. Faults of the wire (resets, cut answers, silence) are among them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeconfigSource } from '#shared/kube/credentials.ts';
import { type KindName, type KubeObject, kinds } from '#shared/kube/port.ts';

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedApi {
  readonly kubeconfig: KubeconfigSource;
  readonly url: string;
  /** Path and query of every request so far for a kind. */
  asked(kind: KindName): readonly string[];
  /** The Accept header of each. */
  accepts(kind: KindName): readonly string[];
  /** Adds answers for requests of a kind, one each. */
  script(kind: KindName, ...replies: readonly Reply[]): void;
  stop(): Promise<void>;
}

/** A stream that the test writes to. Reading is by `reply`, which must have been scripted. */
export interface ScriptedWatch {
  readonly reply: Reply;
  readonly opened: boolean;
  /** The client has gone. */
  readonly closed: boolean;
  send(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: object): void;
  /** Bytes as they are. */
  raw(text: string): void;
  end(): void;
  reset(): void;
}

const json = (status: number, body: object): Reply => {
  return (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** A page of a list; `more` is the token of the next. */
export const page = (items: readonly KubeObject[], resourceVersion: string, more = ''): Reply =>
  json(200, { kind: 'List', items, metadata: { resourceVersion, ...(more === '' ? {} : { continue: more }) } });

/** A refusal, as a `Status`. */
export const refusal = (code: number, reason: string): Reply =>
  json(code, { kind: 'Status', status: 'Failure', reason, message: reason, code });

/** Half of a list, then the connection breaks. */
export const cutList: Reply = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"kind":"List","items":[', () => response.destroy());
};

/** The page of a proxy in front of the server. */
export const html: Reply = (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please wait</html>');

export const reset: Reply = (request) => void request.socket.destroy();

export function scriptedWatch(): ScriptedWatch {
  let stream: ServerResponse | undefined;
  let closed = false;
  const opened = (): ServerResponse => {
    if (stream === undefined) throw new Error('nobody watches');
    return stream;
  };
  return {
    reply: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      response.once('close', () => {
        closed = true;
      });
      stream = response;
    },
    get opened() {
      return stream !== undefined;
    },
    get closed() {
      return closed;
    },
    send: (type, object) => void opened().write(`${JSON.stringify({ type, object })}\n`),
    raw: (text) => void opened().write(text),
    end: () => void opened().end(),
    reset: () => void opened().destroy(),
  };
}

const kindOf = (url: string): KindName | undefined => {
  const path = (url.split('?')[0] ?? '').replace(/\/namespaces\/[^/]+(?=\/)/, '');
  // Kinds of several groups have a plural of their own, so the plural alone tells them apart.
  return (Object.keys(kinds) as KindName[]).find((kind) => path.split('/').includes(kinds[kind].plural));
};

export async function startScriptedApi(): Promise<ScriptedApi> {
  const scripts = new Map<KindName, Reply[]>();
  const requests: { readonly url: string; readonly accept: string }[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    requests.push({ url, accept: request.headers.accept ?? '' });
    const kind = kindOf(url);
    const reply = kind === undefined ? undefined : scripts.get(kind)?.shift();
    reply?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    kubeconfig: { text: kubeconfigText(url) },
    asked: (kind) => requests.flatMap((one) => (kindOf(one.url) === kind ? [one.url] : [])),
    accepts: (kind) => requests.flatMap((one) => (kindOf(one.url) === kind ? [one.accept] : [])),
    script: (kind, ...replies) => void scripts.set(kind, [...(scripts.get(kind) ?? []), ...replies]),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Plain http has to be allowed expressly. */
export const kubeconfigText = (url: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'a-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
