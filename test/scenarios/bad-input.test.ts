/** A wrong object is named to its owner and left alone; its neighbours converge as if it were not there. */
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { aCafe } from '#test/support/cafe.ts';
import { anIngress, aPath, aService, toService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

interface Told extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const warnings = (chain: Workbench): readonly string[] =>
  chain.kube
    .held<Told>('Event')
    .filter((one) => one.type === 'Warning')
    .map((one) => `${one.reason} ${one.involvedObject.kind}/${one.involvedObject.name}`);

interface Status extends KubeObject {
  readonly status?: { readonly ingresses?: readonly { readonly name: string; readonly reason: string; readonly message: string }[] };
}

const conditions = (chain: Workbench): readonly string[] =>
  (chain.kube.held<Status>('AlbConfig')[0]?.status?.ingresses ?? []).map((one) => `${one.reason} ${one.name}`);

const hosts = async (chain: Workbench): Promise<readonly string[]> => {
  const rules = (await chain.alb.state())['rules'] ?? [];
  // The snapshot's own shape: only printed and compared.
  return rules
    .flatMap((rule) =>
      (rule['RuleConditions'] as { Type: string; HostConfig?: { Values: string[] } }[]).flatMap((one) => one.HostConfig?.Values ?? []),
    )
    .sort();
};

async function live(): Promise<Workbench> {
  const { objects, pods } = aCafe(1);
  bench = await createWorkbench(objects, pods);
  bench.resync();
  await bench.settle();
  return bench;
}

const bad: readonly { readonly what: string; readonly reason: string; readonly ingress: KubeObject; readonly needs?: KubeObject }[] = [
  {
    what: 'a resource backend',
    reason: 'INGRESS-RESOURCE-BACKEND',
    ingress: anIngress({
      name: 'bad',
      host: 'bad.example.com',
      paths: [{ path: '/', pathType: 'Prefix', backend: { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'static' } } }],
    }),
  },
  {
    what: 'a missing Service',
    reason: 'SERVICE-NOT-FOUND',
    ingress: anIngress({ name: 'bad', host: 'bad.example.com', paths: [aPath('/', 'nobody')] }),
  },
  {
    what: 'an unknown port',
    reason: 'PORT-NOT-FOUND',
    ingress: anIngress({
      name: 'bad',
      host: 'bad.example.com',
      paths: [{ path: '/', pathType: 'Prefix', backend: toService('service-001', 81) }],
    }),
  },
  {
    what: 'a bad annotation value',
    reason: 'ANNOTATION-INVALID',
    ingress: anIngress({ name: 'bad', host: 'bad.example.com', paths: [aPath('/', 'service-001')], annotations: { order: 'first' } }),
  },
  {
    what: 'stickiness by a cookie of the application that it does not name',
    reason: 'ANNOTATION-NEEDS',
    ingress: anIngress({
      name: 'bad',
      host: 'bad.example.com',
      paths: [aPath('/', 'service-001')],
      annotations: { 'sticky-session': 'true', 'sticky-session-type': 'Server' },
    }),
  },
  {
    what: 'a wildcard in a Prefix path',
    reason: 'PATH-WILDCARD',
    ingress: anIngress({ name: 'bad', host: 'bad.example.com', paths: [aPath('/a*', 'service-001')] }),
  },
];

describe('a bad Ingress', () => {
  for (const { what, reason, ingress } of bad) {
    it(`with ${what} is named, and its neighbour still changes`, async () => {
      const chain = await live();
      await chain.kube.create(ingress);
      await chain.kube.create(anIngress({ name: 'good', host: 'good.example.com', paths: [aPath('/', 'service-001')] }));
      chain.changed();
      await chain.settle();
      expect(await hosts(chain)).toEqual(['good.example.com', 'host-1.example.com']);
      expect(warnings(chain)).toEqual([`${reason} Ingress/bad`]);
      expect(conditions(chain)).toEqual([`${reason} bad`]);
    });
  }

  it('that was good keeps the rules it had, and gets the new ones when it is mended', async () => {
    const chain = await live();
    await chain.kube.create(aService('tea'));
    await chain.kube.create(anIngress({ name: 'menu', host: 'menu.example.com', paths: [aPath('/', 'service-001')] }));
    chain.changed();
    await chain.settle();
    const name = { kind: 'Ingress', namespace: 'shop', name: 'menu' } as const;
    await chain.kube.mergePatch(name, { spec: { rules: [{ host: 'new.example.com', http: { paths: [aPath('/', 'nobody')] } }] } });
    chain.changed();
    await chain.settle();
    expect(await hosts(chain)).toEqual(['host-1.example.com', 'menu.example.com']);
    expect(conditions(chain)).toEqual(['SERVICE-NOT-FOUND menu']);
    await chain.kube.mergePatch(name, { spec: { rules: [{ host: 'new.example.com', http: { paths: [aPath('/', 'service-001')] } }] } });
    chain.changed();
    await chain.settle();
    expect(await hosts(chain)).toEqual(['host-1.example.com', 'new.example.com']);
    expect(conditions(chain)).toEqual([]);
  });

  it('is told once, however often it is looked at', async () => {
    const chain = await live();
    await chain.kube.create(anIngress({ name: 'bad', host: 'bad.example.com', paths: [aPath('/', 'nobody')] }));
    for (let times = 0; times < 3; times++) {
      chain.changed();
      await chain.settle();
    }
    const told = chain.kube.held<Told & { readonly count: number }>('Event').filter((one) => one.type === 'Warning');
    expect(told.map((one) => one.count)).toEqual([1]);
  });
});

describe('an Ingress whose class names no AlbConfig', () => {
  it('gets one generated, and is served', async () => {
    const { objects, pods } = aCafe(1);
    bench = await createWorkbench(
      objects.filter((one) => one.kind !== 'AlbConfig'),
      pods,
    );
    bench.changed();
    await bench.settle();
    expect(bench.kube.held('AlbConfig').map((one) => one.metadata.name)).toEqual(['cafe']);
    expect(await hosts(bench)).toEqual(['host-1.example.com']);
  });
});
