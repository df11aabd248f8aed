/** The real control plane: etcd, kube-apiserver and kube-controller-manager, as processes on loopback. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Child, startChild } from './child.ts';
import { freePorts } from './free-port.ts';
import { type Identity, loadIdentity, writeKubeconfig } from './identity.ts';
import type { KubernetesService } from './service.ts';

export interface ControlPlaneOptions {
  /** Folder of the binaries: the value of KUBEBUILDER_ASSETS. */
  readonly assets: string;
  /** Folder for keys, data, logs and the kubeconfig. The data of a former run is dropped. */
  readonly dir: string;
  /** Absent or 0: a free one. */
  readonly port?: number;
}

/** The controllers that the embedded API has too. */
const CONTROLLERS = [
  'endpointslice-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'deployment-controller',
  'replicaset-controller',
];

const READY_WITHIN_MS = 60_000;

interface Ports {
  readonly etcd: number;
  readonly peer: number;
  readonly api: number;
  readonly controllers: number;
}

/** Starts it and returns once it answers and the namespace `default` is there. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<KubernetesService> {
  const { assets, dir } = options;
  await Promise.all(['etcd', 'kube-apiserver', 'kube-controller-manager'].map((name) => requireBinary(assets, name)));
  await mkdir(dir, { recursive: true });
  await rm(join(dir, 'etcd'), { recursive: true, force: true });
  const identity = await loadIdentity(dir);
  await writeKeys(dir, identity);
  const ports = await choosePorts(options.port ?? 0);
  const url = `https://127.0.0.1:${ports.api}`;
  const kubeconfig = await writeKubeconfig(dir, url, identity);
  const children: Child[] = [];
  const stop = async () => {
    for (const child of [...children].reverse()) await child.stop();
  };
  try {
    children.push(startChild(assets, dir, 'etcd', etcdArguments(dir, ports)));
    children.push(startChild(assets, dir, 'kube-apiserver', [...apiArguments(dir, ports), ...(await policyFlags(assets))]));
    await answered(children, () => get(`${url}/readyz`, identity));
    children.push(startChild(assets, dir, 'kube-controller-manager', controllerArguments(dir, kubeconfig, ports)));
    await answered(children, () => get(`${url}/api/v1/namespaces/default/serviceaccounts/default`, identity));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, kubeconfig, kind: 'assets', stop };
}

async function requireBinary(assets: string, name: string): Promise<void> {
  await access(join(assets, name)).catch((cause: unknown) => {
    throw new Error(
      `${join(assets, name)} is not there: KUBEBUILDER_ASSETS must name a folder with etcd, kube-apiserver and kube-controller-manager`,
      {
        cause,
      },
    );
  });
}

async function choosePorts(port: number): Promise<Ports> {
  const [etcd = 0, peer = 0, controllers = 0, free = 0] = await freePorts(4);
  return { etcd, peer, controllers, api: port === 0 ? free : port };
}

async function writeKeys(dir: string, identity: Identity): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const write = (name: string, text: string) => writeFile(join(dir, name), text, { mode: 0o600 });
  await write('service-accounts.key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  await write('authority.crt', identity.authority);
  await write('server.crt', identity.certificate);
  await write('server.key', identity.key);
  await write('tokens.csv', `${identity.token},admin,admin,system:masters\n`);
}

const etcdArguments = (dir: string, ports: Ports) => [
  `--data-dir=${join(dir, 'etcd')}`,
  `--listen-client-urls=http://127.0.0.1:${ports.etcd}`,
  `--advertise-client-urls=http://127.0.0.1:${ports.etcd}`,
  `--listen-peer-urls=http://127.0.0.1:${ports.peer}`,
  '--unsafe-no-fsync',
];

const apiArguments = (dir: string, ports: Ports) => [
  `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
  `--secure-port=${ports.api}`,
  '--bind-address=127.0.0.1',
  `--cert-dir=${dir}`,
  `--tls-cert-file=${join(dir, 'server.crt')}`,
  `--tls-private-key-file=${join(dir, 'server.key')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(dir, 'service-accounts.key')}`,
  `--service-account-signing-key-file=${join(dir, 'service-accounts.key')}`,
  '--service-cluster-ip-range=10.96.0.0/16',
  '--authorization-mode=RBAC',
  `--token-auth-file=${join(dir, 'tokens.csv')}`,
  '--disable-admission-plugins=ServiceAccount',
];

/** The first minor version of Kubernetes 1 that serves them as v1beta1. */
const policiesSince = 34;

/** Mutating admission policies, by which Pods get their readiness gate: off until they are asked for, and a flag that older versions refuse. */
async function policyFlags(assets: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(join(assets, 'kube-apiserver'), ['--version']);
  const minor = Number(/v1\.(\d+)\./.exec(stdout)?.[1] ?? 0);
  if (minor < policiesSince) return [];
  return ['--feature-gates=MutatingAdmissionPolicy=true', '--runtime-config=admissionregistration.k8s.io/v1beta1=true'];
}

const controllerArguments = (dir: string, kubeconfig: string, ports: Ports) => [
  `--kubeconfig=${kubeconfig}`,
  '--leader-elect=false',
  `--service-account-private-key-file=${join(dir, 'service-accounts.key')}`,
  `--root-ca-file=${join(dir, 'authority.crt')}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${ports.controllers}`,
  `--cert-dir=${join(dir, 'controllers')}`,
  `--controllers=${CONTROLLERS.join(',')}`,
];

async function answered(children: readonly Child[], ask: () => Promise<number>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    for (const child of children) child.alive();
    if ((await ask().catch(() => 0)) === 200) return;
    if (Date.now() > deadline)
      throw new Error(`the control plane did not answer within ${READY_WITHIN_MS / 1000} s; its logs are beside its kubeconfig`);
    await delay(100);
  }
}

function get(url: string, identity: Identity): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, {
      ca: identity.authority,
      headers: { authorization: `Bearer ${identity.token}` },
      agent: false,
      timeout: 5_000,
    });
    call.once('timeout', () => call.destroy(new Error('no answer in time')));
    call.once('error', reject);
    call.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    call.end();
  });
}
