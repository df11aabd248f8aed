import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { prepareCluster } from '#infra/local/start/cluster.ts';
import { createKube } from '#shared/kube/adapter.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { type ForwardedApi, forwarderContract } from '#test/contract/forwarder.ts';
import { createForwarderScene } from '#test/support/forwarder-scene.ts';
import { aService } from '#test/support/objects.ts';
import { applyRbac } from '#test/support/real-rbac.ts';
import { until } from '#test/support/until.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

const aDuePod = (name: string, app: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app } },
    spec: {
      readinessGates: [{ conditionType: 'target-health.alb.k8s.alibabacloud' }],
      containers: [{ name: 'web', image: 'web' }],
    },
  }) as KubeObject;

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

  it('an API server that starts again, with another history, is followed anew', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-forwarder-'));
    const first = await startControlPlane({ assets, dir });
    const kube = createKube({ kubeconfig: { path: first.kubeconfig } });
    await prepareCluster(kube);
    const labels = { 'albeit.io/readiness-gates': 'enabled' };
    const optIn = () => kube.mergePatch({ kind: 'Namespace', namespace: '', name: 'default' }, { metadata: { labels } });
    const selecting = (name: string) => aService(name, { namespace: 'default', spec: { selector: { app: name } } as object });
    await optIn();
    await kube.create(selecting('coffee'));
    // Identity and port stay; the administrator's token does too, those of service accounts would not.
    const scene = await createForwarderScene({ path: first.kubeconfig });
    let second: typeof first | undefined;
    try {
      scene.forwarder.start();
      expect(await scene.flush(1)).toEqual(['the whole cluster']);
      await first.stop();
      second = await startControlPlane({ assets, dir, port: Number(new URL(first.url).port) });
      await prepareCluster(kube);
      await kube.create(selecting('tea'));
      await kube.create(aDuePod('one', 'tea'));
      const pod = await kube.get({ kind: 'Pod', namespace: 'default', name: 'one' });
      const ready = {
        type: 'ContainersReady',
        status: 'True',
        reason: 'Test',
        message: '',
        lastTransitionTime: '2026-11-21T12:00:00Z',
      } as const;
      await kube.setConditions({ namespace: 'default', name: 'one', uid: pod?.metadata.uid ?? '' }, [ready]);
      await optIn();
      await until(
        () => {
          scene.timers.advance(100);
          return scene.logs.some((line) => line.includes('keys told') && line.includes('default/tea'));
        },
        'that a Pod of the new cluster is told',
        60_000,
      );
      const objects = (kind: string) => scene.forwarder.state().kinds.find((one) => one.kind === kind)?.objects;
      // The cluster's own Service is there besides.
      expect([objects('Pod'), objects('Namespace'), objects('Service')]).toEqual([1, 1, 2]);
    } finally {
      await scene.stop();
      kube.close();
      await second?.stop();
      await first.stop();
      await rm(dir, { recursive: true, force: true });
    }
  }, 120_000);

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
      await until(() => {
        scene.timers.advance(100);
        return complaints().length === 1;
      }, 'the complaint');
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
