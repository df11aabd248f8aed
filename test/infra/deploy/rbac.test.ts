import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createForwarder } from '#events/forwarder/forwarder.ts';
import { createTelemetry } from '#events/forwarder/telemetry.ts';
import { rbacRows, rbacYaml } from '#infra/deploy/rbac.ts';
import { type KubeObject, kinds, type ObjectName } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { aCafe } from '#test/support/cafe.ts';
import type { FakeKube } from '#test/support/fake-kube.ts';
import { createFakeQueues } from '#test/support/fake-queues.ts';
import { GatedPods, selecting } from '#test/support/gated-pods.ts';
import { aClass, anIngress, aPath, aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

const manifests = (): readonly Manifest[] => parseAllDocuments(rbacYaml()).map((one) => one.toJS());

/** `Ingress/status patch`, one a permission. */
const granted = (who: string): readonly string[] =>
  rbacRows
    .filter((row) => row.who === who)
    .flatMap((row) => row.verbs.map((verb) => `${row.kind}${row.subresource === undefined ? '' : `/${row.subresource}`} ${verb}`))
    .sort();

const used = (calls: FakeKube['calls']): readonly string[] =>
  [
    ...new Set(
      calls.map(
        ({ kind, subresource, verb }) =>
          `${kind}${subresource === undefined ? '' : `/${subresource}`} ${verb === 'replace' ? 'update' : verb}`,
      ),
    ),
  ].sort();

/** A namespace with readiness gates, and in it a Service with node ports. */
const gatedShop = (): readonly KubeObject[] => {
  const service = selecting('web', { app: 'web' }, 'gated');
  const ports = [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }];
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gated', labels: { 'albeit.io/readiness-gates': 'enabled' } } },
    { ...service, spec: { ...service.spec, type: 'NodePort', ports } } as KubeObject,
    anIngress({ name: 'gated', namespace: 'gated', host: 'gated.example.com', paths: [aPath('/', 'web')] }),
  ];
};

describe('permissions in the cluster', () => {
  let bench: Workbench | undefined;
  afterAll(() => bench?.stop());

  it('are for the functions exactly what a whole life of two AlbConfigs needs', async () => {
    const { objects, pods } = aCafe(3);
    const broken = anIngress({ name: 'broken', host: 'broken.example.com', paths: [aPath('/', 'absent')] });
    // Its class names an AlbConfig that nobody wrote.
    const orphan = anIngress({
      name: 'orphan',
      spec: { ingressClassName: 'latte', rules: [{ host: 'latte.example.com', http: { paths: [aPath('/', 'service-001')] } }] },
    });
    const chain = await createWorkbench([...objects, broken, orphan, aClass({ name: 'latte', albConfig: 'latte' }), ...gatedShop()], pods);
    bench = chain;
    const gated = new GatedPods(chain);
    await gated.start('web-a', '10.64.9.1', { namespace: 'gated', labels: { app: 'web' } });
    const calls: FakeKube['calls'][number][] = [];
    const work = async (): Promise<void> => {
      const before = chain.kube.calls.length;
      await chain.settle();
      calls.push(...chain.kube.calls.slice(before));
      await gated.observe();
    };
    chain.resync();
    await work();
    // The same trouble twice is one Event that counts.
    await chain.kube.create(aService('absent'));
    chain.changed();
    await work();
    await chain.kube.remove({ kind: 'Service', namespace: 'shop', name: 'absent' });
    chain.changed();
    await work();
    const ingresses = chain.kube
      .held('Ingress')
      .map(({ metadata }): ObjectName => ({ kind: 'Ingress', namespace: metadata.namespace ?? '', name: metadata.name }));
    const configs = chain.kube.held('AlbConfig').map((one): ObjectName => ({ kind: 'AlbConfig', namespace: '', name: one.metadata.name }));
    expect(configs.map((one) => one.name).sort()).toEqual(['cafe', 'latte']);
    for (const name of [...ingresses, ...configs]) await chain.kube.remove(name);
    chain.resync();
    await work();
    expect(chain.kube.held('Lease')).toEqual([]);
    expect(used(calls)).toEqual(granted('functions'));
    expect(calls.filter((one) => one.kind === 'Lease' && one.namespace !== ownNamespace)).toEqual([]);
    expect(calls.filter((one) => one.kind === 'Pod' && one.namespace !== 'gated')).toEqual([]);
  });

  it('let the forwarder list and watch the kinds that it follows, and nothing else', () => {
    const forwarder = createForwarder({
      cluster: 'c-local',
      ring: { sign: undefined, keys: [] },
      queues: createFakeQueues(),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      telemetry: createTelemetry(),
    } as unknown as Parameters<typeof createForwarder>[0]); // never started: it is only asked what it would follow
    const followed = forwarder.state().kinds.flatMap(({ kind }) => [`${kind} list`, `${kind} watch`]);
    expect(granted('forwarder')).toEqual(followed.sort());
  });

  it('never name Secrets, wildcards or escalating verbs', () => {
    for (const { rules = [] } of manifests()) {
      for (const { apiGroups, resources, verbs } of rules) {
        expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
        expect(resources).not.toContain('secrets');
        for (const verb of ['deletecollection', 'impersonate', 'bind', 'escalate']) expect(verbs).not.toContain(verb);
      }
    }
  });

  it('name each kind by its API group and plural, and Leases in our own namespace only', () => {
    const roles = manifests().filter(({ rules }) => rules !== undefined);
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`)).toEqual([
      'ClusterRole  albeit-forwarder',
      'ClusterRole  albeit-forwarder-readiness-gates',
      'ClusterRole  albeit-functions',
      `Role ${ownNamespace} albeit-functions`,
      'ClusterRole  albeit-functions-readiness-gates',
    ]);
    const known = new Set(
      Object.values(kinds).map(({ apiVersion, plural }) => `${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''}/${plural}`),
    );
    for (const { kind, rules = [] } of roles) {
      for (const { apiGroups, resources } of rules) {
        expect(known).toContain(`${apiGroups[0]}/${resources[0]?.split('/')[0]}`);
        expect(resources[0] === 'leases').toBe(kind === 'Role');
      }
    }
  });
});
