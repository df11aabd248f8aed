/** The promises about members that are counts: of calls of the cloud and of the API server, of messages and of invocations. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '#infra/local/service.ts';
import { mergeSlices } from '#shared/kube/endpoint-reader.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { digestOf } from '#shared/model/wanted-servers.ts';
import { emptyServiceLedger, type ServiceLedger } from '#shared/step/record.ts';
import { createRecords, isTaken } from '#shared/step/records.ts';
import { aCafe, anEndpointSlice, aStage, ipOfMany, manyIps, podIp, serviceName } from '#test/support/cafe.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { percentile, rollout, seeded } from '#test/support/rollout.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(async () => {
  await bench?.stop();
  bench = undefined;
});

/** One Service that so many Ingresses use; more than one path each needs no group more. */
function aSharedService(ingresses: number, ips: readonly string[]): readonly KubeObject[] {
  return [
    ...aStage(),
    aService('coffee'),
    anEndpointSlice('coffee', ips),
    ...Array.from({ length: ingresses }, (_, index) =>
      anIngress({ name: `ingress-${index}`, host: `host-${index}.example.com`, paths: [aPath('/', 'coffee')] }),
    ),
  ];
}

async function settledWith(objects: readonly KubeObject[], pods: readonly string[], settings: unknown = {}): Promise<Workbench> {
  bench = await createWorkbench(objects, pods, settings);
  bench.resync();
  await bench.settle();
  await bench.calls();
  return bench;
}

async function endpointsBecome({ kube, membersChanged }: Workbench, ips: readonly string[], service = 'coffee'): Promise<void> {
  const { endpoints, metadata } = anEndpointSlice(service, ips);
  await kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: metadata.name }, { endpoints });
  membersChanged('shop', service);
}

const names = (calls: readonly JournalEntry[], write: boolean): readonly string[] =>
  calls.filter((one) => one.write === write).map((one) => (one.code === '' ? one.action : `${one.action} ${one.code}`));

/** The groups that have servers, by id, and how many each has in force; the smallest number seen is kept. */
async function watchForce({ alb }: Workbench) {
  const held = ((await alb.state())['serverGroups'] ?? []) as readonly {
    readonly ServerGroupId: string;
    readonly Servers: readonly unknown[];
  }[]; // the snapshot's shape
  const [id = ''] = held.filter((one) => one.Servers.length > 0).map((one) => one.ServerGroupId);
  const servers = () => alb.service.view.group(id)?.Servers ?? [];
  const seen: number[] = [];
  const stop = alb.service.view.onChange(() => seen.push(servers().length));
  return {
    now: () =>
      servers()
        .map((one) => one.ServerIp)
        .sort(),
    seen,
    stop,
  };
}

describe('the members of a Service', () => {
  it('of 50 Ingresses change by one write and two reads, in one invocation, with four calls of the API server', async () => {
    const on = await settledWith(aSharedService(50, manyIps(0, 3)), manyIps(0, 5));
    await endpointsBecome(on, manyIps(0, 4));
    const before = on.kube.calls.length;
    expect(await on.settle()).toBe(1);
    const calls = await on.calls();
    expect(names(calls, true)).toEqual(['AddServersToServerGroup']);
    expect(names(calls, false)).toEqual(['DescribeNetworkInterfaces', 'ListAsynJobs']);
    expect(on.kube.calls.slice(before).map((one) => `${one.verb} ${one.kind}`)).toEqual([
      'get Lease',
      'replace Lease',
      'list EndpointSlice',
      'replace Lease',
    ]);
  });

  it('come from none to a thousand by five writes', async () => {
    const on = await settledWith(aSharedService(1, []), manyIps(0, 1000));
    await endpointsBecome(on, manyIps(0, 1000));
    await on.settle();
    expect(names(await on.calls(), true)).toEqual(Array.from({ length: 5 }, () => 'AddServersToServerGroup'));
    expect((await watchForce(on)).now()).toHaveLength(1000);
  });

  for (const count of [40, 200]) {
    it(`are all ${count} replaced by one write, and never fewer than before`, async () => {
      const on = await settledWith(aSharedService(1, manyIps(0, count)), manyIps(0, 2 * count));
      const force = await watchForce(on);
      await endpointsBecome(on, manyIps(count, count));
      await on.settle();
      expect(names(await on.calls(), true)).toEqual(['ReplaceServersInServerGroup']);
      expect(force.now()).toEqual([...manyIps(count, count)].sort());
      expect(Math.min(...force.seen)).toBe(count);
    });
  }

  it('go to none only when a second reading says so too', async () => {
    const on = await settledWith(aSharedService(1, manyIps(0, 3)), manyIps(0, 3));
    await endpointsBecome(on, []);
    const before = on.kube.calls.length;
    await on.settle();
    expect(names(await on.calls(), true)).toEqual(['RemoveServersFromServerGroup']);
    expect(on.kube.calls.slice(before).filter((one) => one.kind === 'EndpointSlice')).toHaveLength(2);
  });
});

