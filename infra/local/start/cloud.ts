/** Brings the local cloud up, in the order in which its parts need each other, and takes it down again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKube } from '#shared/kube/adapter.ts';
import { loadCredentials } from '#shared/kube/credentials.ts';
import type { Kube } from '#shared/kube/port.ts';
import { localCredentials } from '../credentials.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { applyFile } from './apply.ts';
import { Children, localOptions, type Ready } from './children.ts';
import { prepareCluster } from './cluster.ts';
import { deployedFunctions } from './functions.ts';
import type { StartOptions } from './options.ts';
import { choosePorts, type PortName, type Ports, requireFree } from './ports.ts';
import { bundlePrograms, forwarderFile, type Program, programFile, programs } from './programs.ts';
import { ensureQueues } from './queues.ts';
import type { ReadyFacts } from './ready-file.ts';
import type { Screen } from './screen.ts';
import { type Endpoints, forwarderEnvironment, functionEnvironment, newSigningKeys } from './settings.ts';
import { readTold } from './story.ts';

export interface LocalCloud {
  readonly facts: ReadyFacts;
  readonly kube: Kube;
  /** Ends one part without a word. Scenarios ask for it; nothing else of the product does. */
  kill(part: Part): Promise<void>;
  /** Starts a killed part again as it was: options, port and folder. */
  revive(part: Part): Promise<void>;
  stop(): Promise<void>;
}

export type Part = Program | 'forwarder';

/** Generous: with the real binaries on a busy machine the control plane alone takes ten seconds. */
const readyWithinMs = 90_000;

interface Site {
  readonly options: StartOptions;
  readonly ports: Ports;
  /** Folder for data, keys and kubeconfig; removed at the end. */
  readonly dir: string;
  /** Folder in it for what is built. */
  readonly outDir: string;
  readonly children: Children;
  readonly screen: Screen;
  /** How each part that has started is started again. */
  readonly again: Map<Part, () => Promise<unknown>>;
}

function startProgram(site: Site, program: Program & PortName, options: object): Promise<Ready> {
  const { children, screen, ports } = site;
  return children
    .start({
      name: programs[program],
      file: programFile(site.outDir, program),
      env: localOptions({ port: ports.of(program), ...options }),
      onLine: (line) => screen.error(`${program}: ${line}`),
      readyWithinMs,
    })
    .then((ready) => {
      screen.line(`${programs[program].padEnd(18)} ${ready.url}`);
      site.again.set(program, () => startProgram(site, program, { ...options, port: Number(new URL(ready.url).port) }));
      return ready;
    });
}

/** What `--kube` needs from the environment: asked for before anything is built. */
function requireEnvironment(kube: StartOptions['kube']): string {
  const needs = {
    embedded: undefined,
    assets: ['KUBEBUILDER_ASSETS', 'a folder with etcd, kube-apiserver and kube-controller-manager'],
    external: ['KUBECONFIG', 'a kubeconfig'],
  } as const;
  const [name, what] = needs[kube] ?? [];
  if (name === undefined) return '';
  const value = process.env[name] ?? '';
  if (value === '') throw new Error(`--kube=${kube} needs ${name} to name ${what}`);
  return value;
}

/** The kubeconfig's path and the API server's URL. */
async function startKubernetes(site: Site): Promise<{ readonly url: string; readonly kubeconfig: string }> {
  const { options, dir } = site;
  const given = requireEnvironment(options.kube);
  if (options.kube === 'external') {
    const { server, agent } = await loadCredentials({ path: given }, () => performance.now());
    agent.destroy();
    return { url: server, kubeconfig: given };
  }
  const real = options.kube === 'assets' ? { assets: given } : {};
  const ready = await startProgram(site, 'kubernetes', { ...real, dir: join(dir, 'kubernetes') });
  return { url: ready.url, kubeconfig: String(ready['kubeconfig']) };
}

const gatesPolicy = 'infra/deploy/readiness-gates.yaml';

/** On the real control plane they are themselves. The embedded API knows one user alone, and the roles of another cluster are its owner's affair. */
async function accountsOn(kube: Kube, kubeconfig: string, { options, screen }: Site): Promise<Accounts> {
  if (options.kube !== 'assets') return { forwarder: kubeconfig, functions: kubeconfig };
  const accounts = await createAccounts(kube, kubeconfig);
  // Not before 1.34: then gates are written into the templates of workloads.
  await applyFile(kube, gatesPolicy).catch((error: unknown) => screen.line(`${gatesPolicy} is left out: ${String(error)}`));
  screen.line('forwarder and functions have the roles of infra/deploy/generated/rbac.generated.yaml');
  return accounts;
}

