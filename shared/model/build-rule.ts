/** Forwarding rules: identified by what they match, never by UID or position, so that an insert before others leaves them alone. */
import type { RuleCondition, Tags } from '#shared/cloud/alb/port.ts';
import { albConfigTags, ownerHash, shortHash, tagKeys } from '#shared/ownership.ts';
import type { ObjectRef } from '#shared/problem.ts';
import type { GroupIdentity, ListenerIdentity, RuleIdentity, RuleSpec } from './stack.ts';

/** One path (or the default backend) of an Ingress, ready to become a rule on each of its listeners. */
export interface Route {
  readonly host: string;
  /** `Default` for `spec.defaultBackend`. */
  readonly type: string;
  readonly path: string;
  readonly conditions: readonly RuleCondition[];
  readonly group: GroupIdentity;
}

export interface RuleSite {
  readonly cluster: string;
  readonly albConfig: string;
  readonly ingress: ObjectRef;
}

/** Weight of the one group of a rule; the service's default for a single group. */
const wholeWeight = 100;

const identityOf = (site: RuleSite, listener: ListenerIdentity, route: Route, ordinal: number): RuleIdentity =>
  shortHash([site.ingress.namespace, site.ingress.name, listener, 'Request', route.host, route.type, route.path, ordinal].join('\n'));

const tagsOf = (site: RuleSite, identity: RuleIdentity): Tags => ({
  ...albConfigTags(site.cluster, site.albConfig),
  [tagKeys.identity]: identity,
  [tagKeys.owner]: ownerHash(site.ingress.namespace, site.ingress.name),
});

const sameMatch = (a: Route, b: Route): boolean => a.host === b.host && a.type === b.type && a.path === b.path;

/** The rules of one Ingress on one listener, in the order of its routes. */
export const buildRules = (routes: readonly Route[], listener: ListenerIdentity, site: RuleSite): readonly RuleSpec[] =>
  routes.map((route, index) => {
    const ordinal = routes.slice(0, index).filter((one) => sameMatch(one, route)).length;
    const identity = identityOf(site, listener, route, ordinal);
    return {
      identity,
      owners: [site.ingress],
      tags: tagsOf(site, identity),
      listener,
      direction: 'Request',
      conditions: route.conditions,
      actions: [{ type: 'ForwardGroup', groups: [{ group: route.group, weight: wholeWeight }] }],
    };
  });

/** Limit of RuleName. */
const nameLimit = 128;

/** `shop-cafe-3f2a9c…`: says whose rule it is, and stays when its priority changes. Begins with a letter, as ALB wants. */
export function ruleName(rule: Pick<RuleSpec, 'identity' | 'owners'>): string {
  const owner = rule.owners[0];
  const text = `${owner?.namespace ?? ''}-${owner?.name ?? ''}`;
  const named = /^[a-z]/i.test(text) ? text : `k8s-${text}`;
  return `${named.slice(0, nameLimit - rule.identity.length - 1)}-${rule.identity}`;
}
