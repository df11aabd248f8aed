/**
 * What is wanted of the cloud for one AlbConfig: the output of `buildStack`, pure and canonical (the API's defaults are filled in), so that
 * comparing it with what is there finds nothing the second time. Nouns refer to each other by identity, never by cloud id.
 */
import type { AlbConfigKey } from '#events/contract/messages.ts';
import type {
  GroupStickiness,
  ListenerSettings,
  LoadBalancerSettings,
  PlainAction,
  RuleCondition,
  RuleDirection,
  ServerGroupKind,
  ServerGroupSettings,
  Tags,
} from '#shared/cloud/alb/port.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { MembersSource } from './members-source.ts';

/**
 * Identity of a server group within an AlbConfig: sha256 (hex) of namespace, Service, port, type, protocol and what differs from the default
 * settings. It is the value of the resource tag of the group.
 */
export type GroupIdentity = string & { readonly __brand?: 'GroupIdentity' };
/** `HTTP:80`. */
export type ListenerIdentity = string & { readonly __brand?: 'ListenerIdentity' };
/** Hash of namespace/name, listener, direction, host, path (with type) and the ordinal among equals. Content, never UID or position. */
export type RuleIdentity = string & { readonly __brand?: 'RuleIdentity' };

/** Owners are the Kubernetes objects on whose behalf a thing exists: who is told when it fails. */
interface Owned {
  readonly owners: readonly ObjectRef[];
  readonly tags: Tags;
}

export interface LoadBalancerSpec extends Owned {
  readonly settings: LoadBalancerSettings;
  /** As written: zone ids and vSwitches the user left out are looked up by the step. Empty: the step chooses. */
  readonly zones: readonly { readonly vSwitchId: string; readonly zoneId?: string }[];
}

export interface ServerGroupSpec extends Owned {
  readonly identity: GroupIdentity;
  readonly settings: ServerGroupSettings;
  readonly fixed: ServerGroupKind;
  /** Absent for the listeners' default groups, which never have members. */
  readonly members?: MembersSource;
}

export interface ListenerSpec extends Owned {
  readonly identity: ListenerIdentity;
  readonly protocol: 'HTTP' | 'HTTPS' | 'QUIC';
  readonly port: number;
  readonly defaultGroup: GroupIdentity;
  readonly settings: ListenerSettings;
}

/** A server group that an action names: one of the stack, or one that was made elsewhere, by its id. */
export type GroupRef =
  | { readonly group: GroupIdentity; readonly serverGroupId?: never }
  | { readonly serverGroupId: string; readonly group?: never };

/** As `RuleAction` of the port, but naming groups by identity. Its place in the list is its order. */
export type RuleActionSpec =
  | PlainAction
  | {
      readonly type: 'ForwardGroup';
      /** 1 to 5, weights 0 to 100. */
      readonly groups: readonly (GroupRef & { readonly weight: number })[];
      /** Absent: off. */
      readonly stickiness?: GroupStickiness;
    }
  | { readonly type: 'TrafficMirror'; readonly groups: readonly GroupRef[] };

/** One forwarding rule without its priority: the list order within a listener and direction says who is matched first. */
export interface RuleSpec extends Owned {
  readonly identity: RuleIdentity;
  readonly listener: ListenerIdentity;
  readonly direction: RuleDirection;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly RuleActionSpec[];
  /**
   * A held Ingress has a say in this rule (a weighted canary of it that is wrong): where the rule exists its actions stay as they are;
   * `actions` holds what it gets where it does not exist yet.
   */
  readonly actionsHeld?: true;
}

/** Every group that the actions of a rule name. */
export const groupRefsOf = (actions: readonly RuleActionSpec[]): readonly GroupRef[] =>
  actions.flatMap((action) => (action.type === 'ForwardGroup' || action.type === 'TrafficMirror' ? action.groups : []));

/** An Ingress that is left as it was because something in it is wrong. Its rules (found by the owner tag) and their groups stay untouched. */
interface HeldIngress {
  readonly ref: ObjectRef;
  readonly problems: readonly Problem[];
}

export type Mode = 'manage' | 'observe' | 'paused';

export interface Stack {
  readonly key: AlbConfigKey;
  readonly mode: Mode;
  /** `remove`: the AlbConfig is being deleted or is gone. `hold`: the AlbConfig itself is wrong; nothing may be touched. */
  readonly want: 'present' | 'remove' | 'hold';
  /** Absent unless `want` is `present`. */
  readonly loadBalancer?: LoadBalancerSpec;
  readonly groups: readonly ServerGroupSpec[];
  readonly listeners: readonly ListenerSpec[];
  /**
   * Listeners that are neither changed nor removed: the AlbConfig has them, but they are wrong or not supported yet; or it has them no more,
   * while Ingresses still want them. Nothing is made for the latter, for all that is known they never were there. Sorted.
   */
  readonly heldListeners: readonly ListenerIdentity[];
  /** In matching order within each listener and direction. */
  readonly rules: readonly RuleSpec[];
  readonly held: readonly HeldIngress[];
  /** Every Ingress that uses this AlbConfig, held ones included: whose status is ours to write. */
  readonly ingresses: readonly ObjectRef[];
  /** Everything worth telling, held or not. */
  readonly problems: readonly Problem[];
}