/** What it told the queues, and what troubles it. */
function showForwarder(line: string, screen: Screen): void {
  const told = readTold(line);
  if (told !== undefined) screen.line(told);
  else if (/"level":(4|5|6)0/.test(line) || !line.startsWith('{')) screen.error(`forwarder: ${line}`);
}

async function startForwarder(site: Site, endpoints: Endpoints, signingKeys: string): Promise<void> {
  await site.children.start({
    name: 'forwarder',
    file: forwarderFile(site.outDir),
    env: forwarderEnvironment(endpoints, signingKeys, site.ports.of('forwarder')),
    onLine: (line) => showForwarder(line, site.screen),
    readReady: (line) => (line.includes('"forwarder started"') ? { url: '' } : undefined),
    readyWithinMs,
  });
  site.screen.line('forwarder          follows the cluster');
  site.again.set('forwarder', () => startForwarder(site, endpoints, signingKeys));
}

async function startAll(site: Site): Promise<Pick<LocalCloud, 'facts' | 'kube'>> {
  const { options, dir, outDir, ports, screen } = site;
  await bundlePrograms(outDir);
  screen.line('emulators, functions and forwarder built');
  const credentials = localCredentials;
  const [kubernetes, mns, alb] = await Promise.all([
    startKubernetes(site),
    startProgram(site, 'mns', { dir: join(dir, 'mns'), credentials }),
    startProgram(site, 'alb', { credentials, ...(ports.listeners === 'free' ? {} : { listenerPorts: ports.listeners }) }),
  ]);
  const kube = createKube({ kubeconfig: { path: kubernetes.kubeconfig } });
  await Promise.all([ensureQueues(mns.url), prepareCluster(kube)]);
  screen.line('queues and the AlbConfig kind are there');
  const accounts = await accountsOn(kube, kubernetes.kubeconfig, site);
  const endpoints = { alb: alb.url, mns: mns.url };
  const signingKeys = newSigningKeys();
  const environment = functionEnvironment({ ...endpoints, kubeconfig: accounts.functions }, signingKeys, options.functionTimeout);
  const functions = deployedFunctions(outDir, environment, options.functionTimeout);
  const [fc] = await Promise.all([
    startProgram(site, 'fc', { credentials, mnsEndpoint: mns.url, dir: join(dir, 'fc'), functions }),
    // The real control planes bring their own Deployment controller.
    startProgram(site, 'node', {
      ...{ kubeconfig: kubernetes.kubeconfig, albUrl: alb.url, deployments: options.kube === 'embedded' },
      ...{ nodes: options.nodes, virtualNode: options.virtualNode },
    }),
    startForwarder(site, { ...endpoints, kubeconfig: accounts.forwarder }, signingKeys),
  ]);
  const { accessKeyId, accessKeySecret, region } = credentials;
  return {
    kube,
    facts: {
      pid: process.pid,
      kubeconfig: kubernetes.kubeconfig,
      kubernetes: kubernetes.url,
      mns: mns.url,
      fc: fc.url,
      alb: alb.url,
      console: null,
      credentials: { accessKeyId, accessKeySecret, region },
    },
  };
}

/** Starts everything or nothing. `byItself` is called when a part ends later without `wanted`. */
export async function startCloud(
  options: StartOptions,
  screen: Screen,
  end: { readonly wanted: AbortSignal; readonly byItself: (reason: Error) => void },
): Promise<LocalCloud> {
  const ports = choosePorts(options.ports);
  requireEnvironment(options.kube);
  await requireFree(ports);
  const dir = await mkdtemp(join(tmpdir(), 'albeit-'));
  const children = new Children(end.byItself);
  end.wanted.addEventListener('abort', () => children.expectTheEnd(), { once: true });
  const stop = async () => {
    await children.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const again: Site['again'] = new Map();
  try {
    const cloud = await startAll({ options, ports, dir, outDir: join(dir, 'dist'), children, screen, again });
    return {
      ...cloud,
      kill: (part) => children.kill(part === 'forwarder' ? part : programs[part]),
      revive: async (part) => {
        await again.get(part)?.();
      },
      stop: async () => {
        cloud.kube.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
