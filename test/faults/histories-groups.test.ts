/**
 * Random histories of server groups: what Ingresses say of their groups and what Services are change over and over, some of it refused by
 * the program or by the service, while endpoints come and go, people change groups by hand, and calls fail. Once nothing is wrong any more,
 * the cloud ends as if the last wish had been the only one, and a second look calls nothing.
 */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { nameOf } from '#shared/kube/paths.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Service } from '#shared/model/wish.ts';
import { albConfigTags } from '#shared/ownership.ts';
import { anEndpointSlice, podIp, serviceName, zones } from '#test/support/cafe.ts';
import { aFault, anySettings, aRepeat, expectEndOf, putFault, repeat, setSlice } from '#test/support/histories.ts';
import { podInterface } from '#test/support/local-alb.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService, toService } from '#test/support/objects.ts';
import { rewrite } from '#test/support/rewrite.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';
import { WorldNode } from '#test/support/world-nodes.ts';

type Annotations = Readonly<Record<string, string>>;

const services = 3;
const pods = 3;
const nodes = [new WorldNode('one', 0, {}), new WorldNode('two', 1, { zone: 'b' })];
const https = '[{"HTTPS":443}]';

/** What an Ingress may say of its groups; the last two only the service refuses, or the program. */
const sayings: readonly Annotations[] = [
  {},
  {},
  { 'healthcheck-enabled': 'true' },
  { 'healthcheck-enabled': 'true', 'healthcheck-path': '/live', 'healthcheck-method': 'GET', 'healthcheck-httpcode': 'http_2xx,http_3xx' },
  { 'healthcheck-enabled': 'true', 'healthcheck-protocol': 'TCP' },
  { 'backend-scheduler': 'wlc', 'backend-keepalive': 'false' },
  { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'user' },
  { 'slow-start-enabled': 'true', 'slow-start-duration': '60' },
  { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '5' },
  { 'cross-zone-enabled': 'false' },
  { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'shop' },
  { 'sticky-session': 'true', 'cookie-timeout': '60' },
  { 'server-group-type': 'Ip' },
  { 'server-group-resource-group-id': 'rg-shop' },
  { 'backend-protocol': 'https', 'listen-ports': https },
  { 'backend-protocol': 'grpc', 'listen-ports': https },
  { 'server-group-resource-group-id': 'rg-nowhere' },
  { 'backend-scheduler': 'uch' },
];
const faulty = 2;

const kinds: readonly ((name: string) => Service)[] = [
  (name) => aService(name),
  (name) => aService(name, { spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }] } }),
  (name) =>
    aService(name, {
      spec: { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_081 }] },
    }),
  (name) =>
    aService(name, {
      annotations: { 'service.beta.kubernetes.io/backend-type': 'eni' },
      spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_082 }] },
    }),
  (name) =>
    aService(name, {
      spec: {
        ports: [
          { name: 'metrics', port: 9090 },
          { name: 'http', port: 80 },
        ],
      },
    }),
  // Its port has gone, and so its Ingresses are held.
  (name) => aService(name, { spec: { ports: [{ name: 'http', port: 81 }] } }),
];
const faultyKinds = 1;

/** What stands beside the stable Ingress. */
const companions: readonly Annotations[] = [
  { 'canary-weight': '30', canary: 'true' },
  { 'canary-weight': '100', canary: 'true' },
  { 'canary-by-header': 'x-canary', 'canary-by-header-value': 'always', canary: 'true' },
];

/** Copies go to one Service, and the requests to the two others. */
function mirror(service: number): Annotations {
  const at = (next: number, more: object = {}) => ({
    ServiceName: serviceName(((service - 1 + next) % services) + 1),
    ServicePort: 80,
    ...more,
  });
  const copies = { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [at(0)] } };
  const forward = { ServerGroups: [at(1, { Weight: 80 }), at(2, { Weight: 20 })] };
  return {
    'actions.copied': JSON.stringify([
      { type: 'TrafficMirror', TrafficMirrorConfig: copies },
      { type: 'ForwardGroup', ForwardConfig: forward },
    ]),
  };
}

const names = ['a', 'b', 'c', 'canary', 'mirror'] as const;
type Name = (typeof names)[number];

interface Draft {
  readonly saying: number;
  readonly service: number;
  /** For a canary: which. */
  readonly companion: number;
}

