/** Scheduler: which node a Pod goes to. Pure. */

import type { KubeObject } from '#shared/kube/port.ts';
import { virtualNodeLabel } from '#shared/model/nodes.ts';
import type { Pod } from './objects.ts';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect?: string;
}

/** The fields of a Node that decide who may stand on it. */
export interface NodeObject extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
}

/** A Pod that asks for the container service instead of a machine, as on ACK. */
const serverlessLabel = { key: 'alibabacloud.com/eci', value: 'true' } as const;

const isVirtual = ({ metadata: { labels = {} } }: NodeObject): boolean => labels[virtualNodeLabel.key] === virtualNodeLabel.value;

const asksForVirtual = (pod: Pod): boolean =>
  pod.metadata.labels?.[serverlessLabel.key] === serverlessLabel.value ||
  pod.spec.nodeSelector?.[virtualNodeLabel.key] === virtualNodeLabel.value;

function tolerates(pod: Pod, taint: Taint): boolean {
  if (taint.effect === 'PreferNoSchedule') return true;
  return (pod.spec.tolerations ?? []).some(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (key === undefined || key === taint.key) &&
      (effect === undefined || effect === taint.effect) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );
}

function mayStandOn(pod: Pod, node: NodeObject): boolean {
  const { labels = {} } = node.metadata;
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const tolerated = (node.spec?.taints ?? []).every((taint) => tolerates(pod, taint));
  const alive = node.metadata.deletionTimestamp === undefined && node.spec?.unschedulable !== true;
  return selected && tolerated && alive && isVirtual(node) === asksForVirtual(pod);
}

/** The node with the fewest Pods among those that take it, the first by name among equals; `undefined` when none does. */
export function placeFor(pod: Pod, nodes: readonly NodeObject[], podsOn: (node: string) => number): string | undefined {
  const names = nodes.filter((node) => mayStandOn(pod, node)).map((node) => node.metadata.name);
  return names.toSorted((a, b) => podsOn(a) - podsOn(b) || (a < b ? -1 : 1))[0];
}
