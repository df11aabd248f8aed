/** What the local node does on any Kubernetes API: run by the tests over the embedded one and the real one. */
import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeServer, listenOnLoopback } from '#infra/local/listen.ts';
import type { Deployment, Pod } from '#infra/local/node/objects.ts';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { type Cluster, eventually } from './cluster.ts';

/** The kubectl of the assets, or the machine's; what it sees is tried only where there is one. */
const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
const kubectl = assets === '' ? 'kubectl' : join(assets, 'kubectl');
const withoutKubectl = spawnSync(kubectl, ['version', '--client']).status !== 0;

interface Slice extends KubeObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions: { readonly ready?: boolean } }[] | null;
}

const isReady = (pod: Pod | undefined): boolean =>
  pod?.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

const container = { name: 'echo', image: 'registry.example.com/echo:1', ports: [{ containerPort: 3000 }] };

const aPod = (name: string, spec: object = {}, metadata: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: name }, ...metadata },
  spec: { containers: [container], terminationGracePeriodSeconds: 1, ...spec },
});

const aDeployment = (name: string, spec: object = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    ...spec,
  },
});

export function nodeBehaviour(title: string, start: () => Promise<Cluster>): void {
  describe(title, () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await start();
    });
    afterAll(() => cluster?.stop());

    const pod = (name: string) => cluster.kube.get<Pod>({ kind: 'Pod', namespace: 'default', name });
    const readyPod = async (name: string) => (await eventually(() => pod(name), isReady)) as Pod;
    const pods = async (app: string) => (await cluster.kube.list<Pod>('Pod', { labelSelector: `app=${app}` })).items;
    const interfaceOf = (address: string) => cluster.network.list().find((one) => one.privateIp === address);
    const remove = (name: string) => cluster.kube.remove({ kind: 'Pod', namespace: 'default', name });
    const gone = (name: string) =>
      eventually(
        () => pod(name),
        (found) => found === undefined,
      );
    const run = async (...args: string[]) =>
      (await promisify(execFile)(kubectl, ['--kubeconfig', cluster.kubernetes.kubeconfig, ...args])).stdout;
    const deploymentOf = (name: string): ObjectName => ({ kind: 'Deployment', namespace: 'default', name });
    const patchDeployment = (name: string, spec: object) => cluster.kube.mergePatch(deploymentOf(name), { spec });
    /** Resolves when a rollout is complete by the rule of `kubectl rollout status`. */
    const rolledOut = (name: string) =>
      eventually(
        () => cluster.kube.get<Deployment>(deploymentOf(name)),
        (found) => {
          const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = found?.status ?? {};
          const wanted = found?.spec.replicas ?? 1;
          const seen = observedGeneration >= (found?.metadata.generation ?? 0);
          return seen && updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
        },
      );

    it('registers a node that is ready and has a provider id', async () => {
      const node = await cluster.kube.get<
        KubeObject & { spec?: { providerID?: string; taints?: unknown[] }; status?: { conditions?: { type: string; status: string }[] } }
      >({
        kind: 'Node',
        namespace: '',
        name: 'local-node',
      });
      expect(node?.spec?.providerID).toMatch(/^cn-local\.i-/);
      expect(node?.spec?.taints ?? []).toEqual([]);
      expect(node?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    });

    it('runs a pod: bound, addressed, announced before it is ready, and answering as the echo server of the conformance suite', async () => {
      const env = [
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        { name: 'SERVICE_NAME', value: 'tea' },
        { name: 'INGRESS_NAME', value: 'of-$(SERVICE_NAME)' },
      ];
      await cluster.kube.create(aPod('solo', { containers: [{ ...container, env }] }));
      const running = await readyPod('solo');
      expect(running.spec.nodeName).toBe('local-node');
      expect(running.status).toMatchObject({ phase: 'Running', podIP: expect.stringMatching(/^10\.64\./) });
      const conditions = (running.status?.conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type);
      expect(conditions).toEqual(expect.arrayContaining(['PodScheduled', 'Initialized', 'ContainersReady', 'Ready']));
      const known = interfaceOf(running.status?.podIP ?? '');
      expect(known).toMatchObject({
        vpcId: 'vpc-local',
        networkInterfaceId: expect.stringMatching(/^eni-/),
        vSwitchId: expect.stringMatching(/^vsw-local-[ab]$/),
      });
      const answer = await fetch(`http://${known?.socket}/tea/green?x=1`, { method: 'PUT', body: 'leaf', headers: { 'x-kind': 'green' } });
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(await answer.json()).toMatchObject({
        ...{ path: '/tea/green?x=1', host: known?.socket, method: 'PUT', proto: 'HTTP/1.1' },
        headers: expect.objectContaining({ 'X-Kind': ['green'] }),
        ...{ namespace: 'default', pod: 'solo', service: 'tea', ingress: 'of-tea' },
      });
    });

    it('deletes a pod after a short grace in which it serves unready, and frees its address then', async () => {
      await cluster.kube.create(aPod('leaving'));
      const address = (await readyPod('leaving')).status?.podIP ?? '';
      await remove('leaving');
      await eventually(
        () => pod('leaving'),
        (found) => !isReady(found),
      );
      await gone('leaving');
      await eventually(
        () => interfaceOf(address),
        (found) => found === undefined,
      );
    });

    it('puts a server of the user behind an address', async () => {
      const server = createServer((_, response) => response.end('mine'));
      const socket = new URL(await listenOnLoopback(server, 0, 'mine')).host;
      await cluster.kube.create(aPod('own', {}, { annotations: { 'local.albeit.io/socket': socket } }));
      const address = (await readyPod('own')).status?.podIP ?? '';
      expect(interfaceOf(address)?.socket).toBe(socket);
      await closeServer(server);
    });

    it('puts another server of the user behind one port of an address, and asks that one where the readiness probe does', async () => {
      const servers = [200, 503].map((code) => createServer((_, response) => response.writeHead(code).end()));
      const [first = '', second = ''] = await Promise.all(
        servers.map(async (server) => new URL(await listenOnLoopback(server, 0, 'mine')).host),
      );
      const annotations = { 'local.albeit.io/socket': `${second}, 9000=${first}` };
      const readinessProbe = { httpGet: { path: '/ready', port: 9000 }, periodSeconds: 1 };
      await cluster.kube.create(aPod('two-ports', { containers: [{ ...container, readinessProbe }] }, { annotations }));
      const address = (await readyPod('two-ports')).status?.podIP ?? '';
      expect(interfaceOf(address)).toMatchObject({ socket: second, sockets: { 9000: first } });
      await remove('two-ports');
      await Promise.all(servers.map(closeServer));
    });

    it('says what is wrong with a socket that is none, and starts the pod once it is corrected', async () => {
      await cluster.kube.create(aPod('typo', {}, { annotations: { 'local.albeit.io/socket': 'example.com' } }));
      const stuck = await eventually(
        () => pod('typo'),
        (found) => found?.status?.['containerStatuses'] !== undefined,
      );
      expect(isReady(stuck)).toBe(false);
      expect(JSON.stringify(stuck?.status)).toContain('127.0.0.1:3000');
      await cluster.kube.mergePatch(
        { kind: 'Pod', namespace: 'default', name: 'typo' },
        { metadata: { annotations: { 'local.albeit.io/socket': null } } },
      );
      await readyPod('typo');
    });

    it('keeps a pod unready until its server answers the readiness probe', async () => {
      let code = 503;
      const server = createServer((_, response) => response.writeHead(code).end());
      const socket = new URL(await listenOnLoopback(server, 0, 'slow')).host;
      const readinessProbe = { httpGet: { path: '/ready', port: 3000 }, periodSeconds: 1 };
      const metadata = { annotations: { 'local.albeit.io/socket': socket } };
      await cluster.kube.create(aPod('slow', { containers: [{ ...container, readinessProbe }] }, metadata));
      const running = await eventually(
        () => pod('slow'),
        (found) => found?.status?.phase === 'Running',
      );
      expect(isReady(running)).toBe(false);
      code = 200;
      await readyPod('slow');
      await remove('slow');
      await closeServer(server);
    });

    it('keeps a pod unready until its readiness gates are open, and leaves the gates alone', async () => {
      const type = 'target-health.alb.k8s.alibabacloud';
      await cluster.kube.create(aPod('gated', { readinessGates: [{ conditionType: type }] }));
      const containersReady = (found: Pod | undefined) =>
        found?.status?.conditions?.some((condition) => condition.type === 'ContainersReady' && condition.status === 'True') === true;
      const waiting = (await eventually(() => pod('gated'), containersReady)) as Pod;
      expect(isReady(waiting)).toBe(false);
      const conditions = [...(waiting.status?.conditions ?? []), { type, status: 'True' }];
      const name = { kind: 'Pod', namespace: 'default', name: 'gated' } as const;
      await cluster.kube.mergePatch(
        name,
        { metadata: { resourceVersion: waiting.metadata.resourceVersion }, status: { conditions } },
        'status',
      );
      const open = await readyPod('gated');
      expect(open.status?.conditions).toContainEqual(expect.objectContaining({ type, status: 'True' }));
    });

    it('runs a Deployment behind a Service whose slice lists exactly its ready pods', async () => {
      const service = { selector: { app: 'tea' }, ports: [{ port: 80, targetPort: 3000 }] };
      await cluster.kube.create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'tea', namespace: 'default' },
        spec: service,
      } as KubeObject);
      await cluster.kube.create(aDeployment('tea'));
      const addresses = async () => {
        const slices = await cluster.kube.list<Slice>('EndpointSlice', { labelSelector: 'kubernetes.io/service-name=tea' });
        return slices.items
          .flatMap((slice) => slice.endpoints ?? [])
          .filter((one) => one.conditions.ready)
          .flatMap((one) => one.addresses);
      };
      const two = await eventually(addresses, (found) => found.length === 2);
      expect(two.every((address) => interfaceOf(address) !== undefined)).toBe(true);
      await patchDeployment('tea', { replicas: 3 });
      await eventually(addresses, (found) => found.length === 3);
      await patchDeployment('tea', { replicas: 1 });
      await eventually(addresses, (found) => found.length === 1);
      await eventually(
        () => pods('tea'),
        (found) => found.length === 1,
      );
    });

    it('rolls a Deployment over to another template without ever serving less', async () => {
      await cluster.kube.create(aDeployment('roll', { replicas: 3, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
      await rolledOut('roll');
      const before = (await pods('roll')).map(({ metadata }) => metadata.uid);
      let fewest = 3;
      let watching = true;
      const watch = (async () => {
        while (watching) {
          const found = (await pods('roll')).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
          fewest = Math.min(fewest, found.filter(isReady).length);
        }
      })();
      await patchDeployment('roll', { template: { metadata: { annotations: { changed: 'yes' } } } });
      await rolledOut('roll');
      watching = false;
      await watch;
      expect(fewest).toBe(3);
      const after = (await pods('roll')).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      expect(after.map(({ metadata }) => metadata.uid).filter((uid) => before.includes(uid))).toEqual([]);
    });

    it.skipIf(withoutKubectl)('shows kubectl how a rollout goes, its history, and the way back', async () => {
      expect(await run('rollout', 'status', 'deployment/roll', '--timeout=30s')).toContain('successfully rolled out');
      expect(await run('rollout', 'history', 'deployment/roll')).toMatch(/\n1 .*\n2 /);
      await run('rollout', 'undo', 'deployment/roll');
      expect(await run('rollout', 'status', 'deployment/roll', '--timeout=30s')).toContain('successfully rolled out');
      expect(await run('rollout', 'history', 'deployment/roll')).toMatch(/\n2 .*\n3 /);
      await run('scale', 'deployment/roll', '--replicas=1');
      expect(await run('wait', '--for=jsonpath={.status.replicas}=1', 'deployment/roll', '--timeout=30s')).toContain('condition met');
      expect(await run('get', 'deployment', 'roll', '--no-headers')).toMatch(/^roll +1\/1 +1 +1 /);
    });

    it('takes the pods of a Deployment away with it', async () => {
      await cluster.kube.remove(deploymentOf('roll'));
      await eventually(
        () => pods('roll'),
        (found) => found.length === 0,
      );
    });

    it('takes its pods over after a restart: same addresses, same objects, serving again', async () => {
      const before = await readyPod('solo');
      const address = before.status?.podIP ?? '';
      const old = interfaceOf(address)?.socket;
      // Pods of the tests before may still be on their way out.
      const held = await eventually(
        async () => (await cluster.kube.list<Pod>('Pod')).items.length,
        (found) => found === cluster.network.list().filter(({ primary }) => primary !== true).length,
      );
      const lengths = new Set<number>();
      cluster.network.onList((list) => lengths.add(list.length));
      await cluster.restartNode();
      const socket = await eventually(
        () => interfaceOf(address)?.socket ?? '',
        (found) => found !== '' && found !== old,
      );
      expect(await (await fetch(`http://${socket}/`)).json()).toMatchObject({ pod: 'solo' });
      expect((await pod('solo'))?.metadata.uid).toBe(before.metadata.uid);
      // No list leaves out what still runs.
      expect([...lengths]).toEqual([held + 1]);
      await cluster.kube.create(aPod('newcomer'));
      expect((await readyPod('newcomer')).status?.podIP).not.toBe(address);
    });

    it('shows what it holds and what it did', async () => {
      const { url } = cluster.node();
      const state = (await (await fetch(`${url}/_/state`)).json()) as { pods: { pod: string }[]; failures: object };
      expect(state.pods.map((one) => one.pod)).toContain('default/solo');
      expect(state.failures).toEqual({});
      const lines = (await (await fetch(`${url}/_/journal?after=0`)).text()).trim().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toContain('Start');
      const refused = await fetch(`${url}/_/settings`, { method: 'PUT', body: '{"startMs":-1}' });
      expect(refused.status).toBe(400);
    });
  });
}
