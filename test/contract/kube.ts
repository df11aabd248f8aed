/** Every API server client, over memory, the embedded API or a real kube-apiserver, must pass exactly this. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Condition, Kube, KubeObject, ObjectMeta, ObjectName, WriteResult } from '#shared/kube/port.ts';

export interface KubeUnderTest {
  readonly kube: Kube;
  stop(): Promise<void>;
}

interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number };
}
interface Ingress extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface Pod extends KubeObject {
  readonly spec?: unknown;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

const written = <T extends KubeObject>(result: WriteResult<T>): T => {
  if (result.kind !== 'written') throw new Error(`not written: ${result.kind}`);
  return result.object;
};

/** Waits for a state that the server reaches by itself, such as the end of a background deletion. */
async function eventually<T>(look: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (wanted(found) || Date.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function kubeContract(title: string, make: () => Promise<KubeUnderTest>): void {
  describe(`Kubernetes contract: ${title}`, () => {
    let under: KubeUnderTest;
    let kube: Kube;
    const namespace = `contract-${randomUUID().slice(0, 8)}`;
    const leaseName = (name: string): ObjectName => ({ kind: 'Lease', namespace, name });
    const lease = (name: string, meta: Partial<ObjectMeta> = {}, holderIdentity = 'a'): Lease => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace, ...meta },
      spec: { holderIdentity },
    });
    const ingress = (name: string): Ingress => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace },
      spec: { defaultBackend: { service: { name: 'tea', port: { number: 80 } } } },
    });

    beforeAll(async () => {
      under = await make();
      kube = under.kube;
      written(await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }));
    });
    afterAll(async () => {
      await under.stop();
    });

    describe('reading', () => {
      it('finds nothing where nothing is', async () => {
        expect(await kube.get(leaseName('nobody'))).toBeUndefined();
        expect((await kube.list('Lease', { namespace })).items).toEqual([]);
      });

      it('gives back what was created, with the marks of the server', async () => {
        const created = written(await kube.create(lease('created', { labels: { a: 'b' } })));
        expect(created).toMatchObject({ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', spec: { holderIdentity: 'a' } });
        expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(created.metadata.resourceVersion).toMatch(/^\d+$/);
        expect(Date.parse(created.metadata.creationTimestamp ?? '')).toBeLessThanOrEqual(kube.now() + 2000);
        expect(await kube.get<Lease>(leaseName('created'))).toEqual(created);
      });

      it('lists by namespace and label, each item with its kind', async () => {
        await kube.create(lease('green', { labels: { colour: 'green', size: 's' } }));
        await kube.create(lease('red', { labels: { colour: 'red', size: 's' } }));
        const green = await kube.list<Lease>('Lease', { namespace, labelSelector: 'colour=green,size=s' });
        expect(green.items.map((one) => one.metadata.name)).toEqual(['green']);
        expect(green.items[0]).toMatchObject({ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1' });
        expect(Number(green.resourceVersion)).toBeGreaterThanOrEqual(Number(green.items[0]?.metadata.resourceVersion));
        const elsewhere = await kube.list('Lease', { namespace: 'default', labelSelector: 'colour=green' });
        expect(elsewhere.items).toEqual([]);
        const everywhere = await kube.list('Lease', { labelSelector: 'colour=green' });
        expect(everywhere.items.map((one) => one.metadata.namespace)).toContain(namespace);
      });

      it('lists by the field metadata.name', async () => {
        await kube.create(lease('by-field'));
        const found = await kube.list('Lease', { namespace, fieldSelector: 'metadata.name=by-field' });
        expect(found.items.map((one) => one.metadata.name)).toEqual(['by-field']);
      });
    });

    describe('creating', () => {
      it('tells that a name is taken', async () => {
        await kube.create(lease('taken'));
        expect(await kube.create(lease('taken', {}, 'other'))).toEqual({ kind: 'exists' });
        expect((await kube.get<Lease>(leaseName('taken')))?.spec?.holderIdentity).toBe('a');
      });

      it('lets one of many racers win', async () => {
        const results = await Promise.all(Array.from({ length: 8 }, (_, i) => kube.create(lease('race', {}, `racer-${i}`))));
        expect(results.map((one) => one.kind).sort()).toEqual([...Array.from({ length: 7 }, () => 'exists'), 'written']);
      });

      it('refuses a name that is none and a namespace that is not there, with the reason', async () => {
        await expect(kube.create(lease('Not_A_Name'))).rejects.toMatchObject({ code: 'KUBE-REFUSED' });
        const stray = { ...lease('stray'), metadata: { name: 'stray', namespace: 'no-such-namespace' } };
        await expect(kube.create(stray)).rejects.toMatchObject({ code: 'KUBE-REFUSED', facts: { verb: 'create' } });
      });

      it('ignores a status that is handed in', async () => {
        const status = { loadBalancer: { ingress: [{ hostname: 'forged.example.com' }] } };
        const created = written(await kube.create({ ...ingress('status-given'), status }));
        expect(created.status ?? {}).not.toMatchObject(status);
      });
    });

    describe('changing', () => {
      it('replaces only the version that was read', async () => {
        const first = written(await kube.create(lease('swap')));
        const second = written(await kube.replace({ ...first, spec: { holderIdentity: 'b' } }));
        expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
        expect(await kube.replace({ ...first, spec: { holderIdentity: 'c' } })).toEqual({ kind: 'conflict' });
        expect((await kube.get<Lease>(leaseName('swap')))?.spec?.holderIdentity).toBe('b');
      });

      it('tells that what should be changed is gone', async () => {
        const object = written(await kube.create(ingress('short-lived')));
        await kube.remove({ kind: 'Ingress', namespace, name: 'short-lived' });
        expect(await kube.replace(object)).toEqual({ kind: 'gone' });
      });

      it('tells a conflict when a Lease is gone: that kind may be created by an update, so there is no 404', async () => {
        const object = written(await kube.create(lease('short-lived')));
        await kube.remove(leaseName('short-lived'));
        expect(await kube.replace(object)).toEqual({ kind: 'conflict' });
        expect(await kube.mergePatch(leaseName('short-lived'), { spec: { holderIdentity: 'b' } })).toEqual({ kind: 'gone' });
      });

      it('replaces nothing that does not say which object it is', async () => {
        const object = written(await kube.create(lease('nameless')));
        const { uid: _, ...metadata } = object.metadata;
        await expect(kube.replace({ ...object, metadata })).rejects.toThrow(/uid missing/);
      });

      it('does not bring back what was removed and made anew by another', async () => {
        const former = written(await kube.create(lease('reborn')));
        await kube.remove(leaseName('reborn'));
        written(await kube.create(lease('reborn', {}, 'successor')));
        expect(await kube.replace({ ...former, spec: { holderIdentity: 'ghost' } })).toEqual({ kind: 'conflict' });
        expect((await kube.get<Lease>(leaseName('reborn')))?.spec?.holderIdentity).toBe('successor');
      });

      it('keeps the version when a write changes nothing', async () => {
        const object = written(await kube.create(lease('same')));
        expect(written(await kube.replace(object)).metadata.resourceVersion).toBe(object.metadata.resourceVersion);
        const patched = written(await kube.mergePatch<Lease>(leaseName('same'), { spec: { holderIdentity: 'a' } }));
        expect(patched.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
      });

      it('merges a patch: members are set, null takes away', async () => {
        await kube.create(lease('patched', { labels: { keep: '1', drop: '2' }, annotations: { a: '1' } }));
        const patch = { metadata: { labels: { drop: null, more: '3' } }, spec: { leaseDurationSeconds: 5 } };
        const patched = written(await kube.mergePatch<Lease>(leaseName('patched'), patch));
        expect(patched.metadata).toMatchObject({ labels: { keep: '1', more: '3' }, annotations: { a: '1' } });
        expect(patched.metadata.labels).not.toHaveProperty('drop');
        expect(patched.spec).toEqual({ holderIdentity: 'a', leaseDurationSeconds: 5 });
      });

      it('takes a version inside a patch as a condition', async () => {
        const { metadata } = written(await kube.create(lease('condition')));
        const patch = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { holderIdentity: 'b' } };
        expect((await kube.mergePatch(leaseName('condition'), patch)).kind).toBe('written');
        expect(await kube.mergePatch(leaseName('condition'), { ...patch, spec: { holderIdentity: 'c' } })).toEqual({ kind: 'conflict' });
      });

      it('lets one of many swappers win', async () => {
        const read = written(await kube.create(lease('contended')));
        const swaps = Array.from({ length: 8 }, (_, i) => kube.replace({ ...read, spec: { holderIdentity: `swapper-${i}` } }));
        const outcomes = (await Promise.all(swaps)).map((one) => one.kind).sort();
        expect(outcomes).toEqual([...Array.from({ length: 7 }, () => 'conflict'), 'written']);
      });
    });

    describe('status and generation', () => {
      const name: ObjectName = { kind: 'Ingress', namespace, name: 'generations' };

      it('counts changes of the spec, and neither labels nor status', async () => {
        const created = written(await kube.create(ingress('generations')));
        expect(created.metadata.generation).toBe(1);
        const labelled = written(await kube.mergePatch<Ingress>(name, { metadata: { labels: { a: 'b' } } }));
        expect(labelled.metadata.generation).toBe(1);
        const status = { loadBalancer: { ingress: [{ hostname: 'cafe.example.com' }] } };
        const told = written(await kube.mergePatch<Ingress>(name, { status }, 'status'));
        expect(told.metadata.generation).toBe(1);
        expect(told.status).toMatchObject(status);
        const changed = written(
          await kube.mergePatch<Ingress>(name, { spec: { defaultBackend: { service: { name: 'coffee', port: { number: 80 } } } } }),
        );
        expect(changed.metadata.generation).toBe(2);
        expect(changed.status).toMatchObject(status);
      });

      it('writes the status by its own door only', async () => {
        const forged = { status: { loadBalancer: { ingress: [{ hostname: 'forged.example.com' }] } } };
        const patched = written(await kube.mergePatch<Ingress>(name, forged));
        expect(patched.status).not.toMatchObject(forged.status);
        const spec = { defaultBackend: { service: { name: 'forged', port: { number: 80 } } } };
        const told = written(await kube.mergePatch<Ingress>(name, { spec, status: {} }, 'status'));
        expect(told.spec).not.toMatchObject(spec);
      });
    });

    describe('conditions of a Pod', () => {
      const at = '2026-11-21T12:00:00Z';
      const condition = (type: string, status: Condition['status'], reason = 'Because'): Condition => ({
        type,
        status,
        reason,
        message: `${type} is ${status}`,
        lastTransitionTime: at,
      });
      const pod = async (name: string): Promise<Pod> =>
        written(
          await kube.create<Pod>({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name, namespace },
            spec: { containers: [{ name: 'web', image: 'web:1' }], readinessGates: [{ conditionType: 'example.com/gate' }] },
          }),
        );
      const identity = ({ metadata }: Pod) => ({ namespace, name: metadata.name, uid: metadata.uid ?? '' });
      const conditionsOf = (one: Pod) => new Map((one.status?.conditions ?? []).map((found) => [found.type, found]));

      it('are set by type, with those of others as they are', async () => {
        const made = await pod('conditions');
        written(await kube.setConditions<Pod>(identity(made), [condition('ContainersReady', 'True')]));
        const first = written(await kube.setConditions<Pod>(identity(made), [condition('example.com/gate', 'False')]));
        expect(first.spec).toMatchObject({ readinessGates: [{ conditionType: 'example.com/gate' }] });
        const second = written(await kube.setConditions<Pod>(identity(made), [condition('example.com/gate', 'True', 'Open')]));
        const found = conditionsOf(second);
        expect(found.get('ContainersReady')).toMatchObject(condition('ContainersReady', 'True'));
        expect(found.get('example.com/gate')).toMatchObject(condition('example.com/gate', 'True', 'Open'));
        expect(second.status?.conditions).toHaveLength(found.size);
        const again = written(await kube.setConditions<Pod>(identity(made), [condition('example.com/gate', 'True', 'Open')]));
        expect(again.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
      });

      it('are written by many at once, and none is lost', async () => {
        const made = await pod('conditions-raced');
        const types = Array.from({ length: 8 }, (_, i) => `example.com/gate-${i}`);
        await Promise.all(types.map(async (type) => written(await kube.setConditions<Pod>(identity(made), [condition(type, 'True')]))));
        const read = await kube.get<Pod>({ kind: 'Pod', namespace, name: 'conditions-raced' });
        expect([...conditionsOf(read as Pod).keys()]).toEqual(expect.arrayContaining(types));
      });

      it('are not written into another Pod of the same name, nor into none', async () => {
        const made = await pod('conditions-later');
        const ghost = { ...identity(made), uid: randomUUID() };
        expect(await kube.setConditions(ghost, [condition('example.com/gate', 'True')])).toEqual({ kind: 'conflict' });
        const nobody = { ...ghost, name: 'conditions-nobody' };
        expect(await kube.setConditions(nobody, [condition('example.com/gate', 'True')])).toEqual({ kind: 'gone' });
      });
    });

    describe('removing', () => {
      it('removes once', async () => {
        await kube.create(lease('removed'));
        expect(await kube.remove(leaseName('removed'))).toBe('removed');
        expect(
          await eventually(
            () => kube.get(leaseName('removed')),
            (found) => found === undefined,
          ),
        ).toBeUndefined();
        expect(await kube.remove(leaseName('removed'))).toBe('gone');
      });

      it('removes only the version that is named', async () => {
        const first = written(await kube.create(lease('versioned')));
        const second = written(await kube.replace({ ...first, spec: { holderIdentity: 'b' } }));
        expect(await kube.remove(leaseName('versioned'), first.metadata.resourceVersion)).toBe('conflict');
        expect(await kube.remove(leaseName('versioned'), second.metadata.resourceVersion)).toBe('removed');
      });

      it('keeps an object until its last finalizer is gone', async () => {
        await kube.create(lease('final', { finalizers: ['albeit.io/contract'] }));
        expect(await kube.remove(leaseName('final'))).toBe('removed');
        const ending = await kube.get<Lease>(leaseName('final'));
        expect(ending?.metadata.deletionTimestamp).toBeDefined();
        expect(await kube.remove(leaseName('final'))).toBe('removed');
        await kube.mergePatch(leaseName('final'), { metadata: { finalizers: null } });
        expect(
          await eventually(
            () => kube.get(leaseName('final')),
            (found) => found === undefined,
          ),
        ).toBeUndefined();
      });
    });

    it('knows the time of the server', async () => {
      await kube.get(leaseName('nobody'));
      const before = kube.now();
      const created = written(await kube.create(lease('timed')));
      const age = Date.parse(created.metadata.creationTimestamp ?? '') - before;
      expect(Math.abs(age)).toBeLessThan(5000);
    });
  });
}
