/**
 * The whole way of a request: Ingresses are applied to an API server in memory, the chain provisions the emulated ALB, and requests go
 * through its data plane to real servers. The clock is the test's, the data plane's token buckets and timeouts included.
 */
import { expect } from 'vitest';
import { type DataPlane, startDataPlane } from '#infra/local/alb/data-plane/data-plane.ts';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import type { JournalEntry } from '#infra/local/service.ts';
import { nameOf, objectPath } from '#shared/kube/paths.ts';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import type { EndpointSlice, RawAlbConfig } from '#shared/model/wish.ts';
import { steps } from '#shared/steps.ts';
import { zones } from './cafe.ts';
import { aClass, anAlbConfig, aService } from './objects.ts';
import { askListener, type Question, type Reply } from './routed-ask.ts';
import { createPods } from './routed-pods.ts';
import type { PodDraft } from './routed-servers.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

export interface RoutedDraft {
  readonly ingresses?: readonly KubeObject[];
  /** Names in namespace `shop`, each with a pod of its own; absent: `coffee` and `tea`. */
  readonly services?: readonly string[];
  readonly podsEach?: number;
  /** Absent: `cafeWith()`; `none`: whatever is made for the first Ingress that names it. */
  readonly albConfig?: RawAlbConfig | 'none';
  /** Of the emulated ALB (`PUT /_/settings`). */
  readonly settings?: unknown;
}

export interface To extends Question {
  /** Of the load balancer; 80 when absent. */
  readonly port?: number;
}

/** A Warning as `kubectl describe` shows it. */
export interface Warning {
  readonly object: string;
  readonly reason: string;
  readonly message: string;
}

export interface Routed {
  readonly bench: Workbench;
  readonly plane: DataPlane;
  /** Creates or replaces, and settles. A Service that is new gets a pod and its EndpointSlice, unless it has no ports. */
  apply(...objects: readonly KubeObject[]): Promise<void>;
  remove(...objects: readonly (KubeObject | ObjectName)[]): Promise<void>;
  /** As `apply` and `remove`, but leaves the work to do to `settle`. */
  write(...objects: readonly KubeObject[]): Promise<void>;
  erase(...objects: readonly (KubeObject | ObjectName)[]): Promise<void>;
  /** Works until there is nothing left to do and the data plane acts on it. `between`: see Workbench. */
  settle(between?: () => Promise<void>): Promise<void>;
  ask(to?: To): Promise<Reply>;
  /** Where the listener of this port is on this machine. */
  urlOf(port: number): string;
  /** Which Service answers, or the status when none does. */
  goesTo(to: To): Promise<string | number>;
  /** How many of `count` requests each Service (or status) got. */
  spread(count: number, to: To): Promise<Readonly<Record<string, number>>>;
  /** Requests that the pods of a Service, or one pod, were asked so far, copies and probes included. */
  served(serviceOrPod: string): number;
  /** New pods of a Service, or of nobody, that the cloud knows the addresses of; no EndpointSlice is written. */
  startPods(service: string, count: number, draft?: PodDraft): Promise<EndpointSlice>;
  /** Tells the cloud of interfaces beside those of the pods started here; `list` is asked whenever the cloud is told anew. */
  announce(list?: () => readonly LocalInterface[]): Promise<void>;
  /** Lets the clock of cloud and data plane go on. */
  pass(ms: number): void;
  /** Warnings told so far, oldest first; of one object (`Ingress/name`), when it is named. */
  warnings(object?: string): readonly Warning[];
  stop(): Promise<void>;
}

/** HTTP 80 looks the client's address up in X-Forwarded-For, as limits per client need; HTTP 8080 does not. */
export const firstListeners = [
  {
    ...{ port: 80, protocol: 'HTTP' },
    xForwardedForConfig: { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '127.0.0.1/32' },
  },
  { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: '1234567-cn-hangzhou', IsDefault: true }] },
  { port: 8080, protocol: 'HTTP' },
];

/** AlbConfig `cafe` with these listeners, or with the first ones, and these annotations. */
export const cafeWith = (annotations: Readonly<Record<string, string>> = {}, listeners: readonly object[] = firstListeners): RawAlbConfig =>
  anAlbConfig({ spec: { config: zones, listeners }, ...(Object.keys(annotations).length === 0 ? {} : { metadata: { annotations } }) });

interface Told extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const keyOf = (object: KubeObject | ObjectName): ObjectName => ('metadata' in object ? nameOf(object) : object);

