/** The embedded Kubernetes API: https on loopback, in memory, for unmodified kubectl and for the chain. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createJournal } from '../journal.ts';
import { closeServer, listenOnLoopback } from '../listen.ts';
import { createApi } from './api.ts';
import { ApiError, unauthorized, unknownPath } from './api-error.ts';
import { startControllers } from './controllers/start.ts';
import { type Doors, serveDoor } from './doors.ts';
import { answer, type Exchange, type Surroundings } from './exchange.ts';
import { Faults } from './faults.ts';
import { type Identity, loadIdentity, writeKubeconfig } from './identity.ts';
import { OpenApi } from './openapi.ts';
import { createRoutes } from './routes.ts';
import type { KubernetesService } from './service.ts';
import { WatchSet } from './watch-set.ts';

export interface KubernetesOptions {
  /** Absent or 0: a free one. */
  readonly port?: number;
  /** Folder for the kubeconfig and the keys; kept keys are used again. */
  readonly dir: string;
}

/** Starts it with the namespaces and controllers of a new cluster. */
export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesService> {
  const identity = await loadIdentity(options.dir);
  const api = createApi();
  const surroundings = { api, openApi: new OpenApi(api.catalog), watches: new WatchSet() };
  const doors = { journal: createJournal(api.now), faults: new Faults() };
  const stopControllers = startControllers(api);
  const serve = createService(surroundings, doors, identity);
  const server = createServer({ cert: identity.certificate, key: identity.key, keepAliveTimeout: 120_000 }, serve);
  const url = (await listenOnLoopback(server, options.port ?? 0, 'the Kubernetes API')).replace(/^http:/, 'https:');
  const kubeconfig = await writeKubeconfig(options.dir, url, identity);
  const stop = async () => {
    stopControllers();
    await closeServer(server);
  };
  return { url, kubeconfig, kind: 'embedded', stop };
}

function createService(surroundings: Surroundings, doors: Doors, identity: Identity) {
  const routes = createRoutes();
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1');
    const exchange: Exchange = { ...surroundings, request, response, query: url.searchParams };
    const door = url.pathname.startsWith('/_/');
    const verb = verbOf(request.method ?? '', url);
    if (!door) response.once('close', () => record(doors, verb, request, response));
    const work = async () => {
      // The doors are for scripts on this machine, which need no identity to look.
      if (door) return serveDoor(exchange, url.pathname, doors);
      authenticate(request, identity);
      if (!(await doors.faults.meet(exchange, verb, url.pathname))) return;
      const handler = routes(request.method ?? '', url.pathname);
      if (handler === undefined) throw unknownPath();
      await handler(exchange);
    };
    work().catch((error: unknown) => fail(exchange, error));
  };
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** The verb in the words of RBAC, as far as method and path tell. */
function verbOf(method: string, url: URL): string {
  if (method !== 'GET') return VERBS[method] ?? method.toLowerCase();
  if (['true', '1'].includes(url.searchParams.get('watch') ?? '')) return 'watch';
  const parts = url.pathname
    .replace(/^\/apis?\//, '')
    .split('/')
    .slice(url.pathname.startsWith('/apis/') ? 2 : 1);
  const below = parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  return below.length === 1 ? 'list' : 'get';
}

function record(doors: Doors, verb: string, request: IncomingMessage, response: ServerResponse): void {
  const write = !['get', 'list', 'watch'].includes(verb);
  doors.journal.add({ action: verb, params: request.url ?? '', status: response.statusCode, code: '', requestId: '', write });
}

function authenticate(request: IncomingMessage, identity: Identity): void {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${identity.token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw unauthorized();
}

function fail(exchange: Exchange, error: unknown): void {
  const refusal =
    error instanceof ApiError
      ? error
      : new ApiError(
          500,
          'InternalError',
          `Internal error occurred: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
  if (exchange.response.headersSent) exchange.response.destroy();
  else answer(exchange, refusal.code, refusal.body());
}
