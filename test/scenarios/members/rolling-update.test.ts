/** Rolling updates while requests never stop. */
import { describe, expect, it } from 'vitest';
import { aPath, aService } from '#test/support/objects.ts';
import { RequestLoad } from '#test/support/request-load.ts';
import { type DeploymentDraft, RollingDeployment } from '#test/support/rolling-update.ts';
import { type Routed, routed } from '#test/support/routed.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';

const tickMs = 250;
/** Of the wall clock: ten times what the longest takes, as neighbours may take their share. */
const patienceMs = 180_000;
/** Twice what any of them takes. */
const mostMs = 300_000;

/** ACK's and the older one's. */
const gateTypes = ['target-health.alb.k8s.alibabacloud', 'target-health.alb.k8s.alicloud'];
const four: DeploymentDraft = { service: 'web', replicas: 4, maxSurge: 1, maxUnavailable: 0, startMs: 2000, preStopMs: 10_000 };
/** As many new ones as there are old ones, which end soon. */
const atOnce = { maxSurge: 4, preStopMs: 3000 };
const twenty: DeploymentDraft = { service: 'web', replicas: 20, maxSurge: 5, maxUnavailable: 0, startMs: 2000, preStopMs: 10_000 };

/** Lets time pass until the pods are as they are wanted, asking all the while. */
async function untilRolledOut(shop: Routed, pods: RollingDeployment, load?: RequestLoad): Promise<number> {
  const began = shop.bench.alb.clock.now();
  const passed = () => shop.bench.alb.clock.now() - began;
  for (let tick = 0; tick === 0 || !pods.rolledOut; tick++) {
    if (passed() > mostMs) throw new Error(`not rolled out after ${mostMs} ms`);
    await pods.step();
    if (tick % 8 === 0) load?.hold(8000);
    await shop.bench.run(tickMs, load === undefined ? undefined : () => load.round());
  }
  return passed();
}

interface Update {
  readonly load: RequestLoad;
  readonly pods: RollingDeployment;
  readonly registered: readonly string[];
}

const spec = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };

async function update(draft: DeploymentDraft, annotations: Readonly<Record<string, string>>): Promise<Update> {
  const shop = await routed({ services: [], podsEach: 0, settings: { dataPlane: { whenAllUnhealthy: 'refuse' } } });
  const pods = new RollingDeployment(shop, draft);
  try {
    await shop.bench.kube.mergePatch(
      { kind: 'Namespace', namespace: '', name: 'shop' },
      { metadata: { labels: { 'albeit.io/readiness-gates': 'enabled' } } },
    );
    await pods.announce();
    await shop.apply(aService('web', { spec }), annotated('web', annotations, [aPath('/', 'web')]));
    await untilRolledOut(shop, pods);
    await shop.settle();
    const load = new RequestLoad(shop, hostOf('web'));
    await load.round();
    pods.roll();
    await untilRolledOut(shop, pods, load);
    // What is still held, and the last servers to go.
    for (let times = 0; times < 40; times++) {
      await pods.step();
      await shop.bench.run(tickMs, () => load.round());
    }
    await load.finish();
    // Whoever was refused a write for having made too many comes back.
    await shop.settle();
    const groups = (await shop.bench.alb.state())['serverGroups'] ?? [];
    const servers = groups.flatMap((one) => (one['Servers'] ?? []) as readonly Readonly<Record<string, unknown>>[]);
    return {
      load,
      pods,
      registered: servers
        .filter((one) => one['Status'] !== 'Removing')
        .map((one) => String(one['ServerIp']))
        .sort(),
    };
  } finally {
    await pods.stop();
    await shop.stop();
  }
}

const checked = { 'healthcheck-enabled': 'true', 'healthcheck-timeout-seconds': '300', 'healthcheck-interval-seconds': '2' };
const draining = { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '60' };

/** `kept 503` and the like, by how often. */
const kinds = ({ lost }: RequestLoad): Readonly<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const { kind, what } of lost) found[`${kind} ${what}`] = (found[`${kind} ${what}`] ?? 0) + 1;
  return found;
};

describe('a rolling update under load', () => {
  it(
    'loses none of the requests to twenty pods with gates, health checks and draining',
    async () => {
      const { load, pods, registered } = await update({ ...twenty, gates: gateTypes.slice(0, 1) }, { ...checked, ...draining });
      expect(load.lost).toEqual([]);
      // Every pod, old and new, had its share.
      expect(load.byPod.size).toBe(40);
      expect(pods.leastReady).toBe(20);
      expect(registered).toEqual(pods.addresses);
    },
    patienceMs,
  );

  it(
    'all at once: with gates, of both types, and draining nothing is lost either',
    async () => {
      const { load, pods, registered } = await update({ ...four, ...atOnce, gates: gateTypes }, { ...checked, ...draining });
      expect(load.lost).toEqual([]);
      expect(registered).toEqual(pods.addresses);
    },
    patienceMs,
  );

  it(
    'all at once, and checked, but without gates: until the first new pod has been checked nobody is in service',
    async () => {
      const { load, pods, registered } = await update({ ...four, ...atOnce }, { ...checked, ...draining });
      console.log(`without readiness gates: ${load.served} served, lost ${JSON.stringify(kinds(load))}`);
      // What is lost was answered by the load balancer, and never by a pod that is not there.
      expect(load.lost.filter(({ what }) => what !== '503')).toEqual([]);
      expect(load.lost.length).toBeGreaterThan(0);
      expect(registered).toEqual(pods.addresses);
    },
    patienceMs,
  );

  it(
    'without draining cuts what takes long, and nothing else',
    async () => {
      const { load, pods, registered } = await update(four, {});
      expect(load.lost.filter(({ kind }) => kind !== 'held')).toEqual([]);
      expect(registered).toEqual(pods.addresses);
    },
    patienceMs,
  );

  it(
    'is noticed by clients where all pods end at once and at the same time, whatever else is set',
    async () => {
      const { load, pods, registered } = await update({ ...four, ...atOnce, preStopMs: 0 }, draining);
      expect(load.lost.length).toBeGreaterThan(0);
      expect(registered).toEqual(pods.addresses);
    },
    patienceMs,
  );
});
