/**
 * Every setting of groups, changed on an Ingress that shares its Services with neighbours, has canaries beside it and stands on two listeners:
 * at every instant each request goes where the old or the new wish sends it, to a group that has servers; the neighbours' groups stay, and no
 * group is left over.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '#shared/kube/paths.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Ingress, IngressPath, Service } from '#shared/model/wish.ts';
import { anEndpointSlice, podIp, zones } from '#test/support/cafe.ts';
import { turn } from '#test/support/group-turns.ts';
import { podInterface } from '#test/support/local-alb.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService, toService } from '#test/support/objects.ts';
import type { Probe } from '#test/support/probes.ts';
import { warnings } from '#test/support/refused-rules.ts';
import { rewrite } from '#test/support/rewrite.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';
import { WorldNode } from '#test/support/world-nodes.ts';

type Annotations = Readonly<Record<string, string>>;

const services = ['coffee', 'tea', 'water', 'milk'] as const;
const nodes = [new WorldNode('one', 0, {}), new WorldNode('two', 1, { zone: 'b' })];
const ports = [443, 8443];
const onBoth: Annotations = { 'listen-ports': JSON.stringify(ports.map((one) => ({ HTTPS: one }))) };
const certificates = [{ CertificateId: '1-cn-local', IsDefault: true }];
const albConfig = anAlbConfig({ spec: { config: zones, listeners: ports.map((port) => ({ port, protocol: 'HTTPS', certificates })) } });

const named = (name: string, paths: readonly IngressPath[], annotations: Annotations, host = name): Ingress =>
  anIngress({ name, host: `${host}.example.com`, paths, annotations: { ...onBoth, ...annotations } });
const group = (service: string, weight?: number) => ({
  ServiceName: service,
  ServicePort: 80,
  ...(weight === undefined ? {} : { Weight: weight }),
});
const copying = JSON.stringify([
  {
    type: 'TrafficMirror',
    TrafficMirrorConfig: { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [group('tea')] } },
  },
  { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [group('coffee', 60), group('water', 40)] } },
]);

/** The one that changes, and a neighbour that does not. */
const changed = (annotations: Annotations): Ingress => ({
  ...named('a', [], annotations),
  spec: {
    ingressClassName: 'alb',
    defaultBackend: toService('milk'),
    rules: [{ host: 'a.example.com', http: { paths: [aPath('/', 'coffee'), aPath('/menu', 'tea')] } }],
  },
});
const mirrorOf = (annotations: Annotations): Ingress =>
  named('mirror', [{ path: '/', pathType: 'Prefix', backend: toService('copied', 'use-annotation') }], {
    'actions.copied': copying,
    ...annotations,
  });
const canaryOf = (annotations: Annotations): Ingress =>
  named('canary', [aPath('/', 'water')], { canary: 'true', 'canary-weight': '20', ...annotations }, 'a');
const askedOf = (annotations: Annotations): Ingress =>
  named(
    'asked',
    [aPath('/', 'milk')],
    { canary: 'true', 'canary-by-header': 'x-canary', 'canary-by-header-value': 'always', order: '1', ...annotations },
    'a',
  );
const neighbour = named('b', [aPath('/', 'coffee'), aPath('/menu', 'tea'), aPath('/milk', 'milk')], {});

const hosts = ['a', 'b', 'mirror', 'nobody'];
const probes: readonly Probe[] = ports.flatMap((port) =>
  hosts.flatMap((host) =>
    ['/', '/menu', '/milk'].flatMap((path): readonly Probe[] => [
      { protocol: 'HTTPS', port, host: `${host}.example.com`, path },
      { protocol: 'HTTPS', port, host: `${host}.example.com`, path, headers: { 'x-canary': 'always' } },
    ]),
  ),
);

/** Each is what the Ingress says from then on, and nothing else of its groups. */
const settings: readonly Annotations[] = [
  { 'healthcheck-enabled': 'true' },
  { 'healthcheck-enabled': 'true', 'healthcheck-path': '/live' },
  { 'healthcheck-enabled': 'true', 'healthcheck-protocol': 'TCP' },
  { 'healthcheck-enabled': 'true', 'healthcheck-protocol': 'HTTPS', 'healthcheck-httpversion': 'HTTP1.0' },
  { 'healthcheck-enabled': 'true', 'healthcheck-protocol': 'GRPC', 'healthcheck-code': '0-20' },
  { 'healthcheck-enabled': 'true', 'healthcheck-method': 'GET' },
  { 'healthcheck-enabled': 'true', 'healthcheck-httpcode': 'http_2xx,http_3xx' },
  { 'healthcheck-enabled': 'true', 'healthcheck-timeout-seconds': '9', 'healthcheck-interval-seconds': '3' },
  { 'healthcheck-enabled': 'true', 'healthy-threshold-count': '2', 'unhealthy-threshold-count': '5' },
  { 'healthcheck-enabled': 'true', 'healthcheck-connect-port': '9000' },
  { 'backend-protocol': 'https' },
  { 'backend-protocol': 'grpc' },
  { 'backend-scheduler': 'wlc' },
  { 'backend-scheduler': 'sch' },
  { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'user' },
  { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'shop' },
  { 'backend-keepalive': 'false' },
  { 'backend-keepalive': 'true' },
  { 'slow-start-enabled': 'true' },
  { 'slow-start-enabled': 'true', 'slow-start-duration': '60' },
  { 'connection-drain-enabled': 'true' },
  { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '10' },
  { 'cross-zone-enabled': 'false' },
  { 'server-group-type': 'Ip' },
  { 'server-group-resource-group-id': 'rg-shop' },
  { 'sticky-session': 'true' },
  { 'sticky-session': 'true', 'cookie-timeout': '60' },
  { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'shop' },
  {},
];

