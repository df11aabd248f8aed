/** Keeps the EndpointSlices of each Service with a selector. */
import type { Api } from '../api.ts';
import { copy, type Json, type JsonMap, listAt, mapAt, same, textAt, textsAt } from '../json.ts';
import { randomSuffix, timestamp } from '../metadata.ts';
import { remove } from '../remove.ts';
import { targetOf } from '../resource-requests.ts';
import { builtInKind } from '../resources.ts';
import { selects } from '../selectors.ts';
import type { Change } from '../store.ts';
import { create, update } from '../write.ts';
import { endpointOf, portsOf } from './endpoints.ts';
import type { Controller } from './work.ts';

const services = builtInKind('Service');
const pods = builtInKind('Pod');
const nodes = builtInKind('Node');
const slices = builtInKind('EndpointSlice');

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
const HEADLESS = 'service.kubernetes.io/headless';

/** The real controller's default. */
const MAX_ENDPOINTS = 100;

/** What a slice should hold. */
interface Wanted {
  readonly ports: readonly JsonMap[];
  readonly endpoints: readonly JsonMap[];
}

export class EndpointSlices implements Controller {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  due(change: Change): readonly string[] {
    const namespace = textAt(change.object, 'metadata', 'namespace');
    if (change.resource === services.key) return [`${namespace}/${textAt(change.object, 'metadata', 'name')}`];
    if (change.resource === slices.key) return this.#ofSlice(change);
    if (change.resource === nodes.key && change.type !== 'MODIFIED') return this.#serviceKeys('', () => true);
    if (change.resource !== pods.key) return [];
    const states = [change.object, ...(change.previous === undefined ? [] : [change.previous])];
    return this.#serviceKeys(namespace, (service) => states.some((pod) => selects(mapAt(service, 'spec', 'selector'), pod)));
  }