/** Starts it with `draft.ingresses` in force. */
export async function routed(draft: RoutedDraft = {}): Promise<Routed> {
  const pods = createPods();
  const { podsEach = 1 } = draft;
  const started: DataPlane[] = [];
  const bench = await createWorkbench(
    [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      ...(draft.albConfig === 'none' ? [] : [draft.albConfig ?? cafeWith()]),
      aClass(),
    ],
    [],
    draft.settings ?? {},
    {
      dataPlane: (view, clock) => {
        const plane = startDataPlane(view, { timers: clock });
        started.push(plane);
        return plane;
      },
    },
  );
  const [plane] = started;
  if (plane === undefined) throw new Error('the emulator started no data plane');

  const store = async (object: KubeObject): Promise<void> => {
    const known = await bench.kube.get(nameOf(object));
    const { resourceVersion, uid } = known?.metadata ?? {};
    const identity = { ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(uid === undefined ? {} : { uid }) };
    const written =
      known === undefined
        ? await bench.kube.create(object)
        : await bench.kube.replace({ ...object, metadata: { ...object.metadata, ...identity } });
    if (written.kind !== 'written') throw new Error(`${objectPath(nameOf(object))}: ${written.kind}`);
  };
  const others: (() => readonly LocalInterface[])[] = [];
  const announce = async (list?: () => readonly LocalInterface[]): Promise<void> => {
    if (list !== undefined) others.push(list);
    await bench.alb.put('network', [...pods.interfaces(), ...others.flatMap((one) => one())]);
  };
  const startPods = async (namespace: string, service: string, count: number, draft?: PodDraft): Promise<EndpointSlice> => {
    const slice = await pods.start(namespace, service, count, draft);
    await announce();
    return slice;
  };
  const writeService = async (service: KubeObject): Promise<void> => {
    const { namespace = '', name } = service.metadata;
    await store(service);
    if (pods.has(namespace, name)) return;
    await store(await startPods(namespace, name, podsEach));
    bench.membersChanged(namespace, name);
  };
  const write = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) await (object.kind === 'Service' ? writeService(object) : store(object));
    bench.changed();
  };
  const erase = async (...objects: readonly (KubeObject | ObjectName)[]): Promise<void> => {
    for (const object of objects) await bench.kube.remove(keyOf(object));
    bench.changed();
  };
  const settle = async (between?: () => Promise<void>): Promise<void> => {
    await bench.settle(between);
    await plane.settled();
  };
  const urlOf = (port: number): string => {
    const listener = plane.describe().find((one) => one.port === port);
    if (listener === undefined) throw new Error(`no listener of port ${port} is open`);
    return listener.url;
  };
  const ask = async ({ port = 80, ...question }: To = {}): Promise<Reply> => askListener(urlOf(port), question);
  const goesTo = async (to: To): Promise<string | number> => {
    const { status, service } = await ask(to);
    return service === '' ? status : service;
  };

  await write(...(draft.services ?? ['coffee', 'tea']).map((name) => aService(name)), ...(draft.ingresses ?? []));
  await settle();
  return {
    bench,
    plane,
    write,
    erase,
    settle,
    ask,
    urlOf,
    goesTo,
    apply: async (...objects) => {
      await write(...objects);
      await settle();
    },
    remove: async (...objects) => {
      await erase(...objects);
      await settle();
    },
    spread: async (count, to) => {
      const found: Record<string, number> = {};
      for (let times = 0; times < count; times++) {
        const who = String(await goesTo(to));
        found[who] = (found[who] ?? 0) + 1;
      }
      return found;
    },
    served: pods.served,
    startPods: (service, count, draft) => startPods('shop', service, count, draft),
    announce,
    pass: (ms) => {
      bench.alb.clock.advance(ms);
      bench.kube.advance(ms);
    },
    warnings: (object) =>
      bench.kube
        .held<Told>('Event')
        .filter((one) => one.type === 'Warning')
        .map(({ involvedObject: { kind, name }, reason, message }) => ({ object: `${kind}/${name}`, reason, message }))
        .filter((one) => object === undefined || one.object === object),
    stop: async () => {
      await bench.stop();
      await pods.stop();
    },
  };
}

const said = (calls: readonly JournalEntry[]): readonly string[] => calls.map((one) => `${one.action} ${one.code}`.trim());

/** The same wish again calls nothing, a resync calls nothing, and every step done over again writes nothing. */
export async function expectQuiet({ bench, settle }: Routed): Promise<void> {
  await bench.calls();
  bench.changed();
  await settle();
  expect(said(await bench.calls()), 'calls for the same wish').toEqual([]);
  bench.resync();
  await settle();
  expect(said(await bench.calls()), 'calls of a resync').toEqual([]);
  for (const { name } of steps) {
    if (name === 'dispatch' || name === 'sweep') continue;
    bench.send({ type: 'albeit.step.requested', version: 1, key: bench.key, step: name, phase: 'apply', chain: 'again', attempt: 0 });
  }
  await settle();
  const writes = (await bench.calls()).filter((one) => one.write);
  expect(said(writes), 'writes of steps done over again').toEqual([]);
}