const nodePort = (service: string, more: Service['spec'] = {}): Service =>
  aService(service, { spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }], ...more } });
/** What the Service of the first path is from then on. */
const kinds: readonly (readonly [what: string, service: Service])[] = [
  ['of type NodePort', nodePort('coffee')],
  ['with traffic policy Local', nodePort('coffee', { externalTrafficPolicy: 'Local' })],
  [
    'annotated as eni',
    {
      ...nodePort('coffee'),
      metadata: { ...nodePort('coffee').metadata, annotations: { 'service.beta.kubernetes.io/backend-type': 'eni' } },
    },
  ],
  ['with another node port', nodePort('coffee', { ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_081 }] })],
  ['of type ClusterIP', aService('coffee')],
];

let bench: Workbench;

beforeAll(async () => {
  const slices = services.map((name, at) => {
    const slice = anEndpointSlice(name, [podIp(at + 1, 0), podIp(at + 1, 1)]);
    return { ...slice, endpoints: slice.endpoints.map((one, pod) => ({ ...one, nodeName: nodes[pod]?.name ?? '' })) };
  });
  const objects: readonly KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    albConfig,
    aClass(),
    ...nodes.map((one) => one.object()),
    ...services.map((one) => aService(one)),
    ...slices,
    ...[changed({}), neighbour, mirrorOf({}), canaryOf({}), askedOf({})],
  ];
  bench = await createWorkbench(objects, [], { resourceGroups: ['rg-shop'] });
  const ips = services.flatMap((_, at) => [podIp(at + 1, 0), podIp(at + 1, 1)]);
  await bench.alb.put('network', [...ips.map((ip) => podInterface(`eni-${ip}`, ip)), ...nodes.flatMap((one) => one.interfaces())]);
  for (const one of nodes) await bench.kube.mergePatch(nameOf(one.object()), { status: one.object().status }, 'status');
  bench.resync();
  await bench.settle();
});
afterAll(() => bench.stop());

const write = async (...objects: readonly KubeObject[]): Promise<void> => {
  for (const one of objects) await rewrite(bench, nameOf(one), one);
  bench.changed();
  for (const one of objects) if (one.kind === 'Service') bench.membersChanged('shop', one.metadata.name, { whole: true });
};

/** Ids of all groups there are. */
const groups = async (): Promise<readonly string[]> =>
  ((await bench.alb.state())['serverGroups'] ?? []).map((one) => String(one['ServerGroupId']));

/** Ids that rules and listeners name. */
async function namedGroups(): Promise<ReadonlySet<string>> {
  const { rules = [], listeners = [] } = await bench.alb.state();
  return new Set(JSON.stringify([rules, listeners]).match(/sgp-[a-z0-9]+/g) ?? []);
}

async function expectGood(what: string, change: () => Promise<unknown>): Promise<void> {
  const found = await turn(bench, probes, change);
  if (whole) console.log(what, JSON.stringify(found.calls));
  expect(found.astray, 'went astray').toEqual([]);
  expect(found.dark, 'were dark').toEqual([]);
  expect(warnings(bench).map((one) => `${one.involvedObject.name}: ${one.message}`)).toEqual([]);
  const there = await groups();
  expect([...(await namedGroups())].sort(), 'groups that rules name, and all there are').toEqual([...there].sort());
  bench.resync();
  await bench.settle();
  expect(await bench.calls()).toEqual([]);
  expect(await groups()).toEqual(there);
}

const textOf = (annotations: Annotations): string => JSON.stringify(annotations).replaceAll('"', '');

describe('an Ingress among neighbours', () => {
  it.each(settings.map((one) => [textOf(one), one] as const))('says %s of its groups', async (what, annotations) => {
    // Servers that share requests must speak the same protocol.
    const { 'backend-protocol': protocol } = annotations;
    await expectGood(`Ingress ${what}`, () =>
      write(changed(annotations), canaryOf(protocol === undefined ? {} : { 'backend-protocol': protocol })),
    );
  });

  it.each(kinds)('has a Service %s', async (what, service) => {
    await expectGood(`Service ${what}`, () => write(service));
  });

  it.each([
    ['weighted canary', canaryOf],
    ['canary by header', askedOf],
    ['mirror', mirrorOf],
  ] as const)('has a %s that says something else of its groups', async (what, build) => {
    await expectGood(what, () => write(build({ 'backend-scheduler': 'wlc' })));
    await expectGood(`${what}, and back`, () => write(build({})));
  });

  it('changes together with its canaries and its mirror', async () => {
    const annotations = { 'sticky-session': 'true' };
    const all = [changed, canaryOf, askedOf, mirrorOf];
    await expectGood('all', () => write(...all.map((build) => build(annotations))));
    await expectGood('all, and back', () => write(...all.map((build) => build({}))));
  });
});
