/** From objects to HTTP answers, over the processes that `npm start` brings up, in the order in which a person would try things. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFile, applyText, readManifests } from '#infra/local/start/apply.ts';
import { untilAnswered } from '#infra/local/start/example.ts';
import { readRoutes } from '#infra/local/start/routes.ts';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { gatedManifests, gatedPodsOf } from '#test/support/gated-manifests.ts';
import { type StartedCloud, startedCloud } from '#test/support/started-cloud.ts';
import { until } from '#test/support/until.ts';

const example = 'examples/cafe.yaml';
let cloud: StartedCloud;
beforeAll(async () => {
  cloud = await startedCloud({ functionTimeout: 8 });
}, 90_000);
afterAll(() => cloud.stop());

const ingress = (name: string): ObjectName => ({ kind: 'Ingress', namespace: 'default', name });
const backend = (name: string, port: object = { number: 80 }) => ({ service: { name, port } });
const rule = (host: string | undefined, ...paths: readonly object[]) => ({ ...(host === undefined ? {} : { host }), http: { paths } });
const path = (text: string, pathType: string, service: string, port?: object) => ({
  path: text,
  pathType,
  backend: backend(service, port),
});

async function createIngress(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', annotations },
    spec: { ingressClassName: 'alb', ...spec },
  };
  expect((await cloud.kube.create<KubeObject>(object)).kind).toBe('written');
}

interface AlbConfigShown extends KubeObject {
  readonly spec?: { readonly listeners?: readonly { readonly port: number; readonly protocol: string }[] };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
    readonly ingresses?: readonly { readonly name: string; readonly reason: string }[];
  };
}
const albConfig = (name = 'cafe') => cloud.kube.get<AlbConfigShown>({ kind: 'AlbConfig', namespace: '', name });

interface EventShown extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid?: string };
}
const eventsOf = async (name: string): Promise<readonly EventShown[]> =>
  (await cloud.kube.list<EventShown>('Event', { namespace: 'default' })).items.filter((one) => one.involvedObject.name === name);

const podsThatAnswer = async (host: string, requestPath: string): Promise<readonly string[]> => {
  const met = new Set<string>();
  for (let i = 0; i < 12; i++) met.add((await cloud.ask(host, requestPath))?.pod ?? '');
  return [...met];
};

const scale = (name: string, replicas: number) =>
  cloud.kube.mergePatch({ kind: 'Deployment', namespace: 'default', name }, { spec: { replicas } });

describe('the local cloud', () => {
  it('answers for the example from every pod', async () => {
    await applyFile(cloud.kube, example);
    const reached = await untilAnswered(cloud.kube, await readRoutes(example), cloud.listeners, { withinMs: 30_000 });
    expect(reached.map((one) => one.pods.length)).toEqual([2, 3]);
    await cloud.answers('cafe.example.com', '/neither', 503);
    await cloud.answers('other.example.com', '/coffee', 503);
  });

  it('moves a path with an edit', async () => {
    const rules = [rule('cafe.example.com', path('/kaffee', 'Prefix', 'coffee'), path('/tea', 'Prefix', 'tea', { name: 'http' }))];
    await cloud.kube.mergePatch(ingress('cafe'), { spec: { rules } });
    await cloud.answers('cafe.example.com', '/kaffee', 'coffee-');
    await cloud.answers('cafe.example.com', '/coffee', 503);
  });

  it('follows the pods of a Service, none of them included', async () => {
    await scale('coffee', 4);
    await until(async () => (await podsThatAnswer('cafe.example.com', '/kaffee')).length === 4, 'answers of four pods', 15_000);
    await scale('coffee', 0);
    await cloud.answers('cafe.example.com', '/kaffee', 503);
    await cloud.answers('cafe.example.com', '/tea', 'tea-');
    await scale('coffee', 2);
    await cloud.answers('cafe.example.com', '/kaffee', 'coffee-');
  });

  it('shares the ALB with a second Ingress: wildcard and empty hosts, every type of path, a default backend, order', async () => {
    await createIngress(
      'second',
      {
        defaultBackend: backend('coffee'),
        rules: [
          rule(
            '*.example.com',
            path('/exact', 'Exact', 'tea'),
            path('/prefix/', 'Prefix', 'tea', { name: 'http' }),
            path('/glob*', 'ImplementationSpecific', 'tea'),
          ),
          rule(undefined, path('/anywhere', 'Prefix', 'tea')),
        ],
      },
      { 'alb.ingress.kubernetes.io/order': '20' },
    );
    await cloud.answers('a.example.com', '/exact', 'tea-');
    for (const one of ['/prefix', '/prefix/x', '/globular', '/anywhere', '/anywhere/x']) await cloud.answers('a.example.com', one, 'tea-');
    for (const one of ['/exact/', '/prefixed', '/other']) await cloud.answers('a.example.com', one, 'coffee-');
    await cloud.answers('elsewhere.org', '/anywhere', 'tea-');
    await cloud.answers('elsewhere.org', '/exact', 'coffee-');
    // Both Ingresses match from here on; the smaller order is asked first.
    await createIngress(
      'first',
      { rules: [rule('a.example.com', path('/exact', 'Exact', 'coffee'))] },
      { 'alb.ingress.kubernetes.io/order': '5' },
    );
    await cloud.answers('a.example.com', '/exact', 'coffee-');
    await cloud.kube.mergePatch(ingress('first'), { metadata: { annotations: { 'alb.ingress.kubernetes.io/order': '30' } } });
    await cloud.answers('a.example.com', '/exact', 'tea-');
    await cloud.kube.remove(ingress('first'));
    await cloud.kube.remove(ingress('second'));
    await cloud.answers('elsewhere.org', '/exact', 503);
  });

  it('names a bad Ingress in an Event and in the status, while its neighbours converge', async () => {
    const faults = {
      'bad-resource': {
        code: 'INGRESS-RESOURCE-BACKEND',
        backend: { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'x' } },
      },
      'bad-service': { code: 'SERVICE-NOT-FOUND', backend: backend('nowhere') },
      'bad-port': { code: 'PORT-NOT-FOUND', backend: backend('tea', { name: 'grpc' }) },
      'bad-annotation': { code: 'ANNOTATION-INVALID', backend: backend('tea'), annotations: { 'alb.ingress.kubernetes.io/order': 'last' } },
    } as const;
    for (const [name, fault] of Object.entries(faults)) {
      const rules = [rule(`${name}.example.com`, { path: '/', pathType: 'Prefix', backend: fault.backend })];
      await createIngress(name, { rules }, 'annotations' in fault ? fault.annotations : {});
    }
    await createIngress('good', { rules: [rule('good.example.com', path('/', 'Prefix', 'tea'))] });
    await cloud.answers('good.example.com', '/', 'tea-');
    for (const [name, { code }] of Object.entries(faults)) {
      await until(
        async () => (await eventsOf(name)).some((one) => one.type === 'Warning' && one.reason === code),
        `the Warning about ${name}`,
      );
      const { uid } = (await cloud.kube.get(ingress(name)))?.metadata ?? {};
      expect((await eventsOf(name)).map((one) => one.involvedObject.uid)).toEqual([uid]);
      expect((await cloud.ask(`${name}.example.com`, '/'))?.status).toBe(503);
    }
    const named = async () => (await albConfig())?.status?.ingresses?.map((one) => `${one.name} ${one.reason}`).sort();
    const expected = Object.entries(faults).map(([name, { code }]) => `${name} ${code}`);
    await until(async () => JSON.stringify(await named()) === JSON.stringify(expected.sort()), 'the four names in the status');
    const ready = async () => (await albConfig())?.status?.conditions?.[0];
    await until(async () => (await ready())?.reason === 'PartlyApplied', 'an AlbConfig that is ready in part', 15_000);
    expect(await ready()).toMatchObject({ type: 'Ready', status: 'True' });
    // What was wrong is put right: the Ingress is served and no longer named.
    await cloud.kube.mergePatch(ingress('bad-port'), { spec: { rules: [rule('bad-port.example.com', path('/', 'Prefix', 'tea'))] } });
    await cloud.answers('bad-port.example.com', '/', 'tea-');
    for (const name of [...Object.keys(faults), 'good']) await cloud.kube.remove(ingress(name));
    await until(async () => (await named())?.length === 0, 'a status that names nobody', 15_000);
  });

  it('serves hosts with TLS over https, with a certificate that the authority of the cloud vouches for, and sends them there', async () => {
    await applyFile(cloud.kube, 'examples/redirect.yaml');
    await cloud.answers('shop.example.com', '/menu', 'coffee-', { port: 443 });
    await cloud.answers('shop.example.com', '/menu', 308);
    await cloud.answers('cafe.example.com', '/tea', 503, { port: 443 });
    const open = (await cloud.listeners()).filter((one) => one.albConfig === 'cafe');
    expect(open.map((one) => `${one.protocol}:${one.port} ${new URL(one.url).protocol}`).sort()).toEqual([
      'HTTP:80 http:',
      'HTTPS:443 https:',
    ]);
    for (const name of ['shop', 'old']) await cloud.kube.remove(ingress(name));
    await cloud.kube.mergePatch(
      { kind: 'AlbConfig', namespace: '', name: 'cafe' },
      { spec: { listeners: [{ port: 80, protocol: 'HTTP' }] } },
    );
    await until(async () => !(await cloud.listeners()).some((one) => one.port === 443), 'a closed port 443', 15_000);
    await cloud.answers('shop.example.com', '/menu', 503);
  });

  it('lets Pods with a readiness gate become ready when the ALB has them in service, and the others of their namespace too', async () => {
    await applyText(cloud.kube, gatedManifests, 'a gated Deployment');
    const pods = async (app: string): Promise<readonly string[]> => (await gatedPodsOf(cloud.kube, app)).map((one) => one.says);
    const inService = ['True InService', 'True InService'];
    await until(async () => (await pods('milk')).join() === inService.join(), 'two Pods in service', 60_000);
    await cloud.answers('milk.example.com', '/', 'milk-');
    await until(async () => (await pods('inside')).join() === 'True NotBehindALB', 'a Pod that waits for nobody', 15_000);
    await cloud.kube.remove({ kind: 'Ingress', namespace: 'gated', name: 'milk' });
    await cloud.answers('milk.example.com', '/', 503);
    expect(await pods('milk')).toEqual(inService);
  }, 90_000);

  it('makes the AlbConfig that a class names and nobody has written', async () => {
    await applyText(
      cloud.kube,
      `{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: made}, spec: {controller: ingress.k8s.alibabacloud/alb, parameters: {apiGroup: alibabacloud.com, kind: AlbConfig, name: made}}}`,
      'a class',
    );
    const rules = [rule('made.example.com', path('/', 'Prefix', 'tea'))];
    await createIngress('made', { ingressClassName: 'made', rules }, { 'alb.ingress.kubernetes.io/listen-ports': '[{"HTTP": 8080}]' });
    await cloud.answers('made.example.com', '/', 'tea-', { albConfig: 'made', port: 8080 });
    expect((await albConfig('made'))?.spec?.listeners).toEqual([{ port: 8080, protocol: 'HTTP' }]);
    await cloud.answers('made.example.com', '/', 503);
  });

  it('comes to rest, and a forwarder that starts again makes dispatch look once and call nothing', async () => {
    const late = await cloud.rest();
    const before = { alb: (await cloud.calls('alb')).at(-1)?.seq ?? 0, fc: (await cloud.calls('fc')).at(-1)?.seq ?? 0 };
    await cloud.kill('forwarder');
    await cloud.revive('forwarder');
    const looks = async () => (await cloud.calls('fc', before.fc)).filter((one) => one.params['function'] === 'albeit-dispatch').length;
    await until(async () => (await looks()) > 0, 'the look that a resync asks for', 15_000);
    await cloud.rest();
    expect((await cloud.calls('fc', before.fc)).length).toBeLessThanOrEqual(1 + late);
    expect(await looks()).toBe(1);
    expect((await cloud.calls('alb', before.alb)).map((one) => one.action)).toEqual([]);
  });

  it('leaves nothing when everything is deleted', async () => {
    await cloud.kube.remove({ kind: 'IngressClass', namespace: '', name: 'made' });
    await cloud.kube.remove(ingress('made'));
    await cloud.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'made' });
    for (const { kind, metadata } of readManifests(await readFile(example, 'utf8'), example)) {
      const namespace = metadata.namespace ?? '';
      await cloud.kube.remove({ kind, namespace, name: metadata.name });
    }
    const counts = async () => {
      const { loadBalancers, listeners, rules, serverGroups } = await cloud.held();
      return { loadBalancers: loadBalancers.length, listeners: listeners.length, rules: rules.length, serverGroups: serverGroups.length };
    };
    await until(
      async () => (await cloud.records()).length === 0 && (await cloud.kube.list('AlbConfig')).items.length === 0,
      'no record',
      20_000,
    );
    expect(await counts()).toEqual({ loadBalancers: 0, listeners: 0, rules: 0, serverGroups: 0 });
    await cloud.rest();
    expect(await cloud.records()).toEqual([]);
    expect(cloud.deaths).toEqual([]);
    expect(cloud.errors).toEqual([]);
  });
});
