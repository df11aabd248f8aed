/**
 * Server groups. All paths of all Ingresses of an AlbConfig that name the same Service port with the same settings share one group, so an
 * endpoint that changes is one write however many Ingresses use the Service.
 */
import { createHash } from 'node:crypto';
import type { ServerGroupKind, ServerGroupSettings, Tags } from '#shared/cloud/alb/port.ts';
import { albConfigTags, pseudoNamespace, shortHash, tagKeys, tagValue } from '#shared/ownership.ts';
import type { ObjectRef } from '#shared/problem.ts';
import { type GroupSettings, type GroupWish, groupDefaults, variantOf } from './build-group-settings.ts';
import type { MembersRule } from './members-source.ts';
import type { GroupIdentity, ServerGroupSpec } from './stack.ts';

/** A Service port that requests are sent to. */
export interface GroupTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** How its endpoints become servers; whether those are checked is said by the Ingress. */
  readonly rule: Omit<MembersRule, 'healthChecked'>;
}

export interface GroupSite {
  readonly cluster: string;
  readonly albConfig: string;
  readonly vpcId: string;
}

/** Limit of ServerGroupName. */
const nameLimit = 128;

/** `shop-coffee-80`; `k8s-` in front of what does not begin with a letter, and a hash in place of what is too long. */
const groupName = (text: string): string => {
  const whole = /^[a-z]/i.test(text) ? text : `k8s-${text}`;
  return whole.length <= nameLimit ? whole : `${whole.slice(0, nameLimit - 17)}-${shortHash(text)}`;
};

/** Resource tags are sha256 in full, as the existing controllers write them. */
const identityOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const named = (name: string, settings: GroupSettings): ServerGroupSettings => ({ serverGroupName: name, serviceName: name, ...settings });

const groupTags = (site: GroupSite, identity: string, of: { namespace: string; service: string; port: number }): Tags => ({
  ...albConfigTags(site.cluster, site.albConfig),
  [tagKeys.resource]: identity,
  [tagKeys.serviceNamespace]: tagValue(of.namespace),
  [tagKeys.serviceName]: tagValue(of.service),
  [tagKeys.servicePort]: String(of.port),
});

/** Nodes are reached by IPv4 whatever the family of the pods; only addresses of pods make a group of IPv6. */
const kindOf = (wish: GroupWish, { rule }: GroupTarget, { vpcId }: GroupSite): ServerGroupKind => ({
  ...wish.kind,
  vpcId,
  ...(rule.family === 'IPv6' ? { ipv6Enabled: true } : {}),
});

/** The group of a Service port. The tag `ingress_name` is not on it: it belongs to several Ingresses. */
export function buildServerGroup(target: GroupTarget, wish: GroupWish, site: GroupSite, owners: readonly ObjectRef[]): ServerGroupSpec {
  const { namespace, service, port, rule } = target;
  const fixed = kindOf(wish, target, site);
  const variant = variantOf(fixed.ipv6Enabled === true ? { ...wish.own, ipv6Enabled: true } : wish.own);
  const identity = identityOf([namespace, service, port, fixed.serverGroupType, fixed.protocol, variant].join('/'));
  const checked = wish.settings.healthCheckConfig.healthCheckEnabled ? { healthChecked: true as const } : {};
  return {
    identity,
    owners,
    tags: groupTags(site, identity, target),
    settings: named(groupName(`${namespace}-${service}-${port}`), wish.settings),
    fixed,
    members: { namespace, service, ...rule, ...checked },
  };
}

/** The Service of default groups in the existing controllers: no such Service exists, so the group never has members and answers 503. */
const emptyService = 'fake-svc';

/** The pseudo Ingress of a listener, as the existing controllers call it. */
const pseudoIngress = (albConfig: string, port: number): string => `${albConfig}-listener-${port}`;

/** By what the default group of a listener is found. */
export function defaultGroupIdentity(protocol: string, port: number, albConfig: string): GroupIdentity {
  const suffix = protocol === 'HTTP' ? '' : `/${protocol}`; // HTTPS and QUIC may share a port
  return identityOf(`${pseudoNamespace}/${pseudoIngress(albConfig, port)}-${emptyService}:${port}${suffix}`);
}

/** The group of a listener's default action: `kube-system-fake-svc-80`. One a listener, as the existing controllers have it. */
export function buildDefaultGroup(protocol: string, port: number, site: GroupSite, owner: ObjectRef): ServerGroupSpec {
  const identity = defaultGroupIdentity(protocol, port, site.albConfig);
  const target = { namespace: pseudoNamespace, service: emptyService, port };
  return {
    identity,
    owners: [owner],
    tags: { ...groupTags(site, identity, target), [tagKeys.ingressName]: tagValue(pseudoIngress(site.albConfig, port)) },
    settings: named(groupName(`${pseudoNamespace}-${emptyService}-${port}`), groupDefaults),
    fixed: { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: site.vpcId },
  };
}
