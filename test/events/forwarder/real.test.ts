import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { prepareCluster } from '#infra/local/start/cluster.ts';
import { createKube } from '#shared/kube/adapter.ts';
import { type ForwardedApi, forwarderContract } from '#test/contract/forwarder.ts';
import { createForwarderScene } from '#test/support/forwarder-scene.ts';
import { applyRbac } from '#test/support/real-rbac.ts';
import { until } from '#test/support/until.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

async function make() {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-forwarder-'));
  const server = await startControlPlane({ assets, dir });
  const rbac = applyRbac(dir);
  return {
    kubeconfig: server.kubeconfig,
    forwarder: async () => (await rbac).forwarder,
    allowPods: async (namespace) => (await rbac).optIn(namespace),
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  } satisfies ForwardedApi;
}

describe.skipIf(assets === '')('with KUBEBUILDER_ASSETS', () => {
  forwarderContract('a real kube-apiserver, with exactly the roles that we ask for', make);

  it('a namespace that opted in without the role is complained of once, and followed when it has it', async () => {
    const api = await make();
    const kube = createKube({ kubeconfig: { path: api.kubeconfig } });
    await prepareCluster(kube);
    const scene = await createForwarderScene({ path: await api.forwarder() });
    try {
      scene.forwarder.start();
      expect(await scene.flush(1)).toEqual(['the whole cluster']);
      const labels = { 'albeit.io/readiness-gates': 'enabled' };
      await kube.mergePatch({ kind: 'Namespace', namespace: '', name: 'default' }, { metadata: { labels } });
      const pods = () => scene.forwarder.state().kinds.find(({ kind }) => kind === 'Pod');
      const complaints = () => scene.logs.filter((line) => line.startsWith('warn not allowed'));
      await until(() => complaints().length === 1, 'the complaint');
      expect(complaints()[0]).toContain('bind ClusterRole albeit-forwarder-readiness-gates in namespace default');
      expect(pods()?.synced).toBe(false);
      expect(scene.forwarder.state().ready).toBe(true);
      await api.allowPods('default');
      await until(
        () => {
          scene.timers.advance(100);
          return pods()?.synced === true;
        },
        'that Pods are followed',
        10_000,
      );
      expect(complaints()).toHaveLength(1);
    } finally {
      await scene.stop();
      kube.close();
      await api.stop();
    }
  });
});
