/**
 * The status that a Pod should have, from what its container is doing. Pure; conditions that others wrote (readiness gates) stay. A Pod that
 * is being deleted stays ready as long as its container answers, as with real kubelets: slices then say that it serves and terminates.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Condition, type Container, conditionOf, keepTransition, type Pod, type PodStatus, timestamp } from './objects.ts';

/** What runs for a Pod. */
export interface PodRun {
  readonly address: string;
  readonly hostAddress: string;
  readonly startedAtMs: number;
  /** Its containers have started and answer their readiness probes. */
  readonly ready: boolean;
  /** Why it cannot start, if so. */
  readonly problem?: string;
}

/** Ours to write; all others belong to readiness gates. */
const own = ['PodScheduled', 'PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready'];

/** The gates of a Pod that are not open. */
const closedGates = (pod: Pod): readonly string[] =>
  (pod.spec.readinessGates ?? [])
    .map((gate) => gate.conditionType)
    .filter((type) => conditionOf(pod.status?.conditions, type)?.status !== 'True');

function readyCondition(pod: Pod, containersReady: boolean): Condition {
  if (!containersReady) return { type: 'Ready', status: 'False', reason: 'ContainersNotReady' };
  const closed = closedGates(pod);
  if (closed.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: `not open: ${closed.join(', ')}` };
}

function conditionsOf(pod: Pod, run: PodRun, now: string): readonly Condition[] {
  const before = pod.status?.conditions;
  const containersReady = run.ready && run.problem === undefined;
  const ready: Condition = containersReady
    ? { type: 'ContainersReady', status: 'True' }
    : { type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady' };
  const done = ['PodReadyToStartContainers', 'Initialized', 'PodScheduled'].map((type): Condition => ({ type, status: 'True' }));
  const foreign = (before ?? []).filter((condition) => !own.includes(condition.type));
  const written = [...done, ready, readyCondition(pod, containersReady)].map((condition) => keepTransition(condition, before, now));
  return [...foreign, ...written];
}

const containerStatus = (container: Container, pod: Pod, more: object) => ({
  name: container.name,
  image: container.image ?? '',
  imageID: '',
  containerID: `local://${pod.metadata.uid}/${container.name}`,
  restartCount: 0,
  ...more,
});

/** The status to write, or `undefined` when it stands as it should. */
export function nextStatus(pod: Pod, run: PodRun, nowMs: number): PodStatus | undefined {
  const startedAt = timestamp(run.startedAtMs);
  const waiting = { ready: false, started: false, state: { waiting: { reason: 'CreateContainerConfigError', message: run.problem } } };
  const running = { ready: run.ready, started: true, state: { running: { startedAt } } };
  const finished = { ready: true, state: { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt: startedAt } } };
  const init = (pod.spec.initContainers ?? []).map((container) => containerStatus(container, pod, finished));
  const next: PodStatus = {
    phase: run.problem === undefined ? 'Running' : 'Pending',
    hostIP: run.hostAddress,
    hostIPs: [{ ip: run.hostAddress }],
    podIP: run.address,
    podIPs: [{ ip: run.address }],
    startTime: pod.status?.startTime ?? startedAt,
    conditions: conditionsOf(pod, run, timestamp(nowMs)),
    containerStatuses: pod.spec.containers.map((container) =>
      containerStatus(container, pod, run.problem === undefined ? running : waiting),
    ),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
  };
  const same = Object.entries(next).every(([name, value]) => isDeepStrictEqual(meaning(pod.status?.[name]), meaning(value)));
  return same ? undefined : next;
}

/** What the API adds or leaves out means nothing: null and empty members, and what it writes into containers itself. */
const ignored = new Set(['lastProbeTime', 'lastState', 'observedGeneration', 'resources', 'volumeMounts', 'user', 'allocatedResources']);

function meaning(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(meaning);
    const typed = items.every((item): item is { readonly type: string } => typeof item === 'object' && item !== null && 'type' in item);
    return typed ? items.toSorted((a, b) => (a.type < b.type ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, member]) => !ignored.has(name) && member !== null && member !== undefined && member !== '',
  );
  return Object.fromEntries(members.map(([name, member]) => [name, meaning(member)]));
}
