/**
 * What readiness gates need to know of the cluster, read at most once a batch each: which namespaces have opted in, Pods by name, Services
 * that select a Pod. Nothing is read unless somebody asks, and in namespaces that did not opt in no Pod ever is.
 */
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { albConfigOf, referencedServices } from '#shared/model/membership.ts';
import { gatesLabel, type Pod } from '#shared/model/readiness-gates.ts';
import { selects } from '#shared/model/selector.ts';
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
  const services = readOnce(async (namespace) => (await kube.list<Service>('Service', { namespace })).items);
  const pods = readOnce((text) => {
    const [namespace = '', name = ''] = text.split('/');
    return get<Pod>({ kind: 'Pod', namespace, name });
  });
  const named = readOnce((namespace) => namedByIngresses(namespace, at));
  return {
    optedIn: async (namespace) => (await namespaces(namespace))?.metadata.labels?.[gatesLabel.key] === gatesLabel.value,
    pod: (namespace, name) => pods(`${namespace}/${name}`),
    selectors: async ({ metadata: { namespace = '', labels } }) =>
      (await services(namespace)).filter(({ spec }) => selects(spec?.selector, labels)).map((one) => one.metadata.name),
    named,
  };
}
