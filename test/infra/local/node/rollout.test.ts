import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from '#infra/local/node/objects.ts';
import { limitsOf, planRollout, revisionOf } from '#infra/local/node/rollout.ts';
import { rolloutStatus } from '#infra/local/node/rollout-status.ts';
import { hashLabel, templateHash } from '#infra/local/node/template-hash.ts';

const template = (version: string) => ({
  metadata: { labels: { app: 'tea' } },
  spec: { containers: [{ name: 'tea', image: `tea:${version}` }] },
});

const aDeployment = (spec: Partial<Deployment['spec']> = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'tea', namespace: 'default', uid: 'uid-tea', generation: 7 },
  spec: { replicas: 4, selector: { matchLabels: { app: 'tea' } }, template: template('2'), ...spec },
});

/** A ReplicaSet of one version of the template, with so many wanted, and of these so many available. */
const aSet = (version: string, wanted: number, available = wanted, revision = Number(version)): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `tea-${version}`,
    namespace: 'default',
    labels: { [hashLabel]: templateHash(template(version)) },
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
  },
  spec: { replicas: wanted, selector: {}, template: template(version) },
  status: { replicas: wanted, readyReplicas: available, availableReplicas: available },
});

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { rollingUpdate: { maxSurge, maxUnavailable } },
});
const recreate = { strategy: { type: 'Recreate' } };

/** The counts that a plan changes, by name; the created one under its revision. */
const steps = (plan: ReturnType<typeof planRollout>) => ({
  ...Object.fromEntries(plan.scale.map(({ set, replicas }) => [set.metadata.name, replicas])),
  ...(plan.create === undefined ? {} : { created: plan.create.spec.replicas }),
});

