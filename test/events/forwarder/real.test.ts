import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { forwarderContract } from '#test/contract/forwarder.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

describe.skipIf(assets === '')('with KUBEBUILDER_ASSETS', () => {
  forwarderContract('a real kube-apiserver', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-forwarder-'));
    const server = await startControlPlane({ assets, dir });
    return {
      kubeconfig: server.kubeconfig,
      stop: async () => {
        await server.stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  });
});