/** `a` and `b` share Services; `c` has a default backend; a canary stands beside `a`. */
function ingressOf(name: Name, { saying, service, companion }: Draft): KubeObject {
  const annotations = sayings[saying] ?? {};
  const own = serviceName(service);
  if (name === 'canary')
    return anIngress({ name, host: 'a.example.com', paths: [aPath('/', own)], annotations: { ...annotations, ...companions[companion] } });
  if (name === 'mirror') {
    const path = { path: '/', pathType: 'Prefix' as const, backend: toService('copied', 'use-annotation') };
    return anIngress({ name, host: 'mirror.example.com', paths: [path], annotations: { ...annotations, ...mirror(service) } });
  }
  const host = `${name}.example.com`;
  const paths = [aPath('/', own), aPath('/menu', serviceName(1))];
  if (name !== 'c') return anIngress({ name, host, paths, annotations });
  const spec = { ingressClassName: 'alb', defaultBackend: toService(own), rules: [{ host, http: { paths } }] };
  return anIngress({ name, spec, annotations: { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]', ...annotations } });
}

type Step =
  | { readonly kind: 'ingress'; readonly name: Name; readonly draft: Draft | undefined }
  | { readonly kind: 'service'; readonly index: number; readonly is: number }
  | { readonly kind: 'endpoints'; readonly index: number; readonly pods: readonly number[] }
  | { readonly kind: 'hand'; readonly what: 'scheduler' | 'servers'; readonly pick: number }
  | { readonly kind: 'repeat'; readonly what: 'changed' | 'resync' | 'members' | 'old-step'; readonly index: number }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'fault'; readonly fault: string; readonly action: string }
  | { readonly kind: 'settle' };

const index = fc.integer({ min: 1, max: services });
const draft: fc.Arbitrary<Draft> = fc.record({
  saying: fc.nat({ max: sayings.length - 1 }),
  service: index,
  companion: fc.nat({ max: companions.length - 1 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ingress' as const),
      name: fc.constantFrom(...names),
      draft: fc.option(draft, { nil: undefined, freq: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('service' as const), index, is: fc.nat({ max: kinds.length - 1 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('endpoints' as const),
      index,
      pods: fc.uniqueArray(fc.integer({ min: 0, max: pods - 1 }), { maxLength: pods }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hand' as const),
      what: fc.constantFrom('scheduler' as const, 'servers' as const),
      pick: fc.nat({ max: 9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: aRepeat(index),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  {
    weight: 2,
    arbitrary: aFault(
      'CreateServerGroup',
      'UpdateServerGroupAttribute',
      'DeleteServerGroup',
      'AddServersToServerGroup',
      'ReplaceServersInServerGroup',
      'CreateRules',
      'UpdateRulesAttribute',
      'DeleteRules',
      'ListServerGroups',
      'ListAsynJobs',
    ),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'settle' as const }) },
);

interface Wanted {
  readonly ingresses: Map<Name, Draft>;
  readonly services: Map<number, number>;
  readonly endpoints: Map<number, readonly number[]>;
}

const sliceOf = (wanted: Wanted, service: number) => {
  const ready = wanted.endpoints.get(service) ?? [0, 1];
  const slice = anEndpointSlice(
    serviceName(service),
    ready.map((pod) => podIp(service, pod)),
  );
  // Each pod on a node of its own.
  return {
    ...slice,
    endpoints: slice.endpoints.map((one, at) => ({ ...one, nodeName: nodes[(ready[at] ?? 0) % nodes.length]?.name ?? '' })),
  };
};
const serviceOf = (wanted: Wanted, service: number): Service =>
  (kinds[wanted.services.get(service) ?? 0] ?? kinds[0] ?? aService)(serviceName(service));

const albConfig = anAlbConfig({
  spec: {
    config: zones,
    listeners: [
      { port: 80, protocol: 'HTTP' },
      { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: '1-cn-local', IsDefault: true }] },
    ],
  },
});

async function setIngress(bench: Workbench, wanted: Wanted, name: Name, one: Draft | undefined): Promise<void> {
  if (one === undefined) wanted.ingresses.delete(name);
  else wanted.ingresses.set(name, one);
  await rewrite(bench, { kind: 'Ingress', namespace: 'shop', name }, one === undefined ? undefined : ingressOf(name, one));
  bench.changed();
}

async function setService(bench: Workbench, wanted: Wanted, service: number, is: number): Promise<void> {
  wanted.services.set(service, is);
  const object = serviceOf(wanted, service);
  await rewrite(bench, nameOf(object), object);
  bench.changed();
  bench.membersChanged('shop', serviceName(service), { whole: true });
}

async function setEndpoints(bench: Workbench, wanted: Wanted, service: number, ready: readonly number[]): Promise<void> {
  wanted.endpoints.set(service, ready);
  await setSlice(bench, serviceName(service), sliceOf(wanted, service));
}

/** Somebody at the console changes a group of ours, if the service lets him. */
async function meddle(bench: Workbench, what: 'scheduler' | 'servers', pick: number): Promise<void> {
  const console = createAlb(bench.alb.options);
  try {
    const groups = await console.findServerGroups(albConfigTags('c-local', 'cafe'));
    const group = groups[pick % Math.max(1, groups.length)];
    if (group === undefined) return;
    const { serverGroupId, settings } = group;
    const servers = await console.listServers(serverGroupId);
    const change = async (): Promise<void> => {
      if (what === 'scheduler') await console.updateServerGroup(serverGroupId, { ...settings, scheduler: 'Wlc' }, `by hand ${pick}`);
      else if (servers.length > 0) await console.removeServers(serverGroupId, servers.slice(0, 1), `by hand ${pick}`);
    };
    // What the service refuses just now, or by a fault that waits for a call, was not done.
    await change().catch(() => undefined);
  } catch {
    // Likewise.
  } finally {
    console.close();
  }
}

const plays: { readonly [K in Step['kind']]: (bench: Workbench, wanted: Wanted, one: Extract<Step, { kind: K }>) => Promise<unknown> } = {
  ingress: (bench, wanted, one) => setIngress(bench, wanted, one.name, one.draft),
  service: (bench, wanted, one) => setService(bench, wanted, one.index, one.is),
  endpoints: (bench, wanted, one) => setEndpoints(bench, wanted, one.index, one.pods),
  hand: (bench, _wanted, one) => meddle(bench, one.what, one.pick),
  repeat: async (bench, _wanted, one) => repeat(bench, one, { step: 'server-group', phase: 'collect' }),
  sweep: (bench) => bench.sweep(),
  fault: (bench, _wanted, one) => putFault(bench, one),
  settle: (bench) => bench.settle(),
};
// The table has a function for each kind, which takes the steps of that kind.
const play = (bench: Workbench, wanted: Wanted, one: Step): Promise<unknown> =>
  (plays[one.kind] as (bench: Workbench, wanted: Wanted, one: Step) => Promise<unknown>)(bench, wanted, one);

/** A wish in which nothing is wrong any more. */
async function correct(bench: Workbench, wanted: Wanted): Promise<void> {
  for (const [name, one] of wanted.ingresses) {
    if (one.saying >= sayings.length - faulty) await setIngress(bench, wanted, name, { ...one, saying: 0 });
  }
  for (const [service, is] of wanted.services) {
    if (is >= kinds.length - faultyKinds) await setService(bench, wanted, service, 0);
  }
  // A canary stands beside what it is the canary of, and on the same listeners.
  const plain: Draft = { saying: 0, service: 1, companion: 0 };
  if (wanted.ingresses.has('canary')) {
    for (const name of ['a', 'canary'] as const) {
      const one = wanted.ingresses.get(name) ?? plain;
      const { 'listen-ports': ports } = sayings[one.saying] ?? {};
      await setIngress(bench, wanted, name, ports === undefined ? one : { ...one, saying: 0 });
    }
  }
}

async function open(wanted: Wanted, settings: unknown): Promise<Workbench> {
  const all = Array.from({ length: services }, (_, at) => at + 1);
  const objects: readonly KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    albConfig,
    aClass(),
    ...nodes.map((one) => one.object()),
    ...all.flatMap((service) => [serviceOf(wanted, service), sliceOf(wanted, service)]),
    ...[...wanted.ingresses].map(([name, one]) => ingressOf(name, one)),
  ];
  const bench = await createWorkbench(objects, [], settings);
  const ips = all.flatMap((service) => Array.from({ length: pods }, (_, pod) => podIp(service, pod)));
  await bench.alb.put('network', [
    ...ips.map((ip) => podInterface(`eni-${ip.replaceAll('.', '-')}`, ip)),
    ...nodes.flatMap((one) => one.interfaces()),
  ]);
  await bench.alb.put('settings', { resourceGroups: ['rg-shop'] });
  for (const one of nodes) await bench.kube.mergePatch(nameOf(one.object()), { status: one.object().status }, 'status');
  bench.resync();
  return bench;
}

describe('any history of server groups', () => {
  it('ends in what the last wish alone would have made, once nothing is wrong with it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: whole ? 24 : 14 }), anySettings, async (steps, settings) => {
        const wanted: Wanted = {
          ingresses: new Map([['a', { saying: 0, service: 1, companion: 0 }]]),
          services: new Map(),
          endpoints: new Map(),
        };
        const lived = await open(wanted, settings);
        for (const one of steps) await play(lived, wanted, one);
        await lived.settle();
        await lived.alb.put('faults', []);
        await correct(lived, wanted);
        await lived.settle();
        await expectEndOf(lived, () => open(wanted, settings));
      }),
      { numRuns: whole ? 300 : 6, endOnFailure: !whole },
    );
  }, 900_000);
});