describe('a restart of the forwarder', () => {
  it('costs one message and no call of the cloud when a thousand Services are as they were', async () => {
    const { objects, pods } = aCafe(20);
    const on = await settledWith(objects, pods);
    // As the lane leaves them: a group, and the digest of what was applied.
    const rule = { albConfig: 'cafe', mode: 'eni', portName: 'http' } as const;
    const records = createRecords(on.kube);
    for (let index = 21; index <= 1000; index++) {
      const key = { kind: 'Service', cluster: on.key.cluster, namespace: 'shop', name: serviceName(index) } as const;
      const slice = anEndpointSlice(serviceName(index), [ipOfMany(index)]);
      await on.kube.create(slice);
      await records.setGroups(key, 'cafe', { [`sgp-${index}`]: rule });
      const claim = await records.claim<ServiceLedger>(key, { holder: 'before', claimSeconds: 60 }, emptyServiceLedger);
      if (isTaken(claim)) throw new Error('nobody else is here');
      const digest = digestOf(rule, { endpoints: mergeSlices([slice]), nodes: [] });
      await claim.release({ members: { [`sgp-${index}`]: { digest, wanted: 1, registered: 1, servers: [] } } });
    }
    on.resync();
    expect(await on.settle()).toBe(1);
    expect(await on.calls()).toEqual([]);
    await on.kube.mergePatch(
      { kind: 'EndpointSlice', namespace: 'shop', name: `${serviceName(1)}-slice` },
      { endpoints: anEndpointSlice(serviceName(1), [podIp(1, 5)]).endpoints },
    );
    on.resync();
    expect(await on.settle()).toBe(2);
    expect(names(await on.calls(), true)).toEqual(['ReplaceServersInServerGroup']);
  });
});

describe('a pod that becomes ready', () => {
  it('is registered within 1.5 s in the middle and 5 s at the worst but one in a hundred, of virtual time', async () => {
    const random = seeded(2026);
    const lonely = Array.from({ length: 150 }, () => Math.floor(random() * 60_000));
    // Deployments that come up at once: forty pods within a second.
    const bursts = [10_000, 30_000, 45_000].flatMap((from) => Array.from({ length: 40 }, () => from + Math.floor(random() * 1000)));
    const arrivals = [...lonely, ...bursts].map((at, index) => ({
      at,
      service: index < lonely.length ? `service-${index % 12}` : `burst-${Math.floor((index - lonely.length) / 40)}`,
      ip: ipOfMany(index),
    }));
    const { latencies, ...counts } = await rollout(arrivals, { windowMs: 200, callMs: 50, jobMs: 500, queueMs: 300 });
    const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    console.log(`pod ready to registered: p50 ${p50} ms, p99 ${p99} ms`, counts);
    expect(latencies).toHaveLength(arrivals.length);
    expect(p50).toBeLessThanOrEqual(1500);
    expect(p99).toBeLessThanOrEqual(5000);
  });

  it('is one of a hundred of a rollout that cost few calls', async () => {
    const random = seeded(5);
    const arrivals = Array.from({ length: 100 }, (_, index) => ({
      at: Math.floor(random() * 20_000),
      service: 'coffee',
      ip: ipOfMany(index),
    }));
    const { cloudCalls, writes } = await rollout(arrivals, { windowMs: 200, callMs: 50, jobMs: 500, queueMs: 300 });
    expect(writes).toBeLessThanOrEqual(20);
    expect(cloudCalls).toBeLessThanOrEqual(60);
  });
});
