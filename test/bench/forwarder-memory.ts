/**
 * How much memory the built forwarder keeps for 10,000 EndpointSlices of three endpoints, and what an event costs it; then the same with 500
 * nodes and 5,000 Pods that it follows besides. Run by `npx tsx test/bench/forwarder-memory.ts`; exits 1 above the promised 96 MiB (of slices
 * alone). Linux only: the figures are read from /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleProgram } from '#infra/deploy/bundle.ts';
import { kubeconfigText } from '#test/support/scripted-api.ts';
import { until } from '#test/support/until.ts';

const slices = 10_000;
const nodes = 500;
/** Of each node. */
const heartbeats = 10;
const promisedMiB = 96;
/** What the forwarder is to be started with: without them V8 lets garbage lie until twice as much is taken. */
const flags = ['--max-semi-space-size=1', '--optimize-for-size'];

const uid = '8c7e1f5e-0000-4000-8000-000000000000';
const sliceOf = (index: number, version: number, endpoints: number): object => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: {
    name: `svc-${index}-abcde`,
    generateName: `svc-${index}-`,
    namespace: 'default',
    uid,
    resourceVersion: String(version),
    generation: 1,
    creationTimestamp: '2026-11-21T12:00:00Z',
    labels: { 'kubernetes.io/service-name': `svc-${index}`, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
    // As long as the real ones: 397 bytes.
    managedFields: [
      { manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'discovery.k8s.io/v1', fieldsV1: 'x'.repeat(300) },
    ],
  },
  addressType: 'IPv4',
  endpoints: Array.from({ length: endpoints }, (_, n) => ({
    addresses: [`10.64.${index % 250}.${n + 1}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: 'node-1',
    targetRef: { kind: 'Pod', namespace: 'default', name: `svc-${index}-${n}`, uid },
  })),
  ports: [{ name: '', port: 80, protocol: 'TCP' }],
});

/** What makes objects of a cluster as large as they are. */
const padding = 'x'.repeat(8000);
const nodeOf = (index: number, beat = 0): object => ({
  metadata: {
    name: `node-${index}`,
    uid,
    resourceVersion: String(beat * nodes + index + 1),
    labels: { 'kubernetes.io/hostname': `node-${index}`, zone: 'a' },
  },
  spec: { providerID: `cn-local.i-${index}` },
  status: {
    conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: new Date(beat).toISOString() }],
    images: [{ names: [padding] }],
  },
});
const podOf = (index: number): object => ({
  metadata: { name: `pod-${index}`, namespace: 'default', uid, resourceVersion: String(index + 1), labels: { app: `svc-${index}` } },
  spec: { readinessGates: [{ conditionType: 'target-health.alb.k8s.alibabacloud' }], containers: [{ env: padding }] },
  status: { conditions: ['ContainersReady', 'target-health.alb.k8s.alibabacloud'].map((type) => ({ type, status: 'True' })) },
});
const named = (name: string, more: object = {}) => ({ metadata: { name, uid, resourceVersion: '1', ...more } });

interface Collection {
  readonly count: number;
  readonly of: (index: number) => object;
}
type Collections = Readonly<Record<string, Collection>>;

const alone: Collections = { endpointslices: { count: slices, of: (index) => sliceOf(index, index + 1, 3) } };
/** With an Ingress of ours whose Service has node ports, and a namespace that opted in to readiness gates. */
const withWatches: Collections = {
  ...alone,
  ingressclasses: {
    count: 1,
    of: () => ({ ...named('alb'), spec: { controller: 'ingress.k8s.alibabacloud/alb', parameters: { kind: 'AlbConfig', name: 'alb' } } }),
  },
  ingresses: {
    count: 1,
    of: () => ({
      ...named('cafe', { namespace: 'default' }),
      spec: { ingressClassName: 'alb', defaultBackend: { service: { name: 'svc-0', port: { number: 80 } } } },
    }),
  },
  services: { count: 1, of: () => ({ ...named('svc-0', { namespace: 'default' }), spec: { type: 'NodePort', ports: [{ port: 80 }] } }) },
  namespaces: { count: 1, of: () => named('default', { labels: { 'albeit.io/readiness-gates': 'enabled' } }) },
  nodes: { count: nodes, of: (index) => nodeOf(index) },
  pods: { count: 5000, of: podOf },
};

/** An API server with these objects, and a queue service that takes nothing. */
async function startServer(
  collections: Collections,
): Promise<{ readonly url: string; readonly watch: (plural: string) => ServerResponse | undefined; stop(): void }> {
  const watches = new Map<string, ServerResponse>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (request.method !== 'GET') return void request.resume().on('end', () => response.writeHead(503).end());
    const plural = pathname.split('/').at(-1) ?? '';
    response.setHeader('content-type', 'application/json');
    if (searchParams.get('watch') !== null) {
      response.flushHeaders();
      watches.set(plural, response);
      return;
    }
    const { count, of } = collections[plural] ?? { count: 0, of: () => ({}) };
    const from = Number(searchParams.get('continue') ?? 0);
    const to = Math.min(count, from + Number(searchParams.get('limit')));
    const items = Array.from({ length: to - from }, (_, n) => of(from + n));
    response.end(JSON.stringify({ items, metadata: { resourceVersion: '20000', ...(to < count ? { continue: String(to) } : {}) } }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    // A server that listens on a port has an address of this form.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watch: (plural) => watches.get(plural),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const statusOf = (child: ChildProcess, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
/** User and system time in ms; the kernel counts in hundredths of a second. */
const cpuMs = (child: ChildProcess): number => {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
};

async function change(watch: ServerResponse, count: number, of: (index: number) => object): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const ready = watch.write(`${JSON.stringify({ type: 'MODIFIED', object: of(index) })}\n`);
    if (!ready) await new Promise((drained) => watch.once('drain', drained));
  }
}

const metric = async (port: string, name: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

/** Answers the most that was resident, in MiB. */
async function measure(dir: string, what: string, collections: Collections): Promise<number> {
  const server = await startServer(collections);
  const all = Object.keys(collections).map((plural) => () => server.watch(plural) !== undefined);
  await writeFile(join(dir, 'kubeconfig'), kubeconfigText(server.url));
  const environment = {
    PATH: process.env['PATH'],
    KUBECONFIG: join(dir, 'kubeconfig'),
    ALBEIT_CLUSTER: 'c-bench',
    ALBEIT_SIGNING_KEYS: JSON.stringify({ sign: 'k', keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] }),
    ALBEIT_MNS_ENDPOINT: server.url,
    ALBEIT_ACCOUNT_ID: '1',
    ALBEIT_ACCESS_KEY_ID: 'bench',
    ALBEIT_ACCESS_KEY_SECRET: 'bench',
    ALBEIT_HEALTH_PORT: '0',
  };
  const child = spawn(process.execPath, [...flags, join(dir, 'main.mjs')], { env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  try {
    await until(() => all.every((watched) => watched()), `the first list, after ${output.slice(0, 2000)}`, 60_000);
    const port = /"port":(\d+)/.exec(output)?.[1] ?? '';
    const listed = statusOf(child, 'VmRSS');
    const heard = () => metric(port, 'albeit_forwarder_changes_total');
    /** µs of CPU that one event costs. */
    const cost = async (plural: string, count: number, of: (index: number) => object): Promise<number> => {
      const [before, known] = [cpuMs(child), await heard()];
      const watch = server.watch(plural);
      if (watch !== undefined) await change(watch, count, of);
      await until(async () => (await heard()) >= known + count, `all changes of ${plural} heard`, 60_000);
      return ((cpuMs(child) - before) * 1000) / count;
    };
    // Every slice loses an endpoint.
    const perSlice = await cost('endpointslices', slices, (index) => sliceOf(index, 30_000 + index, 2));
    process.stdout.write(`${what}: ${listed.toFixed(0)} MiB after the lists; `);
    process.stdout.write(`one event of a slice: ${perSlice.toFixed(0)} µs of CPU, split, parsed and compared; `);
    if (collections['nodes'] !== undefined) {
      const pending = await metric(port, 'albeit_forwarder_pending_keys');
      const perBeat = await cost('nodes', heartbeats * nodes, (index) => nodeOf(index % nodes, 100 + Math.floor(index / nodes)));
      const told = (await metric(port, 'albeit_forwarder_pending_keys')) - pending;
      process.stdout.write(`${heartbeats * nodes} heartbeats of nodes: ${told} keys told, ${perBeat.toFixed(0)} µs each; `);
    }
    const peak = statusOf(child, 'VmHWM');
    process.stdout.write(`at most ${peak.toFixed(0)} MiB\n`);
    return peak;
  } finally {
    child.kill('SIGKILL');
    server.stop();
  }
}

const dir = await mkdtemp(join(tmpdir(), 'albeit-bench-'));
try {
  await bundleProgram({ entry: resolve('events/forwarder/main.ts'), folder: dir, name: 'main' });
  const peak = await measure(dir, `${slices} EndpointSlices`, alone);
  await measure(dir, 'with 500 nodes and 5,000 Pods', withWatches);
  process.stdout.write(`promised for slices alone: ${promisedMiB} MiB\n`);
  process.exitCode = peak < promisedMiB ? 0 : 1;
} finally {
  await rm(dir, { recursive: true });
}
