import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { startCluster } from './cluster.ts';
import { nodeBehaviour } from './node-behaviour.ts';
import { nodesBehaviour } from './nodes-behaviour.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

/** The real binaries, but with a controller manager that leaves Deployments and ReplicaSets alone. */
async function withoutDeployments(dir: string): Promise<string> {
  const path = join(dir, 'assets');
  await mkdir(path, { recursive: true });
  for (const name of ['etcd', 'kube-apiserver']) await symlink(join(assets, name), join(path, name));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: bash takes these apart, not us
  const strip = ['kept=()', 'for one in "$@"; do one="${one/,deployment-controller/}"; kept+=("${one/,replicaset-controller/}"); done'];
  const script = ['#!/bin/bash', ...strip, `exec '${join(assets, 'kube-controller-manager')}' "\${kept[@]}"`];
  await writeFile(join(path, 'kube-controller-manager'), `${script.join('\n')}\n`);
  await chmod(join(path, 'kube-controller-manager'), 0o755);
  return path;
}

describe.skipIf(assets === '')('with KUBEBUILDER_ASSETS', () => {
  nodeBehaviour('the local node on a real control plane', () =>
    startCluster((dir) => startControlPlane({ assets, dir }), { deployments: false }),
  );

  nodesBehaviour('several local nodes on a real control plane', () =>
    startCluster((dir) => startControlPlane({ assets, dir }), { deployments: false, nodes: 2, virtualNode: true }),
  );

  nodeBehaviour('the local node as the Deployment controller of a real API server', () =>
    startCluster(async (dir) => startControlPlane({ assets: await withoutDeployments(dir), dir }), { deployments: true }),
  );
});
