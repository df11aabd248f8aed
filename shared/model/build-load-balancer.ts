/** The ALB instance that `spec.config` asks for. */
import { createHash } from 'node:crypto';
import type { LoadBalancerSettings } from '#shared/cloud/alb/port.ts';
import { albConfigTags, loadBalancerResource, pseudoNamespace, tagKeys } from '#shared/ownership.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { type AlbConfigConfig, configSchema } from './albconfig.ts';
import { configNotYet } from './albconfig-not-yet.ts';
import { problemOf } from './object-ref.ts';
import { readSection, type Section } from './read-albconfig.ts';
import type { LoadBalancerSpec } from './stack.ts';
import type { RawAlbConfig, Site } from './wish.ts';

/** Limit of LoadBalancerName. */
const nameLimit = 128;

const plain = (text: string): string => text.replace(/[^A-Za-z0-9]/g, '');

/** `k8s-kubesystem-cafe-3f2a…`: as the existing controllers name it, so that a takeover renames nothing. */
function loadBalancerName(cluster: string, albConfig: string): string {
  const hash = createHash('sha256').update(`${cluster}${pseudoNamespace}/${albConfig}`).digest('hex').slice(0, 10);
  return `${`k8s-${plain(pseudoNamespace)}-${plain(albConfig)}`.slice(0, nameLimit - 11)}-${hash}`;
}

/** Absent members are left to the service; protection is always on, as in the existing controllers. */
const settingsOf = (config: AlbConfigConfig, name: string): LoadBalancerSettings => ({
  loadBalancerName: config.name ?? name,
  addressType: config.addressType ?? 'Internet',
  loadBalancerEdition: config.edition ?? 'Standard',
  ...(config.addressAllocatedMode === undefined ? {} : { addressAllocatedMode: config.addressAllocatedMode }),
  ...(config.addressIpVersion === undefined ? {} : { addressIpVersion: config.addressIpVersion }),
  ...(config.resourceGroupId === undefined ? {} : { resourceGroupId: config.resourceGroupId }),
  deletionProtectionEnabled: true,
  modificationProtection: 'ConsoleProtection',
});

const repeated = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((one, index): one is string => one !== undefined && values.indexOf(one) !== index)),
];

const repetition = (albConfig: ObjectRef, field: string, values: readonly (string | undefined)[]): readonly Problem[] =>
  repeated(values).map((value) => problemOf('CONFIG-INVALID', albConfig, { field, detail: `${value} is written more than once` }, field));

/** What the schema cannot say about single fields. */
function contradictions(config: AlbConfigConfig, albConfig: ObjectRef): readonly Problem[] {
  const zones = config.zoneMappings ?? [];
  const reserved = (config.tags ?? []).filter((tag) => Object.values<string>(tagKeys).includes(tag.key));
  return [
    ...repetition(
      albConfig,
      'spec.config.zoneMappings',
      zones.map((one) => one.vSwitchId),
    ),
    ...repetition(
      albConfig,
      'spec.config.zoneMappings',
      zones.map((one) => one.zoneId),
    ),
    ...repetition(
      albConfig,
      'spec.config.tags',
      (config.tags ?? []).map((one) => one.key),
    ),
    ...reserved.map((tag) => {
      const facts = { field: 'spec.config.tags', detail: `${tag.key} is a tag of the controller` };
      return problemOf('CONFIG-INVALID', albConfig, facts, facts.field);
    }),
  ];
}

const missing = (albConfig: ObjectRef): Problem =>
  problemOf('CONFIG-INVALID', albConfig, { field: 'spec.config', detail: 'it is required, and may be empty: {}' }, 'spec.config');

/** No value: something in `spec.config` is wrong, and nothing of the AlbConfig may be touched. */
export function buildLoadBalancer(raw: RawAlbConfig, owner: ObjectRef, site: Site): Section<LoadBalancerSpec> {
  const written = Object.entries(raw.spec ?? {}).find(([name]) => name.toLowerCase() === 'config')?.[1];
  if (written === undefined || written === null) return { problems: [missing(owner)] };
  const section = readSection({ schema: configSchema, notYet: configNotYet, raw: written, at: 'spec.config', albConfig: owner });
  const config = section.value;
  const wrong = config === undefined ? [] : contradictions(config, owner);
  const problems = [...section.problems, ...wrong];
  if (config === undefined || wrong.length > 0) return { problems };
  const ours = { ...albConfigTags(site.cluster, owner.name), [tagKeys.resource]: loadBalancerResource };
  const theirs = Object.fromEntries((config.tags ?? []).map((tag) => [tag.key, tag.value ?? '']));
  return {
    value: {
      owners: [owner],
      tags: { ...theirs, ...ours },
      settings: settingsOf(config, loadBalancerName(site.cluster, owner.name)),
      zones: (config.zoneMappings ?? []).map((one) =>
        one.zoneId === undefined ? { vSwitchId: one.vSwitchId } : { vSwitchId: one.vSwitchId, zoneId: one.zoneId },
      ),
    },
    problems,
  };
}
