/** What a readiness gate says, and why. Pure: what is known of the groups that hold a Pod is given. */
import type { Condition } from '#shared/kube/port.ts';
import { gatesOf, type Pod } from '#shared/model/readiness-gates.ts';

/** One server that a Pod is to be, in one group. */
export interface Place {
  readonly group: string;
  /** The Service that the group is for. */
  readonly service: string;
  /** `address:port`. */
  readonly server: string;
  readonly state:
    | 'in service'
    /** Not in the group, as verified last. */
    | 'unregistered'
    /** The group is being changed, or was never looked at. */
    | 'unknown'
    /** No listener names the group yet: nobody checks its health. */
    | 'unlisted'
    | 'unhealthy';
  /** What the service calls its health, in state `unhealthy`. */
  readonly health?: string;
}

/** Reasons of the condition with which a gate is open, and what they say. */
const open = {
  InService: () => 'every server group that holds this Pod has it in service',
  NoServerWanted: () => 'no server group registers this Pod by its own address',
  OptedOut: () => 'readiness gates are not kept in this namespace any more',
  NotBehindALB: () => 'no Service that selects this Pod is behind an ALB',
} as const satisfies Sayings;

/** Those with which it is closed. */
const closed = {
  ContainersNotReady: () => 'in no server group: its containers are not ready',
  Deregistered: () => 'in no server group any more: no Service selects it',
  AwaitingGroup: () => 'an Ingress names a Service that selects this Pod, and its server group is still to be made',
  AwaitingRegistration: (places) => `not registered yet: ${text(places, ['unregistered', 'unknown'])}`,
  AwaitingListener: (places) => `registered, but no listener forwards to its group yet: ${text(places, ['unlisted'])}`,
  AwaitingHealth: (places) => `registered, but not healthy yet: ${text(places, ['unhealthy'])}`,
} as const satisfies Sayings;

type Sayings = Readonly<Record<string, (places: readonly Place[]) => string>>;

export type GateReason = keyof typeof open | keyof typeof closed;

export interface Verdict {
  readonly open: boolean;
  readonly reason: GateReason;
  readonly message: string;
}

/** Places that a message names; the others are counted. */
const mostNamed = 3;

function text(places: readonly Place[], states: readonly Place['state'][]): string {
  const all = places.filter((one) => states.includes(one.state));
  const named = all
    .slice(0, mostNamed)
    .map(({ server, group, service, health }) => `${server} in ${group} (Service ${service}${health === undefined ? '' : `, ${health}`})`);
  return [...named, ...(all.length > mostNamed ? [`${all.length - mostNamed} more`] : [])].join(', ');
}

/** What a gate says for this reason; `places`: where the Pod is to be. */
export const verdict = (reason: GateReason, places: readonly Place[] = []): Verdict => ({
  open: reason in open,
  reason,
  message: { ...open, ...closed }[reason](places),
});

/** The first that holds is what a Pod waits for. */
const awaited: readonly (readonly [Place['state'], GateReason])[] = [
  ['unregistered', 'AwaitingRegistration'],
  ['unknown', 'AwaitingRegistration'],
  ['unlisted', 'AwaitingListener'],
  ['unhealthy', 'AwaitingHealth'],
];

/** For a Pod whose containers are ready: open when it is in service wherever it is to be. */
export function judge(places: readonly Place[]): Verdict {
  if (places.length === 0) return verdict('NoServerWanted');
  const reason = awaited.find(([state]) => places.some((one) => one.state === state))?.[1];
  return verdict(reason ?? 'InService', places);
}

/** An open gate of a Pod that is in any group stays open, so that a new group of a new Ingress never makes a serving Pod unready. */
export const mayClose = (places: readonly Place[]): boolean => places.length > 0 && places.every((one) => one.state === 'unregistered');

const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** The conditions to write so that the gates of a Pod say this; none when they do. `now`: API server's clock, ms. */
export function conditionsToWrite(pod: Pod, { open: isOpen, reason, message }: Verdict, now: number): readonly Condition[] {
  const status = isOpen ? 'True' : 'False';
  return gatesOf(pod).flatMap((type) => {
    const before = pod.status?.conditions?.find((one) => one.type === type);
    if (before?.status === status && (isOpen || (before.reason === reason && before.message === message))) return [];
    const kept = before?.status === status ? before.lastTransitionTime : undefined;
    return [{ type, status, reason, message, lastTransitionTime: kept ?? seconds(now) }];
  });
}