describe('what a Deployment does next', () => {
  it.each<[string, Partial<Deployment['spec']>, ReplicaSet[], Record<string, number>]>([
    ['nothing there: one set of the whole size', {}, [], { created: 4 }],
    ['all as wanted: nothing', {}, [aSet('2', 4)], {}],
    ['scaled up: at once', { replicas: 6 }, [aSet('2', 4)], { 'tea-2': 6 }],
    ['scaled down: at once', { replicas: 1 }, [aSet('2', 4)], { 'tea-2': 1 }],
    ['scaled to nothing', { replicas: 0 }, [aSet('2', 4)], { 'tea-2': 0 }],
    ['another template: within the surge, and old ones as far as may be missing', {}, [aSet('1', 4)], { created: 1, 'tea-1': 3 }],
    ['no surge: room has to be made first', rolling(0, 1), [aSet('1', 4)], { created: 0, 'tea-1': 3 }],
    ['nothing may be missing: only the surge', rolling(2, 0), [aSet('1', 4)], { created: 2 }],
    ['new ones not available yet: wait', rolling(1, 0), [aSet('1', 4), aSet('2', 1, 0)], {}],
    ['one new one available: one old one goes', rolling(1, 0), [aSet('1', 4), aSet('2', 1)], { 'tea-1': 3 }],
    ['old ones that do not serve go first', rolling(1, 1), [aSet('1', 4, 2), aSet('2', 1, 0)], { 'tea-1': 3 }],
    ['the last old ones go when the new ones are all there', {}, [aSet('1', 1), aSet('2', 4)], { 'tea-1': 0 }],
    ['Recreate: old ones go first', recreate, [aSet('1', 4)], { created: 0, 'tea-1': 0 }],
    ['Recreate: new ones come when the old ones have gone', recreate, [aSet('1', 0), aSet('2', 0)], { 'tea-2': 4 }],
    ['paused: no new set', { paused: true }, [aSet('1', 4)], {}],
    ['paused: still scaled', { paused: true, replicas: 2 }, [aSet('1', 4)], { 'tea-1': 2 }],
  ])('%s', (_, spec, sets, expected) => {
    expect(steps(planRollout(aDeployment(spec), sets))).toEqual(expected);
  });

  it('resolves percentages as Kubernetes does: surge up, unavailability down, never both zero', () => {
    expect(limitsOf(aDeployment({ replicas: 5 }))).toEqual({ desired: 5, maxSurge: 2, maxUnavailable: 1 });
    expect(limitsOf(aDeployment({ replicas: 1, ...rolling('0%', '10%') }))).toMatchObject({ maxSurge: 0, maxUnavailable: 1 });
    expect(limitsOf(aDeployment({ replicas: 2, ...rolling(1, 0) }))).toMatchObject({ maxSurge: 1, maxUnavailable: 0 });
  });

  it('names and labels the set of a template by its content, and numbers it after all others', () => {
    const plan = planRollout(aDeployment(), [aSet('1', 4)]);
    const hash = templateHash(template('2'));
    expect(plan.create?.metadata).toMatchObject({
      name: `tea-${hash}`,
      ownerReferences: [{ kind: 'Deployment', uid: 'uid-tea', controller: true }],
    });
    expect(plan.create?.spec.selector.matchLabels).toEqual({ app: 'tea', [hashLabel]: hash });
    expect(plan.create?.spec.template.metadata?.labels).toEqual({ app: 'tea', [hashLabel]: hash });
    expect(plan.revision).toBe(2);
  });

  it('going back to an old template takes its set again, as the newest', () => {
    const plan = planRollout(aDeployment({ template: template('1') }), [aSet('1', 0), aSet('2', 4)]);
    expect(plan.create).toBeUndefined();
    expect(plan.revision).toBe(3);
  });

  it('keeps as many empty old sets as the history allows, the newest', () => {
    const sets = [aSet('2', 4, 4, 9), ...[3, 4, 5].map((version) => aSet(String(version), 0))];
    const plan = planRollout(aDeployment({ revisionHistoryLimit: 1 }), sets);
    expect(plan.remove.map(revisionOf)).toEqual([4, 3]);
  });

  it('always arrives, within surge and unavailability at every step, whatever becomes available first', () => {
    const limits = fc.record({ replicas: fc.nat(8), maxSurge: fc.nat(4), maxUnavailable: fc.nat(4) });
    fc.assert(
      fc.property(limits, fc.array(fc.nat(3), { minLength: 200, maxLength: 200 }), ({ replicas, maxSurge, maxUnavailable }, pace) => {
        const deployment = aDeployment({ replicas, ...rolling(maxSurge, maxUnavailable) });
        const { maxSurge: surge, maxUnavailable: missing } = limitsOf(deployment);
        let sets: ReplicaSet[] = [aSet('1', replicas)];
        for (const become of [...pace, ...Array(40).fill(1)]) {
          const plan = planRollout(deployment, sets);
          const counts = new Map(plan.scale.map(({ set, replicas: count }) => [set.metadata.name, count]));
          sets = [...sets, ...(plan.create === undefined ? [] : [{ ...plan.create, status: {} }])].map((set) => {
            const wanted = counts.get(set.metadata.name) ?? set.spec.replicas ?? 0;
            // Pods that go are those that do not serve, then some that do; new ones take their time.
            const availableReplicas = Math.min(wanted, (set.status?.availableReplicas ?? 0) + become);
            return { ...set, spec: { ...set.spec, replicas: wanted }, status: { replicas: wanted, availableReplicas } };
          });
          const total = sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
          const available = sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
          expect(total).toBeLessThanOrEqual(replicas + surge);
          expect(available).toBeGreaterThanOrEqual(replicas - missing);
        }
        expect(planRollout(deployment, sets).scale).toEqual([]);
        expect(sets.map((set) => set.spec.replicas)).toEqual([0, replicas]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the status of a Deployment', () => {
  const conditionOf = (status: ReturnType<typeof rolloutStatus>, type: string) =>
    status.conditions?.find((condition) => condition.type === type);

  it('counts what there is, and says complete only when nothing old is left', () => {
    const midway = rolloutStatus(aDeployment(), [aSet('1', 2), aSet('2', 3, 2)], 0);
    expect(midway).toMatchObject({
      observedGeneration: 7,
      replicas: 5,
      updatedReplicas: 3,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 1,
    });
    expect(conditionOf(midway, 'Progressing')?.reason).toBe('ReplicaSetUpdated');
    const done = rolloutStatus(aDeployment(), [aSet('1', 0), aSet('2', 4)], 0);
    expect(conditionOf(done, 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
    expect(conditionOf(done, 'Available')?.status).toBe('True');
  });

  it('is available while no more is missing than may be', () => {
    const deployment = aDeployment(rolling(0, 1));
    expect(conditionOf(rolloutStatus(deployment, [aSet('2', 4, 3)], 0), 'Available')?.status).toBe('True');
    expect(conditionOf(rolloutStatus(deployment, [aSet('2', 4, 2)], 0), 'Available')?.status).toBe('False');
  });

  it('does not change by being computed again later', () => {
    const deployment = aDeployment();
    const status = rolloutStatus(deployment, [aSet('2', 4)], 0);
    expect(rolloutStatus({ ...deployment, status }, [aSet('2', 4)], 60_000)).toEqual(status);
  });
});
