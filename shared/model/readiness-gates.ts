/**
 * Readiness gates of ours: conditions that a Pod waits for until the load balancer can reach it (semantics 7.4). Read by the forwarder, which
 * learns when a Pod is due, and by the member lane, which sets them.
 */
import type { KubeObject } from '#shared/kube/port.ts';

/** Namespaces with this label have their Pods looked at: `albeit.io/readiness-gates: enabled`. */
export const gatesLabel = { key: 'albeit.io/readiness-gates', value: 'enabled' } as const;

/** The condition types of ACK's controller and of the open one; a Pod may have either, or both. */
export const gateTypes = ['target-health.alb.k8s.alibabacloud', 'target-health.alb.k8s.alicloud'] as const;
export type GateType = (typeof gateTypes)[number];

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly readinessGates?: readonly { readonly conditionType: string }[];
    readonly nodeName?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

const isTrue = ({ status }: Pod, type: string): boolean =>
  (status?.conditions ?? []).some((one) => one.type === type && one.status === 'True');

/** The gates of ours that a Pod has, each once, in the order of the table. */
export const gatesOf = ({ spec }: Pod): readonly GateType[] => {
  const named = new Set((spec?.readinessGates ?? []).map((gate) => gate.conditionType));
  return gateTypes.filter((type) => named.has(type));
};

/** Those of them that are not True. */
export const unmetGates = (pod: Pod): readonly GateType[] => gatesOf(pod).filter((type) => !isTrue(pod, type));

/** It waits for us: its containers are ready, a gate of ours is not, and it is not on its way out. Gates of others do not matter. */
export const isDue = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined && isTrue(pod, 'ContainersReady') && unmetGates(pod).length > 0;
