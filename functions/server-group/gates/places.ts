/** Where a Pod is to be registered: in the groups of the Service at hand, and in those of other Services that select it too. */
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import type { Pod } from '#shared/model/readiness-gates.ts';
import { type MembersWish, wantedServers } from '#shared/model/wanted-servers.ts';
import type { StoredRecord } from '#shared/step/lease.ts';
import { emptyServiceLedger, type GroupMembers, type ServiceGroup, type ServiceLedger } from '#shared/step/record.ts';
import { serviceKeyOfText } from '#shared/step/service-key.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { type HealthReads, openHealthReads } from './health.ts';
import { type GateReads, readOnce } from './reads.ts';
import type { Place } from './verdict.ts';

interface Address {
  readonly ip: string;
  readonly port: number;
}

/** One group of a Service, as far as Pods are servers of it. */
export interface PlacedGroup {
  readonly group: string;
  readonly service: string;
  readonly facts: ServiceGroup;
  /** Servers that are in force; absent: not known. */
  readonly verified?: readonly Address[];
}

/** With what is remembered of its servers. */
export const placedGroup = (one: Omit<PlacedGroup, 'verified'>, members: GroupMembers | undefined): PlacedGroup => ({
  ...one,
  ...(members?.servers === undefined ? {} : { verified: members.servers }),
});

const isSame = (a: Address, b: Address): boolean => a.port === b.port && a.ip === b.ip;

export class GatePlaces {
  readonly #reads: GateReads;
  readonly #health: HealthReads;
  readonly #record: (text: string) => Promise<StoredRecord<ServiceLedger> | undefined>;
  readonly #endpoints: (text: string) => Promise<readonly Endpoint[]>;

  constructor(at: Workshop, reads: GateReads) {
    this.#reads = reads;
    this.#health = openHealthReads(at);
    const keyOf = (text: string) => serviceKeyOfText(at.site.cluster, text);
    this.#record = readOnce((text) => at.records.read(keyOf(text), emptyServiceLedger));
    this.#endpoints = readOnce((text) => {
      const { namespace, name } = keyOf(text);
      return readEndpoints(at.kube, namespace, name);
    });
  }

  /** Groups of a Service, as its record has them. None: it is not behind an ALB. */
  async groupsOf(namespace: string, service: string): Promise<readonly PlacedGroup[]> {
    const record = await this.#record(`${namespace}/${service}`);
    return Object.entries(record?.groups ?? {}).map(([group, facts]) =>
      placedGroup({ group, service, facts }, record?.ledger.members[group]),
    );
  }

  /** In groups of one Service. A Pod that is reached through its node has no place of its own; one on a virtual node has. */
  async of(pod: Pod, groups: readonly PlacedGroup[], { endpoints, nodes }: MembersWish): Promise<readonly Place[]> {
    const { name } = pod.metadata;
    const virtual = nodes.filter((node) => node.virtual);
    const wish = { endpoints: endpoints.filter((one) => one.podName === name), nodes: virtual, due: new Set([name]) };
    const wanted = groups.flatMap((one) => wantedServers(one.facts, wish).map((server) => ({ one, address: server })));
    return Promise.all(wanted.map(({ one, address }) => this.#placeOf(one, address)));
  }

  /** In groups of the other Services that select the Pod. Their EndpointSlices may not have it yet: then it is not registered yet. */
  async elsewhere(pod: Pod, service: string): Promise<readonly Place[]> {
    const { namespace = '', name } = pod.metadata;
    const others = (await this.#reads.selectors(pod)).filter((one) => one !== service);
    const places = others.map(async (other): Promise<readonly Place[]> => {
      const groups = await this.groupsOf(namespace, other);
      if (groups.length === 0) return [];
      const endpoints = await this.#endpoints(`${namespace}/${other}`);
      if (endpoints.some((one) => one.podName === name)) return this.of(pod, groups, { endpoints, nodes: [] });
      const byAddress = groups.filter(({ facts }) => facts.mode === 'eni' || facts.mode === 'ip');
      return byAddress.map(({ group }) => ({ group, service: other, server: pod.status?.podIP ?? name, state: 'unregistered' }));
    });
    return (await Promise.all(places)).flat();
  }

  async #placeOf({ group, service, facts, verified }: PlacedGroup, address: Address): Promise<Place> {
    const place = { group, service, server: `${address.ip}:${address.port}` };
    if (verified === undefined) return { ...place, state: 'unknown' };
    if (!verified.some((one) => isSame(one, address))) return { ...place, state: 'unregistered' };
    if (facts.healthChecked !== true) return { ...place, state: 'in service' };
    const health = await this.#health.of(facts.albConfig, group);
    if (health === undefined) return { ...place, state: 'unlisted' };
    const ailing = health.ailing.find((one) => isSame({ ip: one.serverIp, port: one.port }, address));
    return !health.checked || ailing === undefined
      ? { ...place, state: 'in service' }
      : { ...place, state: 'unhealthy', health: ailing.status };
  }
}
