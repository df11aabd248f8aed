/**
 * What readiness gates need to know of the cluster, read at most once a batch each: which namespaces have opted in, Pods by name, Services
 * that select a Pod. Nothing is read unless somebody asks, and in namespaces that did not opt in no Pod ever is.
 */
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { albConfigOf, referencedServices } from '#shared/model/membership.ts';
import { gatesLabel, type Pod } from '#shared/model/readiness-gates.ts';
import type { Ingress, IngressClass, Service } from '#shared/model/wish.ts';
import type { Workshop } from '#shared/step/workshop.ts';

/** What is asked several times is read once; a failure is everybody's. */
export function readOnce<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
}

/** A Service with what it selects Pods by. */
export interface SelectingService extends Service {
  readonly spec?: Service['spec'] & { readonly selector?: Readonly<Record<string, string>> };
}

export interface GateReads {
  /** Whether Pods of this namespace may be read and written: `albeit.io/readiness-gates: enabled`. */
  optedIn(namespace: string): Promise<boolean>;
  /** `undefined`: it is not there (any more). */
  pod(namespace: string, name: string): Promise<Pod | undefined>;
  /** Names of the Services that select this Pod, now or as soon as its EndpointSlices are written. */
  selectors(pod: Pod): Promise<readonly string[]>;
  /** Names of the Services of a namespace that an Ingress of ours names. */
  named(namespace: string): Promise<ReadonlySet<string>>;
}

/** A Service without a selector selects nothing, and not everything. */
const selects = ({ spec }: SelectingService, { metadata }: Pod): boolean => {
  const wanted = Object.entries(spec?.selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => metadata.labels?.[key] === value);
};

async function namedByIngresses(namespace: string, { kube }: Pick<Workshop, 'kube'>): Promise<ReadonlySet<string>> {
  const [classes, ingresses] = await Promise.all([kube.list<IngressClass>('IngressClass'), kube.list<Ingress>('Ingress', { namespace })]);
  const ours = ingresses.items.filter(
    (one) => one.metadata.deletionTimestamp === undefined && albConfigOf(one, classes.items) !== undefined,
  );
  return new Set(ours.flatMap(referencedServices).map((text) => text.slice(text.indexOf('/') + 1)));
}

/** Made once a batch: what it has read is not read again. */
export function openGateReads(at: Pick<Workshop, 'kube'>): GateReads {
  const { kube } = at;
  const get = <T extends KubeObject>(name: ObjectName) => kube.get<T>(name);
  const namespaces = readOnce((name) => get({ kind: 'Namespace', namespace: '', name }));
  const services = readOnce(async (namespace) => (await kube.list<SelectingService>('Service', { namespace })).items);
  const pods = readOnce((text) => {
    const [namespace = '', name = ''] = text.split('/');
    return get<Pod>({ kind: 'Pod', namespace, name });
  });
  const named = readOnce((namespace) => namedByIngresses(namespace, at));
  return {
    optedIn: async (namespace) => (await namespaces(namespace))?.metadata.labels?.[gatesLabel.key] === gatesLabel.value,
    pod: (namespace, name) => pods(`${namespace}/${name}`),
    selectors: async (pod) =>
      (await services(pod.metadata.namespace ?? '')).filter((one) => selects(one, pod)).map((one) => one.metadata.name),
    named,
  };
}
