import { describe, expect, it } from 'vitest';
import type { Condition, Pod } from '#infra/local/node/objects.ts';
import { nextStatus, type PodRun } from '#infra/local/node/pod-status.ts';

const aPod = (more: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', uid: 'uid-a' },
  spec: { containers: [{ name: 'tea', image: 'tea:1' }] },
  ...more,
});

const run: PodRun = { address: '10.64.0.10', hostAddress: '192.168.64.1', startedAtMs: 0, ready: true };
const status = (conditions: readonly Condition[] | undefined, type: string) =>
  conditions?.find((condition) => condition.type === type)?.status;

/** Whether the pod is ready, after what runs has been reported once. */
const readiness = (pod: Pod, what: PodRun = run) => {
  const next = nextStatus(pod, what, 0);
  return { containers: status(next?.conditions, 'ContainersReady'), pod: status(next?.conditions, 'Ready'), phase: next?.phase };
};

const gate = 'target-health.alb.k8s.alibabacloud';
const gated = (conditions: readonly Condition[] = []): Pod =>
  aPod({ spec: { ...aPod().spec, readinessGates: [{ conditionType: gate }] }, status: { conditions } });

describe('the status of a pod', () => {
  it.each<[string, Pod, PodRun, object]>([
    ['ready', aPod(), run, { containers: 'True', pod: 'True', phase: 'Running' }],
    ['probe not passed', aPod(), { ...run, ready: false }, { containers: 'False', pod: 'False', phase: 'Running' }],
    ['gate absent', gated(), run, { containers: 'True', pod: 'False' }],
    ['gate closed', gated([{ type: gate, status: 'False' }]), run, { containers: 'True', pod: 'False' }],
    ['gate open', gated([{ type: gate, status: 'True' }]), run, { containers: 'True', pod: 'True' }],
    [
      'gate open, probe not passed',
      gated([{ type: gate, status: 'True' }]),
      { ...run, ready: false },
      { containers: 'False', pod: 'False' },
    ],
    [
      'being deleted, still answering',
      aPod({ metadata: { ...aPod().metadata, deletionTimestamp: '2026-11-21T12:00:00Z' } }),
      run,
      { containers: 'True', pod: 'True' },
    ],
    ['cannot start', aPod(), { ...run, problem: 'no such port' }, { containers: 'False', pod: 'False', phase: 'Pending' }],
  ])('%s', (_, pod, what, expected) => {
    expect(readiness(pod, what)).toMatchObject(expected);
  });

  it('is written once: seen again, also with what the API server adds, nothing changes', () => {
    const first = nextStatus(gated(), run, 0) ?? {};
    expect(nextStatus(gated(), run, 0)).toBeDefined();
    const conditions = first.conditions?.map((condition) => ({ ...condition, lastProbeTime: null })).toReversed() ?? [];
    const containerStatuses = (first['containerStatuses'] as object[]).map((one) => ({ ...one, lastState: {}, resources: {} }));
    expect(
      nextStatus({ ...gated(), status: { ...first, conditions, containerStatuses, qosClass: 'BestEffort' } }, run, 60_000),
    ).toBeUndefined();
  });

  it('moves the time of a condition only with its status', () => {
    const first = nextStatus(aPod(), { ...run, ready: false }, 0) ?? {};
    const second = nextStatus(aPod({ status: first }), run, 60_000);
    const times = Object.fromEntries(second?.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]) ?? []);
    expect(times).toMatchObject({ PodScheduled: '1970-01-01T00:00:00Z', Ready: '1970-01-01T00:01:00Z' });
  });

  it('keeps the conditions of others', () => {
    const other = { type: 'example.com/other', status: 'Unknown', message: 'hands off' };
    expect(nextStatus(aPod({ status: { conditions: [other] } }), run, 0)?.conditions).toContainEqual(other);
  });
});
