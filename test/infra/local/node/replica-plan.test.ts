import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, ReplicaSet } from '#infra/local/node/objects.ts';
import { planReplicas } from '#infra/local/node/replica-plan.ts';

const aSet = (replicas: number, minReadySeconds = 0): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'tea-x', namespace: 'default', uid: 'uid-set', generation: 3 },
  spec: {
    replicas,
    minReadySeconds,
    selector: {},
    template: { metadata: { labels: { app: 'tea' } }, spec: { containers: [{ name: 'tea' }] } },
  },
});

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'tea-x', uid: 'uid-set', controller: true };
const readySince = (time: string) => ({ conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }] });

const aPod = (name: string, more: Partial<Pod['metadata']> = {}, status: Pod['status'] = readySince('2026-11-21T12:00:00Z')): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    ownerReferences: [owner],
    creationTimestamp: '2026-11-21T12:00:00Z',
    ...more,
  },
  spec: { nodeName: 'local-node', containers: [{ name: 'tea' }] },
  ...(status === undefined ? {} : { status }),
});

const now = Date.parse('2026-11-21T12:01:00Z');

describe('what a ReplicaSet does next', () => {
  it('creates what is missing, owned and labelled', () => {
    const { create } = planReplicas(aSet(2), [], now);
    expect(create).toHaveLength(2);
    expect(new Set(create.map((pod) => pod.metadata.name)).size).toBe(2);
    expect(create[0]?.metadata).toMatchObject({
      namespace: 'default',
      labels: { app: 'tea' },
      ownerReferences: [{ uid: 'uid-set', controller: true }],
    });
  });

  it('asks for the same pods when it runs twice before it sees them', () => {
    const names = () => planReplicas(aSet(3), [], now).create.map((pod) => pod.metadata.name);
    expect(names()).toEqual(names());
  });

  it('replaces pods that are going or have ended, under other names', () => {
    const [first, second] = planReplicas(aSet(2), [], now).create.map((pod) => pod.metadata.name);
    const going = aPod(first ?? '', { deletionTimestamp: '2026-11-21T12:00:30Z' });
    const ended = aPod(second ?? '', {}, { phase: 'Failed' });
    const { create, status } = planReplicas(aSet(2), [going, ended], now);
    expect(create).toHaveLength(2);
    expect(create.map((pod) => pod.metadata.name).filter((name) => name === first || name === second)).toEqual([]);
    expect(status.replicas).toBe(0);
  });

  it('gives no name twice, also when its pod has gone for good', () => {
    const names = (retired: readonly string[]) => planReplicas(aSet(2), [], now, new Set(retired)).create.map((pod) => pod.metadata.name);
    const first = names([]);
    expect(names(first).filter((name) => first.includes(name))).toEqual([]);
  });

  it('leaves the pods of others alone', () => {
    const { create, remove } = planReplicas(aSet(1), [aPod('a', { ownerReferences: [{ ...owner, uid: 'other' }] })], now);
    expect([create.length, remove.length]).toEqual([1, 0]);
  });

  it('lets go what serves least: not ready, then youngest', () => {
    const pods = [aPod('old'), aPod('young', { creationTimestamp: '2026-11-21T12:00:59Z' }), aPod('sick', {}, {})];
    const removed = (count: number) => planReplicas(aSet(count), pods, now).remove.map((pod) => pod.metadata.name);
    expect(removed(2)).toEqual(['sick']);
    expect(removed(1)).toEqual(['sick', 'young']);
  });

  it('does nothing while it is being deleted', () => {
    const set = { ...aSet(3), metadata: { ...aSet(3).metadata, deletionTimestamp: '2026-11-21T12:00:00Z' } };
    expect(planReplicas(set, [aPod('a')], now)).toMatchObject({ create: [], remove: [] });
  });

  it('counts a pod as available once it has been ready for long enough, and says when to look again', () => {
    const pods = [aPod('a'), aPod('b', {}, readySince('2026-11-21T12:00:55Z'))];
    const plan = planReplicas(aSet(2, 30), pods, now);
    expect(plan.status).toEqual({ replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 1, observedGeneration: 3 });
    expect(plan.lookAgainMs).toBe(25_000);
  });

  it('arrives at the wanted number from anywhere', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(10), (wanted, there) => {
        const set = aSet(wanted);
        let pods: Pod[] = planReplicas(aSet(there), [], now).create.map((pod) => aPod(pod.metadata.name));
        const plan = planReplicas(set, pods, now);
        pods = [...pods.filter((pod) => !plan.remove.includes(pod)), ...plan.create];
        expect(pods).toHaveLength(wanted);
        expect(planReplicas(set, pods, now)).toMatchObject({ create: [], remove: [] });
      }),
    );
  });
});
