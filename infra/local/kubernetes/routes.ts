/** Paths of the API. */
import findMyWay from 'find-my-way';
import { unknownPath } from './api-error.ts';
import { AGGREGATED, aggregated, groupList, groupNamed, resourceList, versionDocument, wantsAggregated } from './discovery.ts';
import { answer, type Exchange } from './exchange.ts';
import type { JsonMap } from './json.ts';
import { serveResource } from './resource-requests.ts';

type Params = Readonly<Record<string, string | undefined>>;
type Handler = (exchange: Exchange, params: Params) => void | Promise<void>;

const found = (exchange: Exchange, body: JsonMap | undefined): void => {
  if (body === undefined) throw unknownPath();
  answer(exchange, 200, body);
};

function discovery(path: '/api' | '/apis', plain: (exchange: Exchange) => JsonMap): Handler {
  return (exchange) => {
    if (!wantsAggregated(exchange.request.headers.accept)) return answer(exchange, 200, plain(exchange));
    answer(exchange, 200, aggregated(exchange.api.catalog, path), {
      'content-type': AGGREGATED,
      'cache-control': 'public',
      vary: 'Accept',
    });
  };
}

const openApiDocument: Handler = (exchange, params) => {
  const document = exchange.openApi.document(params['*'] ?? '');
  if (document === undefined) throw unknownPath();
  answer(exchange, 200, document.text, { etag: `"${document.hash}"` });
};

const plainText = (exchange: Exchange): void => answer(exchange, 200, 'ok', { 'content-type': 'text/plain; charset=utf-8' });

const documents: readonly (readonly [string, Handler])[] = [
  ['/version', (exchange) => answer(exchange, 200, versionDocument())],
  ['/healthz', plainText],
  ['/readyz', plainText],
  ['/livez', plainText],
  ['/api', discovery('/api', () => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }))],
  ['/apis', discovery('/apis', (exchange) => groupList(exchange.api.catalog))],
  ['/api/v1', (exchange) => found(exchange, resourceList(exchange.api.catalog, '', 'v1'))],
  ['/apis/:group', (exchange, params) => found(exchange, groupNamed(exchange.api.catalog, params['group'] ?? ''))],
  [
    '/apis/:group/:version',
    (exchange, params) => found(exchange, resourceList(exchange.api.catalog, params['group'] ?? '', params['version'] ?? '')),
  ],
  ['/openapi/v3', (exchange) => answer(exchange, 200, exchange.openApi.index())],
  ['/openapi/v3/*', openApiDocument],
];

const resourcePaths = [
  '/:plural',
  '/:plural/:name',
  '/:plural/:name/:subresource',
  '/namespaces/:namespace/:plural',
  '/namespaces/:namespace/:plural/:name',
  '/namespaces/:namespace/:plural/:name/:subresource',
];

/** `namespaces/NAME` and `namespaces/NAME/status` look like a namespace with a resource in it. */
const serve: Handler = (exchange, params) => {
  const { group = '', version = 'v1', plural = '', namespace, name, subresource } = params;
  const ofNamespace = group === '' && namespace !== undefined && name === undefined && ['status', 'finalize'].includes(plural);
  const path = ofNamespace ? { plural: 'namespaces', name: namespace, subresource: plural } : { plural, namespace, name, subresource };
  return serveResource(exchange, { group, version, ...path });
};

/** Finds the handler of a request; undefined when no path fits. */
export function createRoutes(): (method: string, path: string) => ((exchange: Exchange) => void | Promise<void>) | undefined {
  const router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 300 });
  const add = (path: string, handler: Handler, methods: findMyWay.HTTPMethod[]) => router.on(methods, path, () => {}, handler);
  for (const [path, handler] of documents) add(path, handler, ['GET', 'HEAD']);
  for (const prefix of ['/api/v1', '/apis/:group/:version']) {
    for (const path of resourcePaths) add(`${prefix}${path}`, serve, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
    add(`${prefix}/namespaces/:name`, (exchange, { name, ...params }) => serve(exchange, { ...params, plural: 'namespaces', name }), [
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
    ]);
  }
  return (method, path) => {
    const match = router.find(method as findMyWay.HTTPMethod, path); // any text is looked up; unknown methods match nothing
    if (match === null) return undefined;
    const handler = match.store as Handler; // what `add` stored
    return (exchange) => handler(exchange, match.params);
  };
}
