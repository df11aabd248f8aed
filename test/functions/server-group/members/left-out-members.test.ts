/** What the service does not take: who is left out, who is told, what it costs, and how it comes right by itself. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { groupSettings } from '#test/support/alb-settings.ts';
import { anEndpointSlice, aStage, ipOfMany, manyIps } from '#test/support/cafe.ts';
import { podInterface } from '#test/support/local-alb.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(async () => {
  await bench?.stop();
  bench = undefined;
});

const shop = (services: Readonly<Record<string, readonly string[]>>): readonly KubeObject[] => [
  ...aStage(),
  ...Object.entries(services).flatMap(([name, ips]) => [
    aService(name),
    anEndpointSlice(name, ips),
    anIngress({ name, host: `${name}.example.com`, paths: [aPath('/', name)] }),
  ]),
];

async function open(services: Readonly<Record<string, readonly string[]>>, pods: readonly string[], settings: unknown = {}) {
  bench = await createWorkbench(shop(services), pods, settings);
  bench.resync();
  await bench.run(60_000);
  await bench.calls();
  return bench;
}

async function endpointsBecome(on: Workbench, service: string, ips: readonly string[]): Promise<void> {
  const { endpoints, metadata } = anEndpointSlice(service, ips);
  await on.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: metadata.name }, { endpoints });
  on.membersChanged('shop', service);
}

interface HeldGroup {
  readonly ServerGroupId: string;
  readonly ServerGroupName: string;
  readonly Servers: readonly { readonly ServerIp: string }[];
}

const groupOf = async ({ alb }: Workbench, service: string): Promise<HeldGroup | undefined> =>
  (((await alb.state())['serverGroups'] ?? []) as unknown as readonly HeldGroup[]).find((one) => one.ServerGroupName.includes(service)); // the snapshot's shape

const registered = async (on: Workbench, service: string): Promise<readonly string[]> =>
  ((await groupOf(on, service))?.Servers ?? []).map((one) => one.ServerIp).sort();

const told = ({ kube }: Workbench): readonly string[] =>
  kube
    .held<KubeObject & { readonly reason: string; readonly involvedObject: { readonly name: string }; readonly type: string }>('Event')
    .filter((one) => one.type === 'Warning')
    .map((one) => `${one.reason} ${one.involvedObject.name}`);

const writes = async (on: Workbench): Promise<readonly string[]> =>
  (await on.calls()).filter((one) => one.write).map((one) => (one.code === '' ? one.action : `${one.action} ${one.code}`));

describe('a server that the service refuses', () => {
  it('keeps none of the other 59 out, is named, and is tried again when it can be had', async () => {
    const on = await open({ coffee: [ipOfMany(0)], tea: [ipOfMany(100)] }, manyIps(0, 101), { quotas: { groupsPerServer: 1 } });
    const alb = createAlb(on.alb.options);
    const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-local' } as const;
    const elsewhere = await alb.createServerGroup({ settings: groupSettings(), fixed, tags: {}, clientToken: 'elsewhere' });
    on.alb.clock.advance(1000);
    const bad = {
      serverType: 'Eni',
      serverId: `eni-${ipOfMany(17).replaceAll('.', '-')}`,
      serverIp: ipOfMany(17),
      port: 80,
      weight: 100,
    } as const;
    await alb.addServers(elsewhere.serverGroupId, [bad], 'taken');
    on.alb.clock.advance(1000);
    await on.calls();
    await endpointsBecome(on, 'coffee', manyIps(0, 60));
    await on.run(10_000);
    expect(await registered(on, 'coffee')).toEqual(
      manyIps(0, 60)
        .filter((ip) => ip !== ipOfMany(17))
        .sort(),
    );
    expect(told(on)).toEqual(['MEMBER-REFUSED coffee']);
    const cost = await writes(on);
    // The batch, its halves down to the one, and what is beside it.
    expect(cost.length).toBeLessThanOrEqual(12);
    await endpointsBecome(on, 'coffee', manyIps(0, 61));
    await on.run(5000);
    // What is known to be refused is not asked for again with every change.
    expect(await writes(on)).toEqual(['AddServersToServerGroup']);
    await alb.removeServers(elsewhere.serverGroupId, [bad], 'free');
    await on.run(120_000);
    expect(await registered(on, 'coffee')).toEqual([...manyIps(0, 61)].sort());
    expect(told(on)).toEqual(['MEMBER-REFUSED coffee']);
    alb.close();
  });
});

describe('an address that the cloud does not know', () => {
  it('is told once, looked up again and again, and keeps the others from nothing', async () => {
    const on = await open({ coffee: [ipOfMany(0)] }, manyIps(0, 3));
    await endpointsBecome(on, 'coffee', [...manyIps(0, 3), '10.64.99.1']);
    await on.run(5000);
    expect(await registered(on, 'coffee')).toEqual([...manyIps(0, 3)].sort());
    await on.run(60_000);
    expect(told(on)).toEqual(['MEMBER-NO-INTERFACE coffee']);
    expect(await writes(on)).toEqual(['AddServersToServerGroup']);
  });

  it('is told, and nobody who serves goes for it, when it is all that is wanted', async () => {
    const on = await open({ coffee: manyIps(0, 2) }, manyIps(0, 2));
    await endpointsBecome(on, 'coffee', ['10.64.99.1']);
    await on.run(30_000);
    expect(told(on)).toEqual(['MEMBER-NO-INTERFACE coffee']);
    expect(await registered(on, 'coffee')).toEqual(manyIps(0, 2));
    await on.alb.put(
      'network',
      [...manyIps(0, 2), '10.64.99.1'].map((ip, index) => podInterface(`eni-${index}`, ip)),
    );
    await on.run(60_000);
    expect(await registered(on, 'coffee')).toEqual(['10.64.99.1']);
    expect(await writes(on)).toEqual(['ReplaceServersInServerGroup']);
  });

  it.each(['alone', 'in one batch with news'])('is looked for by a message that comes before its time, %s', async (how) => {
    const on = await open({ coffee: [ipOfMany(0)] }, manyIps(0, 3));
    await endpointsBecome(on, 'coffee', [ipOfMany(0), '10.64.99.1']);
    await on.run(500);
    // The clocks of API servers differ, and say the time in whole seconds.
    on.kube.advance(-900);
    if (how !== 'alone') on.membersChanged('shop', 'coffee', { delaySeconds: 0.5 });
    await on.run(600);
    await on.alb.put('network', [podInterface('eni-first', ipOfMany(0)), podInterface('eni-late', '10.64.99.1')]);
    await on.run(30_000);
    expect(await registered(on, 'coffee')).toEqual([ipOfMany(0), '10.64.99.1'].sort());
  });

  it('is looked for by one message, however often the Service changes', async () => {
    const on = await open({ coffee: [ipOfMany(0)] }, manyIps(0, 3));
    for (let change = 0; change < 8; change++) {
      await endpointsBecome(on, 'coffee', [...manyIps(0, 1 + (change % 3)), '10.64.99.1']);
      await on.run(3000);
    }
    await on.run(300_000);
    await on.calls();
    await on.run(600_000);
    // Once every ten minutes at the most, and somewhat more often after the last change.
    expect((await on.calls()).length).toBeLessThanOrEqual(3);
  });
});

describe('addresses that nobody can be asked for', () => {
  it('keep pods that are gone from nothing, of whichever Service, and are added when they can be asked for', async () => {
    const on = await open({ coffee: manyIps(0, 2), tea: manyIps(100, 2) }, manyIps(0, 103));
    await on.alb.put('faults', [{ match: { action: 'DescribeNetworkInterfaces' }, times: 100, kind: 'reset' }]);
    await endpointsBecome(on, 'coffee', manyIps(1, 2));
    await endpointsBecome(on, 'tea', [ipOfMany(100)]);
    await on.run(3000);
    expect(await registered(on, 'coffee')).toEqual([ipOfMany(1)]);
    expect(await registered(on, 'tea')).toEqual([ipOfMany(100)]);
    // All of them are new: who is there stays until one of them can be added.
    await endpointsBecome(on, 'tea', manyIps(101, 2));
    await on.run(3000);
    expect(await registered(on, 'tea')).toEqual([ipOfMany(100)]);
    await on.alb.put('faults', []);
    await on.run(120_000);
    expect(await registered(on, 'coffee')).toEqual([...manyIps(1, 2)].sort());
    expect(await registered(on, 'tea')).toEqual([...manyIps(101, 2)].sort());
    // It is not they that are wrong.
    expect(told(on)).toEqual([]);
  });
});

describe('an address that another pod has been given', () => {
  it('is registered by the interface that holds it now', async () => {
    const on = await open({ coffee: manyIps(0, 2) }, manyIps(0, 3));
    await endpointsBecome(on, 'coffee', [ipOfMany(0)]);
    await on.run(5000);
    await on.alb.put('network', [podInterface('eni-first', ipOfMany(0)), podInterface('eni-another', ipOfMany(1))]);
    await endpointsBecome(on, 'coffee', manyIps(0, 2));
    await on.run(5000);
    expect((await groupOf(on, 'coffee'))?.Servers).toContainEqual(
      expect.objectContaining({ ServerIp: ipOfMany(1), ServerId: 'eni-another' }),
    );
  });
});

describe('a quota of servers', () => {
  const settings = { quotas: { serversPerLoadBalancer: { Basic: 200, Standard: 20, StandardWithWaf: 20 } } };

  it('is filled as far as it goes, told once, and fewer wanted ones come right by themselves', async () => {
    const on = await open({ coffee: manyIps(0, 2), tea: manyIps(100, 2) }, manyIps(0, 200), settings);
    await endpointsBecome(on, 'coffee', manyIps(0, 50));
    await on.run(20_000);
    const held = await registered(on, 'coffee');
    expect(held).toHaveLength(18);
    expect(held).toEqual(expect.arrayContaining([...manyIps(0, 2)]));
    expect(told(on)).toEqual(['MEMBERS-QUOTA coffee']);
    expect((await writes(on)).length).toBeLessThanOrEqual(14);
    await endpointsBecome(on, 'tea', [ipOfMany(101)]);
    await on.run(5000);
    expect(await registered(on, 'tea')).toEqual([ipOfMany(101)]);
    await endpointsBecome(on, 'coffee', manyIps(0, 10));
    await on.run(5000);
    expect(await registered(on, 'coffee')).toEqual([...manyIps(0, 10)].sort());
    expect(told(on)).toEqual(['MEMBERS-QUOTA coffee']);
  });

  it('does not keep pods from being exchanged: what goes makes room', async () => {
    const on = await open({ coffee: manyIps(0, 15) }, manyIps(0, 200), settings);
    await endpointsBecome(on, 'coffee', manyIps(15, 18));
    await on.run(20_000);
    expect(await registered(on, 'coffee')).toEqual([...manyIps(15, 18)].sort());
  });

  it('of a group is a thousand: those that are there stay, the rest is told', async () => {
    const on = await open({ coffee: manyIps(500, 10) }, manyIps(0, 1100), {
      quotas: { serversPerLoadBalancer: { Basic: 200, Standard: 2000, StandardWithWaf: 2000 } },
    });
    await endpointsBecome(on, 'coffee', manyIps(0, 1010));
    await on.run(30_000);
    const held = await registered(on, 'coffee');
    expect(held).toHaveLength(1000);
    expect(held).toEqual(expect.arrayContaining([...manyIps(500, 10)]));
    expect(told(on)).toEqual(['MEMBERS-QUOTA coffee']);
    expect((await writes(on)).filter((one) => one !== 'AddServersToServerGroup')).toEqual([]);
  });
});
