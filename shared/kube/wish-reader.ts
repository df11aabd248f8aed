/**
 * Reads what the API server says about AlbConfigs. Few calls, whatever the number of objects: one AlbConfig costs its own read, a list of
 * classes, a list of Ingresses, and one call per namespace (or per Service where that is fewer) for the Services that are named.
 */
import type { AlbConfigKey } from '#events/contract/messages.ts';
import { albConfigNameOf, albConfigOf, referencedServices } from '#shared/model/membership.ts';
import type { Ingress, IngressClass, RawAlbConfig, Service, Wish } from '#shared/model/wish.ts';
import type { Problem } from '#shared/problem.ts';
import type { Kube } from './port.ts';

/** The wish of one AlbConfig. An AlbConfig that is not there has one too: its Ingresses may be there before it. */
export async function readWish(kube: Kube, key: AlbConfigKey): Promise<Wish> {
  const [albConfig, classes, ingresses] = await Promise.all([
    kube.get<RawAlbConfig>({ kind: 'AlbConfig', namespace: '', name: key.name }),
    kube.list<IngressClass>('IngressClass'),
    kube.list<Ingress>('Ingress'),
  ]);
  const members = ingresses.items.filter((ingress) => albConfigNameOf(ingress, classes.items) === key.name);
  const services = await readServices(kube, members);
  return { key, albConfig, ingressClasses: classes.items, ingresses: members, services };
}

/** An Ingress of ours that belongs to no AlbConfig, and why. */
interface Stray {
  readonly ingress: Ingress;
  readonly problem: Problem;
}

export interface ClusterWishes {
  readonly wishes: readonly Wish[];
  readonly strays: readonly Stray[];
  /** All of the cluster: some are bound to a server group without any Ingress. */
  readonly services: readonly Service[];
}

/** The wish of every AlbConfig that exists or that an Ingress names: four lists, however many. */
export async function readCluster(kube: Kube, cluster: string): Promise<ClusterWishes> {
  const [albConfigs, classes, ingresses, services] = await Promise.all([
    kube.list<RawAlbConfig>('AlbConfig'),
    kube.list<IngressClass>('IngressClass'),
    kube.list<Ingress>('Ingress'),
    kube.list<Service>('Service'),
  ]);
  const members = new Map<string, Ingress[]>(albConfigs.items.map((one) => [one.metadata.name, []]));
  const strays: Stray[] = [];
  for (const ingress of ingresses.items) {
    const { albConfig, problem } = albConfigOf(ingress, classes.items) ?? {};
    if (albConfig !== undefined) members.set(albConfig, [...(members.get(albConfig) ?? []), ingress]);
    if (problem !== undefined && ingress.metadata.deletionTimestamp === undefined) strays.push({ ingress, problem });
  }
  const known = new Map(services.items.map((service) => [serviceText(service), service]));
  const wishes = [...members].map(
    ([name, owned]): Wish => ({
      key: { kind: 'AlbConfig', cluster, name },
      albConfig: albConfigs.items.find((one) => one.metadata.name === name),
      ingressClasses: classes.items,
      ingresses: owned,
      services: pick(known, owned.flatMap(referencedServices)),
    }),
  );
  return { wishes, strays, services: services.items };
}

const serviceText = (service: Service): string => `${service.metadata.namespace ?? ''}/${service.metadata.name}`;

const pick = (known: ReadonlyMap<string, Service>, wanted: readonly string[]): ReadonlyMap<string, Service> =>
  new Map(
    wanted.flatMap((text) => {
      const service = known.get(text);
      return service === undefined ? [] : [[text, service] as const];
    }),
  );

/** Fewer named Services in a namespace than this are read one by one, because a list would bring the namespace's other Services too. */
const listFrom = 3;

async function readServices(kube: Kube, ingresses: readonly Ingress[]): Promise<ReadonlyMap<string, Service>> {
  const wanted = [...new Set(ingresses.flatMap(referencedServices))];
  const byNamespace = new Map<string, string[]>();
  for (const text of wanted) {
    const [namespace = '', name = ''] = text.split('/');
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), name]);
  }
  const found = await Promise.all([...byNamespace].map(([namespace, names]) => readNamespace(kube, namespace, names)));
  return pick(new Map(found.flat().map((service) => [serviceText(service), service])), wanted);
}

async function readNamespace(kube: Kube, namespace: string, names: readonly string[]): Promise<readonly Service[]> {
  if (names.length >= listFrom) return (await kube.list<Service>('Service', { namespace })).items;
  const each = await Promise.all(names.map((name) => kube.get<Service>({ kind: 'Service', namespace, name })));
  return each.filter((service) => service !== undefined);
}
