/** Whether an example answers: every route through the ALB, from every pod behind it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Kube } from '#shared/kube/port.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { ask } from './ask.ts';
import type { KnownListener } from './listeners.ts';
import type { Route } from './routes.ts';

export interface Reached {
  readonly route: Route;
  readonly url: string;
  readonly pods: readonly string[];
}

/** Between two looks, in ms. */
const pauseMs = 100;
/** Requests in a row that may meet pods already met before we look again: more than a round of any example. */
const repeats = 20;

/** Names of the pods that should answer: the ready endpoints of the Service. */
async function podsOf(kube: Kube, route: Route): Promise<ReadonlySet<string>> {
  const slices = await kube.list<EndpointSlice>('EndpointSlice', {
    namespace: route.namespace,
    labelSelector: `kubernetes.io/service-name=${route.service}`,
  });
  const ready = slices.items.flatMap((slice) => slice.endpoints).filter((endpoint) => endpoint.conditions?.ready !== false);
  return new Set(ready.flatMap((endpoint) => (endpoint.targetRef?.name === undefined ? [] : [endpoint.targetRef.name])));
}

/** The pods that answer, or why not all of them do. */
async function tryRoute(url: string, route: Route, wanted: ReadonlySet<string>): Promise<readonly string[] | string> {
  if (wanted.size === 0) return `Service ${route.namespace}/${route.service} has no ready endpoint`;
  const met = new Set<string>();
  for (let idle = 0; idle < repeats && met.size < wanted.size; ) {
    const answer = await ask(url, route.host, route.path);
    if (answer.status !== 200) return `${route.host}${route.path} answers ${answer.status}`;
    idle = met.has(answer.pod) ? idle + 1 : 0;
    met.add(answer.pod);
  }
  const missing = [...wanted].filter((pod) => !met.has(pod));
  return missing.length === 0 ? [...met].sort() : `${route.host}${route.path} never reached ${missing.join(', ')}`;
}

/** One look at everything: what was reached, or the first thing that is not yet as it should be. */
async function look(kube: Kube, routes: readonly Route[], listeners: readonly KnownListener[]): Promise<readonly Reached[] | string> {
  const listener = listeners.find((one) => one.albConfig !== '');
  if (listener === undefined) return 'no listener is open yet';
  const reached: Reached[] = [];
  for (const route of routes) {
    const pods = await tryRoute(listener.url, route, await podsOf(kube, route));
    if (typeof pods === 'string') return pods;
    reached.push({ route, url: listener.url, pods });
  }
  return reached;
}

/** Waits until every route is answered by every pod behind it. Throws, with what is missing, at the deadline; at once when aborted. */
export async function untilAnswered(
  kube: Kube,
  routes: readonly Route[],
  listeners: () => Promise<readonly KnownListener[]>,
  { withinMs, signal }: { readonly withinMs: number; readonly signal?: AbortSignal },
): Promise<readonly Reached[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await listeners()
      .then((open) => look(kube, routes, open))
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (typeof seen !== 'string') return seen;
    if (performance.now() > deadline) throw new Error(`the example did not answer within ${withinMs / 1000} s: ${seen}`);
    await delay(pauseMs);
  }
}
