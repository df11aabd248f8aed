import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import { createKube } from '#shared/kube/adapter.ts';
import { kubeContract } from '#test/contract/kube.ts';

kubeContract('the embedded API', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-kube-'));
  const server = await startKubernetes({ dir });
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
