/** The status of a Deployment, from its ReplicaSets: what `kubectl rollout status` and `kubectl get deployments` read. Pure. */
import {
  type Condition,
  conditionOf,
  type Deployment,
  type DeploymentStatus,
  keepTransition,
  type ReplicaSet,
  timestamp,
} from './objects.ts';
import { currentSet, limitsOf } from './rollout.ts';

type Counts = Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas' | 'unavailableReplicas'>;

const sum = (sets: readonly ReplicaSet[], member: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
  sets.reduce((total, set) => total + (set.status?.[member] ?? 0), 0);

function countsOf(sets: readonly ReplicaSet[], current: ReplicaSet | undefined): Required<Counts> {
  const wanted = sets.reduce((total, set) => total + (set.spec.replicas ?? 1), 0);
  const availableReplicas = sum(sets, 'availableReplicas');
  return {
    replicas: sum(sets, 'replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(sets, 'readyReplicas'),
    availableReplicas,
    unavailableReplicas: Math.max(0, wanted - availableReplicas),
  };
}

function availableCondition(counts: Required<Counts>, least: number): Condition {
  return counts.availableReplicas >= least
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function progressingCondition(deployment: Deployment, current: ReplicaSet | undefined, counts: Required<Counts>): Condition {
  const desired = deployment.spec.replicas ?? 1;
  const complete = counts.updatedReplicas === desired && counts.replicas === desired && counts.availableReplicas === desired;
  const name = current?.metadata.name ?? '';
  if (deployment.spec.paused === true) {
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  return complete
    ? {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${name}" has successfully progressed.`,
      }
    : { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `ReplicaSet "${name}" is progressing.` };
}

/** `sets` are those that the Deployment owns, as they are now. */
export function rolloutStatus(deployment: Deployment, sets: readonly ReplicaSet[], nowMs: number): DeploymentStatus {
  const current = currentSet(deployment, sets);
  const counts = countsOf(sets, current);
  const { desired, maxUnavailable } = limitsOf(deployment);
  const before = deployment.status?.conditions;
  const now = timestamp(nowMs);
  const conditions = [availableCondition(counts, desired - maxUnavailable), progressingCondition(deployment, current, counts)].map(
    (next) => {
      const known = conditionOf(before, next.type);
      const same = known?.status === next.status && known.reason === next.reason && known.message === next.message;
      return { ...keepTransition(next, before, now), lastUpdateTime: same ? (known.lastUpdateTime ?? now) : now };
    },
  );
  return { observedGeneration: deployment.metadata.generation ?? 0, ...counts, conditions };
}
