/** The node as a process of its own, killed without a word and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import type { KubernetesService } from '#infra/local/kubernetes/service.ts';
import type { Deployment, Pod } from '#infra/local/node/objects.ts';
import { createKube } from '#shared/kube/adapter.ts';
import type { Kube } from '#shared/kube/port.ts';
import { eventually, type NotedNetwork, noteNetwork } from './cluster.ts';

const deployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'tea', namespace: 'default' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'tea' } },
    template: { metadata: { labels: { app: 'tea' } }, spec: { containers: [{ name: 'echo', image: 'registry.example.com/echo:1' }] } },
  },
};

describe('the process of the local node', () => {
  let dir: string;
  let kubernetes: KubernetesService;
  let kube: Kube;
  let network: NotedNetwork;
  let child: ChildProcess;

  /** Starts it; resolves to its ready line. */
  const start = async (): Promise<{ readonly url: string }> => {
    const given = { kubeconfig: kubernetes.kubeconfig, albUrl: network.url, deployments: true, settings: { maximumGraceSeconds: 0.3 } };
    child = spawn(process.execPath, ['--import', 'tsx', 'infra/local/node/main.ts'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ALBEIT_LOCAL_OPTIONS: JSON.stringify(given) },
    });
    const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
    return (JSON.parse(line) as { readonly ready: { readonly url: string } }).ready;
  };
  const running = async () =>
    (await kube.list<Pod>('Pod')).items.filter(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
  const answersOf = (pods: readonly Pod[]) =>
    Promise.all(
      pods.map(async (pod) => {
        const socket = network.list().find((one) => one.privateIp === pod.status?.podIP)?.socket;
        return ((await (await fetch(`http://${socket}`)).json()) as { readonly pod: string }).pod;
      }),
    );

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'albeit-node-'));
    kubernetes = await startKubernetes({ dir });
    kube = createKube({ kubeconfig: { path: kubernetes.kubeconfig } });
    network = await noteNetwork();
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    kube?.close();
    await kubernetes?.stop();
    await network?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('carries on after a kill: what was deleted meanwhile ends, what is missing comes, the rest keeps its address', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/_/state`)).status).toBe(200);
    await kube.create(deployment);
    const before = await eventually(running, (found) => found.length === 3);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [victim, ...others] = before;
    await kube.remove({ kind: 'Pod', namespace: 'default', name: victim?.metadata.name ?? '' });
    await kube.mergePatch({ kind: 'Deployment', namespace: 'default', name: 'tea' }, { spec: { replicas: 4 } });
    await start();
    const names = async () => (await kube.list<Pod>('Pod')).items.map((pod) => pod.metadata.name);
    await eventually(names, (found) => found.length === 4 && !found.includes(victim?.metadata.name ?? ''));
    const after = await eventually(running, (found) => found.length === 4);
    expect((await answersOf(after)).toSorted()).toEqual(after.map((pod) => pod.metadata.name).toSorted());
    const addressOf = (name: string) => after.find((pod) => pod.metadata.name === name)?.status?.podIP;
    expect(others.map((pod) => addressOf(pod.metadata.name))).toEqual(others.map((pod) => pod.status?.podIP));
  });

  it('ends by itself when whoever started it has gone', async () => {
    child.stdin?.end();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  it('says what is wrong with its options and exits', async () => {
    const broken = spawn(process.execPath, ['--import', 'tsx', 'infra/local/node/main.ts'], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, ALBEIT_LOCAL_OPTIONS: '{"kubeconfig":"k","deployment":true}' },
    });
    let said = '';
    broken.stderr?.on('data', (text) => {
      said += text;
    });
    expect((await once(broken, 'close'))[0]).toBe(1);
    expect(said).toContain('deployment');
  });
});
