import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import { createKube } from '#shared/kube/adapter.ts';
import { recordsContract } from '#test/contract/records.ts';
import { createFakeKube } from '#test/support/fake-kube.ts';

recordsContract('in memory', async () => ({ kube: createFakeKube(), stop: async () => undefined }));

recordsContract('over the embedded API', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-records-'));
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