  /** Somebody else changed or removed a slice of ours. */
  #ofSlice(change: Change): readonly string[] {
    const labels = textsAt(change.object, 'metadata', 'labels');
    return labels[MANAGED_BY] === MANAGER && change.type !== 'ADDED'
      ? [`${textAt(change.object, 'metadata', 'namespace')}/${labels[SERVICE_NAME] ?? ''}`]
      : [];
  }

  #serviceKeys(namespace: string, wanted: (service: JsonMap) => boolean): readonly string[] {
    const found = this.#api.store.list(services.key, namespace).filter(wanted);
    return found.map((service) => `${textAt(service, 'metadata', 'namespace')}/${textAt(service, 'metadata', 'name')}`);
  }

  settle(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const service = this.#api.store.get(services.key, namespace, name);
    const selector = mapAt(service, 'spec', 'selector');
    if (service === undefined || Object.keys(selector).length === 0 || textAt(service, 'spec', 'type') === 'ExternalName') return;
    if (textAt(service, 'metadata', 'deletionTimestamp') !== '') return;
    const members = this.#api.store.list(pods.key, namespace).filter((pod) => selects(selector, pod));
    this.#reconcile(service, this.#wanted(service, members));
  }

  /** Endpoints grouped by their ports: a named target port may be another number in another pod. */
  #wanted(service: JsonMap, members: readonly JsonMap[]): readonly Wanted[] {
    const groups = new Map<string, { readonly ports: readonly JsonMap[]; readonly endpoints: JsonMap[] }>();
    for (const pod of members) {
      const endpoint = endpointOf(pod, service, (name) => this.#api.store.get(nodes.key, '', name));
      if (endpoint === undefined) continue;
      const ports = portsOf(service, pod);
      const group = groups.get(JSON.stringify(ports)) ?? { ports, endpoints: [] };
      groups.set(JSON.stringify(ports), group);
      group.endpoints.push(endpoint);
    }
    return [...groups.values()];
  }

  #reconcile(service: JsonMap, wanted: readonly Wanted[]): void {
    const namespace = textAt(service, 'metadata', 'namespace');
    const name = textAt(service, 'metadata', 'name');
    const existing = this.#api.store.list(slices.key, namespace).filter((slice) => {
      const labels = textsAt(slice, 'metadata', 'labels');
      return labels[SERVICE_NAME] === name && labels[MANAGED_BY] === MANAGER && textAt(slice, 'metadata', 'deletionTimestamp') === '';
    });
    const free = new Set(existing);
    const groups = wanted.length === 0 ? [{ ports: [], endpoints: [] }] : wanted;
    for (const group of groups) {
      const own = existing.filter((slice) => free.has(slice) && same([...listAt(slice, 'ports')], [...group.ports]));
      const candidates = own.length > 0 || groups.length > 1 ? own : [...free];
      for (const [slice, endpoints] of distribute(group.endpoints, candidates)) {
        if (slice !== undefined) free.delete(slice);
        this.#write(service, slice, group.ports, endpoints);
      }
    }
    for (const slice of free) remove(this.#api, targetOf(slices, slice));
  }

  #write(service: JsonMap, slice: JsonMap | undefined, ports: readonly JsonMap[], endpoints: readonly JsonMap[]): void {
    const namespace = textAt(service, 'metadata', 'namespace');
    const name = textAt(service, 'metadata', 'name');
    const content: JsonMap = { addressType: 'IPv4', endpoints: [...endpoints], ports: [...ports] };
    const labels = labelsOf(service);
    if (slice === undefined) {
      const reference = {
        apiVersion: 'v1',
        kind: 'Service',
        name,
        uid: textAt(service, 'metadata', 'uid'),
        controller: true,
        blockOwnerDeletion: true,
      };
      const metadata = {
        name: `${name}-${randomSuffix()}`,
        generateName: `${name}-`,
        labels,
        annotations: { [TRIGGER]: timestamp(this.#api.now()) },
        ownerReferences: [reference],
      };
      create(this.#api, slices, namespace, { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...content });
      return;
    }
    const unchanged =
      same(listAt(slice, 'endpoints'), [...endpoints]) &&
      same(listAt(slice, 'ports'), [...ports]) &&
      same(textsAt(slice, 'metadata', 'labels'), labels);
    if (unchanged) return;
    const annotations = { ...mapAt(slice, 'metadata', 'annotations'), [TRIGGER]: timestamp(this.#api.now()) };
    update(
      this.#api,
      targetOf(slices, slice),
      (old) => ({ ...old, ...content, metadata: { ...mapAt(old, 'metadata'), labels, annotations } }),
      undefined,
    );
  }
}

function labelsOf(service: JsonMap): Record<string, string> {
  const headless = textAt(service, 'spec', 'clusterIP') === 'None' ? { [HEADLESS]: '' } : {};
  const name = textAt(service, 'metadata', 'name');
  return { ...textsAt(service, 'metadata', 'labels'), [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER, ...headless };
}

const identityOf = (endpoint: Json): string => textAt(endpoint, 'targetRef', 'uid');

/** Endpoints stay in the slice where they are; new ones fill up what has room, then new slices. */
function distribute(
  endpoints: readonly JsonMap[],
  existing: readonly JsonMap[],
): readonly (readonly [JsonMap | undefined, readonly JsonMap[]])[] {
  const left = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const filled: [JsonMap | undefined, JsonMap[]][] = existing.map((slice) => {
    const kept = listAt(slice, 'endpoints').flatMap((endpoint) => {
      const now = left.get(identityOf(endpoint));
      left.delete(identityOf(endpoint));
      return now === undefined ? [] : [copy(now)];
    });
    return [slice, kept];
  });
  for (const endpoint of left.values()) {
    const room: [JsonMap | undefined, JsonMap[]] = filled.find(([, kept]) => kept.length < MAX_ENDPOINTS) ?? [undefined, []];
    if (!filled.includes(room)) filled.push(room);
    room[1].push(endpoint);
  }
  if (filled.length === 0) return [[undefined, []]];
  // Slices that have become empty are left over, and removed; one stays as the sign of a Service without endpoints.
  const used = filled.filter(([, kept]) => kept.length > 0);
  return used.length > 0 ? used : filled.slice(0, 1);
}
