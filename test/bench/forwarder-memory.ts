/**
 * How much memory the built forwarder keeps for 10,000 EndpointSlices of three endpoints, and what an event costs it. Run by
 * `npx tsx test/bench/forwarder-memory.ts`; exits 1 above the promised 96 MiB. Linux only: the figures are read from /proc.
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
const pageSize = 500;
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

/** An API server with nothing but slices, and a queue service that takes nothing. */
async function startServer(): Promise<{ readonly url: string; readonly watch: () => ServerResponse | undefined; stop(): void }> {
  let watch: ServerResponse | undefined;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (request.method !== 'GET') return void request.resume().on('end', () => response.writeHead(503).end());
    const isSlices = pathname.endsWith('/endpointslices');
    response.setHeader('content-type', 'application/json');
    if (searchParams.get('watch') !== null) {
      response.flushHeaders();
      if (isSlices) watch = response;
      return;
    }
    const from = Number(searchParams.get('continue') ?? 0);
    const to = isSlices ? Math.min(slices, from + pageSize) : from;
    const items = Array.from({ length: to - from }, (_, n) => sliceOf(from + n, from + n + 1, 3));
    response.end(
      JSON.stringify({ items, metadata: { resourceVersion: '20000', ...(isSlices && to < slices ? { continue: String(to) } : {}) } }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    // A server that listens on a port has an address of this form.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watch: () => watch,
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

/** Every slice loses an endpoint. */
async function change(watch: ServerResponse): Promise<void> {
  for (let index = 0; index < slices; index += 1) {
    const ready = watch.write(`${JSON.stringify({ type: 'MODIFIED', object: sliceOf(index, 30_000 + index, 2) })}\n`);
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

async function measure(dir: string): Promise<boolean> {
  await bundleProgram({ entry: resolve('events/forwarder/main.ts'), folder: dir, name: 'main' });
  const server = await startServer();
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
    await until(() => server.watch() !== undefined, `the first list, after ${output.slice(0, 2000)}`, 60_000);
    const port = /"port":(\d+)/.exec(output)?.[1] ?? '';
    const listed = statusOf(child, 'VmRSS');
    const before = cpuMs(child);
    const watch = server.watch();
    if (watch !== undefined) await change(watch);
    await until(async () => (await metric(port, 'albeit_forwarder_changes_total')) >= slices, 'all changes heard', 60_000);
    const perEvent = ((cpuMs(child) - before) * 1000) / slices;
    const peak = statusOf(child, 'VmHWM');
    process.stdout.write(
      `${slices} EndpointSlices: ${listed.toFixed(0)} MiB after the list, at most ${peak.toFixed(0)} MiB (promised: ${promisedMiB})\n`,
    );
    process.stdout.write(`one event: ${perEvent.toFixed(0)} µs of CPU, split, parsed and compared\n`);
    return peak < promisedMiB;
  } finally {
    child.kill('SIGKILL');
    server.stop();
  }
}

const dir = await mkdtemp(join(tmpdir(), 'albeit-bench-'));
process.exitCode = (await measure(dir).finally(() => rm(dir, { recursive: true }))) ? 0 : 1;
