import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { kubernetesContract } from '#test/contract/kubernetes/contract.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];

if (assets !== undefined) {
  kubernetesContract('real', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-assets-'));
    const service = await startControlPlane({ assets, dir });
    return {
      kubeconfig: service.kubeconfig,
      stop: async () => {
        await service.stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  });
}

describe('the real control plane', () => {
  it('says what is missing when the folder does not hold the binaries', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-assets-'));
    await expect(startControlPlane({ assets: dir, dir })).rejects.toThrow('KUBEBUILDER_ASSETS must name a folder with etcd');
    await rm(dir, { recursive: true, force: true });
  });
});
