/** Real processes, real requests: writes that follow one another while probes ask without pause. */

import { expect } from 'vitest';
import { stringify } from 'yaml';
import { applyText } from '#infra/local/start/apply.ts';
import type { StartOptions } from '#infra/local/start/options.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { zones } from './cafe.ts';
import { type Given, type LiveProbes, startProbes } from './live-probes.ts';
import { beginning, liveHost, liveProbes, liveServices, type Turn } from './live-turns.ts';
import { aClass, anAlbConfig, aService } from './objects.ts';
import { type StartedCloud, startedCloud } from './started-cloud.ts';
import { until } from './until.ts';

const namespace = 'shop';
/** Generous on a busy machine; a change takes a second or two. */
const inForceMs = 30_000;

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name,
            image: 'echo',
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [
              { name: 'SERVICE_NAME', value: name },
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
          },
        ],
      },
    },
  },
});

const listeners = [
  { port: 80, protocol: 'HTTP' },
  { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: '1234567-cn-hangzhou', IsDefault: true }] },
];

const cluster: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  ...liveServices.flatMap((name) => [deployment(name), { ...aService(name), spec: { ...aService(name).spec, selector: { app: name } } }]),
  anAlbConfig({ spec: { config: zones, listeners } }),
  aClass(),
  beginning.write,
];

interface EventShown extends KubeObject {
  readonly reason: string;
  /** The same said again is counted. */
  readonly count: number;
  readonly involvedObject: { readonly name: string };
}

export interface Live {
  /** Carries one out, and waits until its owner hears that it is in force, or until nobody has anything to do where nobody hears. */
  take(turn: Turn): Promise<void>;
  readonly probes: LiveProbes;
  stop(): Promise<void>;
}

/** Starts everything, with the first Ingress served, and the probes. */
export async function startLive(options: Partial<StartOptions> = {}): Promise<Live> {
  const cloud = await startedCloud(options);
  try {
    for (const one of cluster) await applyText(cloud.kube, stringify(one), 'the shop');
    await cloud.answers(liveHost, '/one', 'coffee-', { withinMs: inForceMs });
    await cloud.answers(liveHost, '/', 'tea-', { withinMs: inForceMs });
    await cloud.rest(inForceMs);
    const open = await cloud.listeners();
    const urlOf = (port: number): string => open.find((one) => one.port === port)?.url ?? '';
    const probes = startProbes(liveHost, { 80: urlOf(80), 443: urlOf(443) }, liveProbes, beginning.gives);
    return { take: taker(cloud, probes), probes, stop: () => probes.stop().finally(() => cloud.stop()) };
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

/** How often an owner has heard that the rules of an Ingress are in force. */
async function heard(cloud: StartedCloud, name: string): Promise<number> {
  const { items } = await cloud.kube.list<EventShown>('Event', { namespace });
  const told = items.filter((one) => one.reason === 'SuccessfullyReconciled' && one.involvedObject.name === name);
  return told.reduce((sum, { count }) => sum + count, 0);
}

/** Between two looks at the Events: the processes that are watched need the time themselves. */
const pause = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), 50));

function taker(cloud: StartedCloud, probes: LiveProbes): Live['take'] {
  let given: Given = beginning.gives;
  return async ({ write, gives, unheard = false }) => {
    given = { ...given, ...gives };
    probes.allow(given);
    const name = 'remove' in write ? write.remove : write.metadata.name;
    const before = await heard(cloud, name);
    if ('remove' in write) await cloud.kube.remove({ kind: 'Ingress', namespace, name });
    else await replace(cloud, write);
    if ('remove' in write || unheard) await cloud.rest(inForceMs);
    else await until(async () => (await heard(cloud, name)) > before || (await pause()), `the news that ${name} is in force`, inForceMs);
    probes.inForce();
    // Long enough for every probe to be answered once more by what is in force now.
    const count = probes.count();
    await until(() => probes.count() > count + 2 * liveProbes.length, 'more answers', inForceMs);
    expect(probes.strays).toEqual([]);
    expect(cloud.deaths).toEqual([]);
  };
}

/** As `kubectl replace`: what is not in it is not there afterwards. */
async function replace(cloud: StartedCloud, wanted: KubeObject): Promise<void> {
  const name = { kind: 'Ingress', namespace, name: wanted.metadata.name } as const;
  const there = await cloud.kube.get(name);
  const { uid, resourceVersion } = there?.metadata ?? {};
  const result =
    there === undefined || uid === undefined || resourceVersion === undefined
      ? await cloud.kube.create(wanted)
      : await cloud.kube.replace({ ...wanted, metadata: { ...wanted.metadata, uid, resourceVersion } });
  expect(result.kind).toBe('written');
}
