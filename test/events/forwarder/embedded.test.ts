import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import { forwarderContract } from '#test/contract/forwarder.ts';

forwarderContract('the embedded API', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-forwarder-'));
  const server = await startKubernetes({ dir });
  return {
    kubeconfig: server.kubeconfig,
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
