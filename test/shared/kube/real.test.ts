import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { createKube } from '#shared/kube/adapter.ts';
import { kubeContract } from '#test/contract/kube.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

describe.skipIf(assets === '')('with KUBEBUILDER_ASSETS', () => {
  kubeContract('a real kube-apiserver', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-kube-'));
    const server = await startControlPlane({ assets, dir });
    const kube = createKube({ kubeconfig: { path: server.kubeconfig } });
    return {
      kube,
      stop: async () => {
        kube.close();
        await server.stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  });
});
