/**
 * Server groups. All paths of all Ingresses of an AlbConfig that name the same Service port with the same settings share one group, so an
 * endpoint that changes is one write however many Ingresses use the Service.
 */
import { createHash } from 'node:crypto';
import { connectionDrainDefaults, healthCheckDefaults, slowStartDefaults, stickySessionDefaults } from '#shared/cloud/alb/defaults.ts';
import type { HealthCheckSettings, ServerGroupKind, ServerGroupSettings, Tags } from '#shared/cloud/alb/port.ts';
import { albConfigTags, pseudoNamespace, shortHash, tagKeys, tagValue } from '#shared/ownership.ts';
import type { ObjectRef } from '#shared/problem.ts';
import { stableHash } from './stable-hash.ts';
import type { GroupIdentity, ServerGroupSpec } from './stack.ts';

/** A Service port that requests are sent to. */
export interface GroupTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** Empty for an unnamed port. */
  readonly portName: string;
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
  const named = /^[a-z]/i.test(text) ? text : `k8s-${text}`;
  return named.length <= nameLimit ? named : `${named.slice(0, nameLimit - 17)}-${shortHash(text)}`;
};

/** Resource tags are sha256 in full, as the existing controllers write them. */
const identityOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const settingsOf = (name: string, healthCheckConfig: HealthCheckSettings): ServerGroupSettings => ({
  serverGroupName: name,
  serviceName: name,
  scheduler: 'Wrr',
  healthCheckConfig,
  stickySessionConfig: stickySessionDefaults,
  connectionDrainConfig: connectionDrainDefaults,
  slowStartConfig: slowStartDefaults,
  crossZoneEnabled: true,
});

/** Protocol towards the servers. */
export type GroupProtocol = ServerGroupKind['protocol'];

const kindOf = (site: GroupSite, protocol: GroupProtocol): ServerGroupKind => ({
  serverGroupType: 'Instance',
  protocol,
  vpcId: site.vpcId,
});

/** What the annotations of an Ingress say about every group that is made for it. */
export interface GroupWish {
  readonly healthCheck: HealthCheckSettings;
  readonly protocol: GroupProtocol;
}

/**
 * What of the settings differs from the defaults, as a hash; empty when nothing does. Defaults are left out so that a setting which is
 * learnt later does not make new groups for everybody.
 */
const variantOf = (settings: HealthCheckSettings): string => {
  if (settings === healthCheckDefaults) return ''; // of most groups: comparing them member by member was a tenth of building a stack
  const own = Object.entries(settings).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(healthCheckDefaults[name as keyof HealthCheckSettings]), // its own key
  );
  return own.length === 0 ? '' : stableHash(Object.fromEntries(own)).slice(0, 16);
};

const groupTags = (site: GroupSite, identity: string, of: { namespace: string; service: string; port: number }): Tags => ({
  ...albConfigTags(site.cluster, site.albConfig),
  [tagKeys.resource]: identity,
  [tagKeys.serviceNamespace]: tagValue(of.namespace),
  [tagKeys.serviceName]: tagValue(of.service),
  [tagKeys.servicePort]: String(of.port),
});

/** The group of a Service port. The tag `ingress_name` is not on it: it belongs to several Ingresses. */
export function buildServerGroup(
  target: GroupTarget,
  { healthCheck, protocol }: GroupWish,
  site: GroupSite,
  owners: readonly ObjectRef[],
): ServerGroupSpec {
  const fixed = kindOf(site, protocol);
  const text = [target.namespace, target.service, target.port, fixed.serverGroupType, fixed.protocol, variantOf(healthCheck)].join('/');
  const identity = identityOf(text);
  return {
    identity,
    owners,
    tags: groupTags(site, identity, target),
    settings: settingsOf(groupName(`${target.namespace}-${target.service}-${target.port}`), healthCheck),
    fixed,
    members: { namespace: target.namespace, service: target.service, portName: target.portName, mode: 'eni' },
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
    settings: settingsOf(groupName(`${pseudoNamespace}-${emptyService}-${port}`), healthCheckDefaults),
    fixed: kindOf(site, 'HTTP'),
  };
}
