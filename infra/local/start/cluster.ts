/** What must be in a cluster before the first object of a user: our namespace and the AlbConfig kind, ready to be used. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Kube, KubeObject } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { clusterSelector } from '#shared/step/lease.ts';
import { applyFile } from './apply.ts';
import { cluster } from './settings.ts';

const crdFile = 'infra/deploy/generated/crd.generated.yaml';

/** An API server serves a new kind within a second. */
const servedWithinMs = 15_000;
const pauseMs = 50;

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function untilServed(kube: Kube): Promise<void> {
  const deadline = performance.now() + servedWithinMs;
  const name = { kind: 'CustomResourceDefinition', namespace: '', name: 'albconfigs.alibabacloud.com' } as const;
  for (;;) {
    const definition = await kube.get<Definition>(name);
    const established = definition?.status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True');
    if (established === true && (await kube.list('AlbConfig').catch(() => undefined)) !== undefined) return;
    if (performance.now() > deadline) throw new Error('the cluster does not serve AlbConfig although its definition was applied');
    await delay(pauseMs);
  }
}

/** A cluster that outlived a former local cloud has its records still, and they name load balancers that went with it. */
async function forgetFormerCloud(kube: Kube): Promise<void> {
  const left = await kube.list('Lease', { namespace: ownNamespace, labelSelector: clusterSelector(cluster) });
  for (const { metadata } of left.items) await kube.remove({ kind: 'Lease', namespace: ownNamespace, name: metadata.name });
}

/** Applies the definition and the namespace. Safe to repeat, but only where no cloud is at work. */
export async function prepareCluster(kube: Kube): Promise<void> {
  await applyFile(kube, crdFile);
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ownNamespace } }); // 'exists' is as good
  await Promise.all([untilServed(kube), forgetFormerCloud(kube)]);
}
