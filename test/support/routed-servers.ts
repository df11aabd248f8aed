/** What runs in the pods of scenarios: servers on loopback in the protocol of their group, that tell what reached them, as far as their mood lets them. */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { createAuthority, issueLeaf } from '#infra/local/authority.ts';
import { closeServer, listenOnLoopback } from '#infra/local/listen.ts';
import { type EchoServer, startEcho } from '#infra/local/node/echo.ts';

/** A request as all versions of HTTP tell it. */
export type Asked = Pick<IncomingMessage, 'url' | 'method' | 'headers' | 'httpVersion'>;

/** What a pod does with a request: a status, no answer at all, or what every pod does; at once or later. */
type Does = number | 'silence' | 'echo';
export type Mood = (request: Asked) => Does | Promise<Does>;

/** Who answers. Asked for once a request. */
type Identity = Parameters<typeof startEcho>[0];

const echoOf = ({ url: path = '', method = '', headers, httpVersion }: Asked, identity: Identity): string => {
  const host = headers.host ?? String(headers[':authority'] ?? '');
  return JSON.stringify({ path, method, host, proto: `HTTP/${httpVersion}`, headers: {}, ...identity() });
};

const moody =
  (identity: Identity, mood: Mood, headers: OutgoingHttpHeaders = {}): RequestListener =>
  async (request, response) => {
    const text = echoOf(request, identity);
    const does = await mood(request);
    if (does === 'silence') return;
    response.writeHead(does === 'echo' ? 200 : does, headers).end(does === 'echo' ? text : '');
  };

async function startPlain(identity: Identity, mood: Mood, headers: OutgoingHttpHeaders = {}): Promise<EchoServer> {
  const server = createServer(moody(identity, mood, headers));
  const url = await listenOnLoopback(server, 0, 'pod');
  return { socket: new URL(url).host, stop: () => closeServer(server) };
}

/** Its certificate is vouched for by nobody whom anybody knows, as those of pods are. */
async function startSecure(identity: Identity, mood: Mood): Promise<EchoServer> {
  const leaf = await issueLeaf(await createAuthority('nobody'), { commonName: 'pod', hosts: ['pod'], addresses: [] });
  const server = createHttpsServer({ cert: leaf.certificate, key: leaf.key }, moody(identity, mood));
  const url = await listenOnLoopback(server, 0, 'secure pod');
  return { socket: new URL(url).host, stop: () => closeServer(server) };
}

/** HTTP/2 without TLS, and whatever the mood says as the status of the call, in the trailers (`grpc-status`). */
async function startGrpc(identity: Identity, mood: Mood): Promise<EchoServer> {
  const answer = async (request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> => {
    request.resume();
    const text = echoOf(request, identity);
    const does = await mood(request);
    if (does === 'silence') return;
    response.writeHead(200, { 'content-type': 'application/grpc' });
    response.addTrailers({ 'grpc-status': String(does === 'echo' ? 0 : does) });
    response.end(does === 'echo' ? text : '');
  };
  const server = createHttp2Server(answer);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session.once('close', () => sessions.delete(session))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a gRPC pod listens nowhere');
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
    });
  return { socket: `127.0.0.1:${address.port}`, stop };
}

export type Speaks = 'http' | 'https' | 'grpc';

const starts: Readonly<Record<Speaks, (identity: Identity, mood: Mood, headers?: OutgoingHttpHeaders) => Promise<EchoServer>>> = {
  http: startPlain,
  https: startSecure,
  grpc: startGrpc,
};

export interface PodDraft {
  /** Absent: it echoes. */
  readonly mood?: Mood;
  /** Absent: `http`. */
  readonly speaks?: Speaks;
  /** Of every answer of the plain one. */
  readonly headers?: OutgoingHttpHeaders;
  /** Ports with a server of their own, in this mood; the others are the first one's. */
  readonly ports?: Readonly<Record<number, Mood>>;
}

/** The servers of one pod: of all ports, and those of single ports, by number. */
export interface PodServers {
  readonly first: EchoServer;
  readonly ofPorts: Readonly<Record<string, EchoServer>>;
}

export async function startServers(identity: Identity, { mood, speaks, headers, ports = {} }: PodDraft): Promise<PodServers> {
  const plain = mood === undefined && speaks === undefined && headers === undefined;
  const first = await (plain ? startEcho(identity) : starts[speaks ?? 'http'](identity, mood ?? (() => 'echo'), headers));
  const ofPorts: Record<string, EchoServer> = {};
  for (const [port, its] of Object.entries(ports)) ofPorts[port] = await startPlain(identity, its);
  return { first, ofPorts };
}
