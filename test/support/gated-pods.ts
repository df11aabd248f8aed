/**
 * Pods with readiness gates over the workbench, and what a cluster does about them: a kubelet that makes a Pod ready when its containers
 * and all its gates are, EndpointSlices that say so, and a forwarder that tells of both.
 */
import type { KubeObject } from '#shared/kube/port.ts';
import { isDue, type Pod } from '#shared/model/readiness-gates.ts';
import type { EndpointSlice, Service } from '#shared/model/wish.ts';
import { aService } from './objects.ts';
import type { Workbench } from './workbench.ts';

export const gate = 'target-health.alb.k8s.alibabacloud';

export interface GatedPodDraft {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly gates?: readonly string[];
  readonly containersReady?: boolean;
}

/** A Service that selects `app: <name>`, or what is given. */
export const selecting = (name: string, selector: Readonly<Record<string, string>> = { app: name }, namespace = 'shop'): Service => {
  const service = aService(name, { namespace });
  return { ...service, spec: { ...service.spec, selector } };
};

const conditionOf = (pod: Pod, type: string): string => pod.status?.conditions?.find((one) => one.type === type)?.status ?? 'absent';

const isReady = (pod: Pod): boolean =>
  conditionOf(pod, 'ContainersReady') === 'True' &&
  (pod.spec?.readinessGates ?? []).every(({ conditionType }) => conditionOf(pod, conditionType) === 'True');

const selects = (service: KubeObject, { metadata }: Pod): boolean => {
  const { selector = {} } = (service as { readonly spec?: { readonly selector?: Readonly<Record<string, string>> } }).spec ?? {};
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 &&
    service.metadata.namespace === metadata.namespace &&
    wanted.every(([key, value]) => metadata.labels?.[key] === value)
  );
};

/** What the endpoint controller writes of one Service. */
const sliceOf = (service: KubeObject, pods: readonly Pod[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `${service.metadata.name}-slice`,
    namespace: service.metadata.namespace ?? '',
    labels: { 'kubernetes.io/service-name': service.metadata.name },
  },
  addressType: 'IPv4',
  endpoints: pods.map((pod) => {
    const [serving, terminating] = [isReady(pod), pod.metadata.deletionTimestamp !== undefined];
    return {
      addresses: [pod.status?.podIP ?? ''],
      conditions: { ready: serving && !terminating, serving, terminating },
      targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace ?? '' },
    };
  }),
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

export class GatedPods {
  readonly #bench: Workbench;
  /** Pods that wait, as last told. */
  #told: ReadonlySet<string> = new Set();

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  /** `10.64.<service>.<pod>` of `support/cafe.ts`: addresses that have an interface. */
  async start(name: string, ip: string, draft: GatedPodDraft = {}): Promise<void> {
    const { namespace = 'shop', labels = {}, gates = [gate], containersReady = true } = draft;
    const { kube } = this.#bench;
    const spec = { containers: [{ name: 'web', image: 'web:1' }], readinessGates: gates.map((conditionType) => ({ conditionType })) };
    await kube.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec } as KubeObject);
    const conditions = [{ type: 'ContainersReady', status: containersReady ? 'True' : 'False' }];
    await this.patch(name, { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions } }, namespace);
    await this.observe();
  }

  /** Its status as a whole: conditions that are not named go. */
  async patch(name: string, patch: object, namespace = 'shop'): Promise<void> {
    await this.#bench.kube.mergePatch({ kind: 'Pod', namespace, name }, patch, 'status' in patch ? 'status' : undefined);
  }

  async setContainersReady(name: string, ready: boolean): Promise<void> {
    const { uid = '' } = this.pod(name)?.metadata ?? {};
    await this.#bench.kube.setConditions({ namespace: 'shop', name, uid }, [
      { type: 'ContainersReady', status: ready ? 'True' : 'False', reason: '', message: '', lastTransitionTime: '2026-11-21T12:00:00Z' },
    ]);
    await this.observe();
  }

  async remove(name: string): Promise<void> {
    await this.#bench.kube.remove({ kind: 'Pod', namespace: 'shop', name });
    await this.observe();
  }

  pod(name: string): Pod | undefined {
    return this.#bench.kube.held<Pod>('Pod').find((one) => one.metadata.name === name);
  }

  /** `True InService`, or `absent`. */
  says(name: string, type: string = gate): string {
    const found = this.pod(name)?.status?.conditions?.find((one) => one.type === type);
    return found === undefined ? 'absent' : `${found.status} ${found.reason}`;
  }

  isReady(name: string): boolean {
    const pod = this.pod(name);
    return pod !== undefined && isReady(pod);
  }

  /** What the cluster does when something has happened: EndpointSlices follow Pods, and messages follow both. */
  async observe(): Promise<void> {
    const { kube } = this.#bench;
    const pods = kube.held<Pod>('Pod');
    const news = new Set<string>();
    const due = new Set<string>();
    for (const service of kube.held('Service')) {
      const mine = pods.filter((pod) => selects(service, pod));
      const slice = sliceOf(service, mine);
      const held = kube.held<EndpointSlice>('EndpointSlice').find((one) => one.metadata.name === slice.metadata.name);
      const text = `${service.metadata.namespace}/${service.metadata.name}`;
      if (held === undefined) await kube.create(slice);
      if (JSON.stringify(held?.endpoints) !== JSON.stringify(slice.endpoints)) {
        await kube.mergePatch({ kind: 'EndpointSlice', namespace: slice.metadata.namespace ?? '', name: slice.metadata.name }, slice);
        news.add(text);
      }
      for (const pod of mine.filter(isDue)) {
        due.add(`${text} ${pod.metadata.uid}`);
        if (!this.#told.has(`${text} ${pod.metadata.uid}`)) news.add(text);
      }
    }
    this.#told = due;
    for (const text of news) {
      const [namespace = '', name = ''] = text.split('/');
      this.#bench.membersChanged(namespace, name);
    }
  }
}
