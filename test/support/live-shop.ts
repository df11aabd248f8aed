/** A shop over the processes of `npm start`: a Deployment `web` behind an ALB, while clients never stop asking for it. */
import { optInBindings } from '#infra/deploy/rbac.ts';
import { applyText } from '#infra/local/start/apply.ts';
import type { StartOptions } from '#infra/local/start/options.ts';
import type { KindName, KubeObject } from '#shared/kube/port.ts';
import { gateTypes } from '#shared/model/readiness-gates.ts';
import { zones } from './cafe.ts';
import { type LiveProbes, startProbes } from './live-probes.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService, toService } from './objects.ts';
import { type Call, type StartedCloud, startedCloud } from './started-cloud.ts';
import { until } from './until.ts';

/** Generous on a busy machine. */
export const shopMs = 90_000;

export const shopName = { namespace: 'shop', name: 'web' } as const;
const host = 'web.example.com';

export interface WorkloadDraft {
  /** Absent: `web`. */
  readonly name?: string;
  /** Absent: `app: web`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Absent: 3. */
  readonly replicas?: number;
  /** Its pods wait for the load balancer. */
  readonly gated?: boolean;
  /** Seconds for which a pod that was told to end goes on as before. Absent: those of the local node. */
  readonly preStopSeconds?: number;
  readonly strategy?: Readonly<Record<string, unknown>>;
  /** Of its pods. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

/** A Deployment of echo servers. */
export const shopWorkload = (draft: WorkloadDraft = {}): KubeObject & { readonly spec: object } => {
  const { name = 'web', labels = { app: 'web' }, replicas = 3, gated = false, preStopSeconds, strategy } = draft;
  const { podAnnotations: annotations } = draft;
  const lifecycle =
    preStopSeconds === undefined ? {} : { lifecycle: { preStop: { exec: { command: ['sleep', String(preStopSeconds)] } } } };
  const env = [
    { name: 'SERVICE_NAME', value: 'web' },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...shopName, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(strategy === undefined ? {} : { strategy: { type: 'RollingUpdate', rollingUpdate: strategy } }),
      template: {
        metadata: { labels, ...(annotations === undefined ? {} : { annotations }) },
        spec: {
          ...(gated ? { readinessGates: [{ conditionType: gateTypes[0] }] } : {}),
          containers: [{ name: 'web', image: 'web:1', ports: [{ name: 'http', containerPort: 8080 }], env, ...lifecycle }],
        },
      },
    },
  };
};

/** Service `web`; `changes` go over a ClusterIP one. */
const shopService = (changes: Readonly<Record<string, unknown>> = {}): KubeObject => {
  const service = aService('web');
  return { ...service, spec: { ...service.spec, selector: { app: 'web' }, ...changes } } as KubeObject; // any spec is one
};

/** Ingress `web`, everything of its host to a port of the Service. */
export const shopIngress = (annotations: Readonly<Record<string, string>> = {}, port = 80): KubeObject =>
  anIngress({ name: 'web', host, paths: [{ ...aPath('/'), backend: toService('web', port) }], annotations });

/** Waits for what comes about by itself, looking now and then: the processes that are watched need the time themselves. */
export async function comes(holds: () => Promise<boolean>, what: string): Promise<void> {
  const pause = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), 100));
  await until(async () => (await holds()) || (await pause()), what, shopMs);
}

/** How often each was said. */
function counted(texts: readonly string[]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const text of texts) found[text] = (found[text] ?? 0) + 1;
  return found;
}

/** How often each action was called, and refused with which code. */
export const countedCalls = (calls: readonly Call[]): Readonly<Record<string, number>> =>
  counted(calls.map(({ action, code }) => (code === '' ? action : `${action} ${code}`)));

export interface LiveShop {
  readonly cloud: StartedCloud;
  /** Since the shop was open. */
  readonly probes: LiveProbes;
  /** What clients were given that they should not have been given, with how often. */
  lost(): Readonly<Record<string, number>>;
  /** As `kubectl apply`. */
  apply(...objects: readonly KubeObject[]): Promise<void>;
  /** As `kubectl replace`: what is not in it is not there afterwards. */
  replace(wanted: KubeObject): Promise<void>;
  /** Those of `web` that nobody has told to go. */
  pods(): Promise<readonly ShopPod[]>;
  /** What owners of this name were told, of whichever kind. */
  warnings(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface ShopPod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface EventShown extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly name: string };
}

export const isReady = ({ status }: ShopPod): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;

export interface ShopDraft {
  readonly options?: Partial<StartOptions>;
  readonly workload?: WorkloadDraft;
  readonly service?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where clients ask. Absent: 80. */
  readonly port?: 80 | 443;
}

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'albeit.io/readiness-gates': 'enabled' } } };
const listeners = [
  { port: 80, protocol: 'HTTP' },
  { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: '1234567-cn-hangzhou', IsDefault: true }] },
];

/** Starts everything, and the clients once the shop has answered. */
export async function openShop({ options, workload, service, annotations, port = 80 }: ShopDraft = {}): Promise<LiveShop> {
  const cloud = await startedCloud({ functionTimeout: 8, ...options });
  const apply = async (...objects: readonly object[]): Promise<void> => {
    await applyText(cloud.kube, objects.map((one) => JSON.stringify(one)).join('\n---\n'), 'the shop');
  };
  const pods: LiveShop['pods'] = async () => {
    const { items } = await cloud.kube.list<ShopPod>('Pod', { namespace: 'shop', labelSelector: 'app=web' });
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  };
  try {
    await apply(namespace, ...optInBindings('shop'), anAlbConfig({ spec: { config: zones, listeners } }), aClass());
    await apply(shopService(service), shopIngress(annotations), shopWorkload(workload));
    const { replicas = 3 } = workload ?? {};
    await comes(async () => (await pods()).filter(isReady).length === replicas, `${replicas} ready pods`);
    await cloud.answers(host, '/', 'web-', { withinMs: shopMs });
    await cloud.rest(shopMs);
    const url = (await cloud.listeners()).find((one) => one.port === port)?.url ?? '';
    const probes = startProbes(host, { 80: url, 443: url }, [{ name: 'web', port, path: '/' }], { web: ['web /'] });
    const lost = () => counted(probes.strays);
    const warnings = async (name: string): Promise<readonly string[]> =>
      (await cloud.kube.list<EventShown>('Event', { namespace: 'shop' })).items
        .filter(({ type, involvedObject }) => type === 'Warning' && involvedObject.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`);
    const replace = (wanted: KubeObject) => replaceIn(cloud, wanted);
    return { cloud, probes, lost, apply, replace, pods, warnings, stop: () => probes.stop().finally(() => cloud.stop()) };
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

async function replaceIn(cloud: StartedCloud, wanted: KubeObject): Promise<void> {
  const { kind, metadata } = wanted;
  // The caller's own objects are of kinds that there are.
  const there = await cloud.kube.get({ kind: kind as KindName, namespace: metadata.namespace ?? '', name: metadata.name });
  const { uid = '', resourceVersion = '' } = there?.metadata ?? {};
  const result = await cloud.kube.replace({ ...wanted, metadata: { ...metadata, uid, resourceVersion } });
  if (result.kind !== 'written') throw new Error(`${kind} ${metadata.name} could not be replaced: ${result.kind}`);
}
