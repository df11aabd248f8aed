/**
 * Readiness gates over the processes of `npm start`, with the embedded Kubernetes API and, when KUBEBUILDER_ASSETS is set, with the real one:
 * a Deployment comes up, and is rolled out anew under requests.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFile, applyText } from '#infra/local/start/apply.ts';
import { gatedManifests, gatedPodsOf, ungatedManifests } from '#test/support/gated-manifests.ts';
import { type StartedCloud, startedCloud } from '#test/support/started-cloud.ts';
import { until } from '#test/support/until.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
const withinMs = 120_000;
const deployment = { kind: 'Deployment', namespace: 'gated', name: 'milk' } as const;

describe.each(['embedded', 'assets'] as const)('with the Kubernetes API %s', (kube) => {
  describe.skipIf(kube === 'assets' && assets === '')('Pods with readiness gates', () => {
    let cloud: StartedCloud;
    beforeAll(async () => {
      cloud = await startedCloud({ functionTimeout: 8, kube });
      await applyFile(cloud.kube, 'examples/cafe.yaml');
    }, 180_000);
    afterAll(() => cloud.stop());

    const says = async (app: string): Promise<string> => (await gatedPodsOf(cloud.kube, app)).map((one) => one.says).join();
    const names = async (): Promise<readonly string[]> => (await gatedPodsOf(cloud.kube, 'milk')).map((one) => one.name);
    const bothInService = 'True InService,True InService';

    it('become ready when they are in service, or when nobody would ever put them there', async () => {
      await applyText(cloud.kube, gatedManifests, 'gated Deployments');
      await until(async () => (await says('milk')) === bothInService, 'two Pods in service', withinMs);
      await cloud.answers('milk.example.com', '/', 'milk-', { withinMs });
      await until(async () => (await says('inside')) === 'True NotBehindALB', 'a Pod that waits for nobody', withinMs);
    });

    it('take over from each other with nobody unanswered', async () => {
      const former = await names();
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
      const template = { metadata: { annotations: { 'example.com/restarted': 'once' } } };
      await cloud.kube.mergePatch(deployment, { spec: { strategy, template } });
      const statuses = new Map<number | undefined, number>();
      const isDone = async (): Promise<boolean> => {
        const status = (await cloud.ask('milk.example.com', '/'))?.status;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        return (await names()).every((name) => !former.includes(name)) && (await says('milk')) === bothInService;
      };
      await until(isDone, 'two new Pods in service', withinMs);
      console.log(`answers while rolled out: ${JSON.stringify([...statuses])}`);
      expect([...statuses.keys()]).toEqual([200]);
    });

    // The embedded API has no policies.
    it.skipIf(kube === 'embedded')('are given their gate by the policy where no template has one', async () => {
      await applyText(cloud.kube, ungatedManifests, 'a Deployment without gates');
      await cloud.answers('foam.example.com', '/', 503, { withinMs });
      await cloud.kube.mergePatch({ kind: 'Deployment', namespace: 'gated', name: 'foam' }, { spec: { replicas: 2 } });
      await until(async () => (await says('foam')) === bothInService, 'two Pods in service', withinMs);
      await cloud.answers('foam.example.com', '/', 'foam-', { withinMs });
    });

    it('asked for nothing that was refused', () => {
      expect(cloud.errors.filter((line) => /403|not allowed|KUBE-REFUSED/.test(line))).toEqual([]);
    });
  });
});
