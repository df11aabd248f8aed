import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import { kubernetesContract } from '#test/contract/kubernetes/contract.ts';

kubernetesContract('embedded', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-kubernetes-'));
  const service = await startKubernetes({ dir });
  return {
    kubeconfig: service.kubeconfig,
    stop: async () => {
      await service.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
