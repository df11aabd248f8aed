/** What a Deployment must do next about its ReplicaSets: create the one of its template, scale the others against it. Pure. */
import { type Deployment, ownerReference, type ReplicaSet } from './objects.ts';
import { hashLabel, templateHash } from './template-hash.ts';

/** The annotation that `kubectl rollout history` and `undo` read. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';

export interface RolloutPlan {
  readonly create: ReplicaSet | undefined;
  readonly scale: readonly { readonly set: ReplicaSet; readonly replicas: number }[];
  /** Old ones that hold nothing, beyond the history that is kept. */
  readonly remove: readonly ReplicaSet[];
  /** Of the present template; shown on the Deployment and its ReplicaSet. */
  readonly revision: number;
}

interface Limits {
  readonly desired: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

const wantedBy = (set: ReplicaSet): number => set.spec.replicas ?? 1;
const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number => sets.reduce((total, set) => total + of(set), 0);
const availableIn = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;

/** `25%` of the desired count, rounded as the real controller does: surge up, unavailability down. */
function amount(value: number | string | undefined, desired: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseInt(value ?? '25%', 10) * desired) / 100);
}

export function limitsOf(deployment: Deployment): Limits {
  const desired = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === 'Recreate') return { desired, maxSurge: 0, maxUnavailable: desired };
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = amount(rolling?.maxSurge, desired, Math.ceil);
  const maxUnavailable = Math.min(amount(rolling?.maxUnavailable, desired, Math.floor), desired);
  // Both zero could never move.
  return { desired, maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

export const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);

/** The ReplicaSet of the present template. */
export const currentSet = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined => {
  const hash = templateHash(deployment.spec.template);
  return sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
};

function newSet(deployment: Deployment, replicas: number, revision: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { [revisionAnnotation]: String(revision) },
      ownerReferences: [ownerReference(deployment, 'Deployment')],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** How far the new one may go: up to the desired count, as long as all together stay within the surge. */
function newCount(
  deployment: Deployment,
  { desired, maxSurge }: Limits,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): number {
  const now = current === undefined ? 0 : wantedBy(current);
  if (now >= desired) return desired;
  const recreating = deployment.spec.strategy?.type === 'Recreate' && sum(old, (set) => set.status?.replicas ?? wantedBy(set)) > 0;
  if (recreating) return now;
  const room = desired + maxSurge - now - sum(old, wantedBy);
  return Math.min(desired, now + Math.max(0, room));
}

/** Old ones give up first what does not serve anyway, then what is not needed to keep enough available. */
function oldCounts(limits: Limits, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReadonlyMap<ReplicaSet, number> {
  const counts = new Map(old.map((set) => [set, wantedBy(set)]));
  const least = limits.desired - limits.maxUnavailable;
  const newWanted = current === undefined ? 0 : wantedBy(current);
  const newUnavailable = newWanted - (current === undefined ? 0 : Math.min(availableIn(current), newWanted));
  let allowed = newWanted + sum(old, wantedBy) - least - newUnavailable;
  const take = (set: ReplicaSet, atMost: number) => {
    const count = Math.max(0, Math.min(allowed, atMost, counts.get(set) ?? 0));
    counts.set(set, (counts.get(set) ?? 0) - count);
    allowed -= count;
  };
  const oldestFirst = old.toSorted((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of oldestFirst) take(set, wantedBy(set) - Math.min(availableIn(set), wantedBy(set)));
  const available =
    sum(old, (set) => Math.min(availableIn(set), counts.get(set) ?? 0)) +
    Math.min(current === undefined ? 0 : availableIn(current), newWanted);
  allowed = Math.min(allowed, available - least);
  for (const set of oldestFirst) take(set, counts.get(set) ?? 0);
  return counts;
}

/** `sets` are those that the Deployment owns. */
export function planRollout(deployment: Deployment, sets: readonly ReplicaSet[]): RolloutPlan {
  const limits = limitsOf(deployment);
  const current = currentSet(deployment, sets);
  const old = sets.filter((set) => set !== current);
  const newest = Math.max(0, ...old.map(revisionOf));
  const revision = current !== undefined && revisionOf(current) > newest ? revisionOf(current) : newest + 1;
  if (deployment.spec.paused === true) return pausedPlan(limits, current, old, revision);
  const count = newCount(deployment, limits, current, old);
  const counts = new Map([...oldCounts(limits, current, old), ...(current === undefined ? [] : [[current, count] as const])]);
  const scale = [...counts].filter(([set, replicas]) => replicas !== wantedBy(set)).map(([set, replicas]) => ({ set, replicas }));
  const empty = old
    .filter((set) => wantedBy(set) === 0 && (set.status?.replicas ?? 0) === 0)
    .toSorted((a, b) => revisionOf(b) - revisionOf(a));
  return {
    create: current === undefined ? newSet(deployment, count, revision) : undefined,
    scale,
    remove: empty.slice(deployment.spec.revisionHistoryLimit ?? 10),
    revision,
  };
}

/** A paused Deployment begins nothing, but its newest ReplicaSet that holds Pods still follows the desired count. */
function pausedPlan(limits: Limits, current: ReplicaSet | undefined, old: readonly ReplicaSet[], revision: number): RolloutPlan {
  const holding = [...(current === undefined ? [] : [current]), ...old].filter((set) => wantedBy(set) > 0);
  const others = sum(holding.slice(1), wantedBy);
  const set = holding[0];
  const replicas = Math.max(0, limits.desired - others);
  return { create: undefined, scale: set === undefined || wantedBy(set) === replicas ? [] : [{ set, replicas }], remove: [], revision };
}
