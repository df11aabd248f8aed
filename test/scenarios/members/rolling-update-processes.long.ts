/**
 * A rollout of twenty pods over the processes of `npm start`, under requests that never stop, with the embedded Kubernetes API and, when
 * KUBEBUILDER_ASSETS is set, with the real one; then with parts of the local cloud killed in the middle. Minutes: for `npm run test:all`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '#infra/local/start/cloud.ts';
import { comes, countedCalls, isReady, type LiveShop, openShop, shopMs, shopName } from '#test/support/live-shop.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
const eachMs = 180_000;
const replicas = 20;
const workload = { replicas, gated: true, preStopSeconds: 10, strategy: { maxSurge: 5, maxUnavailable: 0 } };
const annotations = {
  'healthcheck-enabled': 'true',
  'healthcheck-interval-seconds': '1',
  'connection-drain-enabled': 'true',
  'connection-drain-timeout': '30',
};

describe.each(['embedded', 'assets'] as const)('with the Kubernetes API %s', (kube) => {
  describe.skipIf(kube === 'assets' && assets === '')('a rollout of twenty pods with gates and draining', () => {
    let shop: LiveShop;
    let rollouts = 0;
    beforeAll(async () => {
      shop = await openShop({ options: { kube }, workload, annotations });
    }, eachMs);
    afterAll(() => shop.stop());

    /** Another template, and what is done meanwhile once `moment` new pods are ready; ends when every pod is new and ready. */
    async function rollOut(meanwhile: { readonly moment: number; readonly act: () => Promise<void> }): Promise<void> {
      const former = new Set((await shop.pods()).map((one) => one.metadata.name));
      rollouts += 1;
      const template = { metadata: { annotations: { 'example.com/rollout': String(rollouts) } } };
      await shop.cloud.kube.mergePatch({ kind: 'Deployment', ...shopName }, { spec: { template } });
      const fresh = async (): Promise<number> => (await shop.pods()).filter((one) => !former.has(one.metadata.name) && isReady(one)).length;
      await comes(async () => (await fresh()) >= meanwhile.moment, `${meanwhile.moment} new pods`);
      await meanwhile.act();
      const isDone = async () => (await fresh()) === replicas && (await shop.pods()).length === replicas;
      await comes(isDone, 'the end of the rollout');
    }

    /** Exactly the pods that there are, after everything has come to rest. */
    async function expectServers(): Promise<void> {
      await shop.cloud.rest(shopMs);
      const { serverGroups } = await shop.cloud.held();
      const servers = serverGroups.flatMap((one) => one['Servers'] as readonly unknown[]);
      expect(servers).toHaveLength(replicas);
    }

    it(
      'loses no request',
      async () => {
        const [since, before] = [(await shop.cloud.calls('alb')).at(-1)?.seq ?? 0, shop.probes.count()];
        const began = performance.now();
        await rollOut({ moment: 1, act: async () => undefined });
        const seconds = Math.round((performance.now() - began) / 1000);
        await expectServers();
        console.log(
          `${kube}: ${shop.probes.count() - before} answers, ${shop.probes.strays.length} lost, ${seconds} s;`,
          JSON.stringify(countedCalls(await shop.cloud.calls('alb', since))),
        );
        expect(shop.lost()).toEqual({});
      },
      eachMs,
    );

    it.each<readonly [string, readonly Part[]]>([
      ['the forwarder', ['forwarder']],
      ['the functions', ['fc']],
      ['the queues', ['mns']],
      ['all three', ['forwarder', 'fc', 'mns']],
    ])(
      'loses no request though %s is killed in the middle',
      async (_what, parts) => {
        await rollOut({
          moment: 6,
          act: async () => {
            for (const part of parts) await shop.cloud.kill(part);
            for (const part of parts) await shop.cloud.revive(part);
          },
        });
        await expectServers();
        expect(shop.lost()).toEqual({});
      },
      eachMs,
    );
  });
});
