/** A Service bound by annotation to a server group that was made elsewhere. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { Alb, Server } from '#shared/cloud/alb/port.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { groupSettings } from '#test/support/alb-settings.ts';
import { anEndpointSlice } from '#test/support/cafe.ts';
import { aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const annotation = 'alb.ingress.kubernetes.io/server-group-id';
const pods = ['10.64.1.1', '10.64.1.2', '10.64.1.3', '10.64.1.4'];
const eniOf = (ip: string): string => `eni-${ip.replaceAll('.', '-')}`;

let bench: Workbench;
let alb: Alb;
let group: string;

const make = async (token: string, tags: Readonly<Record<string, string>> = {}): Promise<string> => {
  const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-local' } as const;
  const made = await alb.createServerGroup({ settings: groupSettings({ serverGroupName: token }), fixed, tags, clientToken: token });
  bench.alb.clock.advance(1000);
  return made.serverGroupId;
};

const annotate = async (id: string | null): Promise<void> => {
  await bench.kube.mergePatch({ kind: 'Service', namespace: 'shop', name: 'coffee' }, { metadata: { annotations: { [annotation]: id } } });
  bench.membersChanged('shop', 'coffee', { whole: true });
  await bench.run(10_000);
};

const endpoints = async (ips: readonly string[]): Promise<void> => {
  await bench.kube.mergePatch(
    { kind: 'EndpointSlice', namespace: 'shop', name: 'coffee-slice' },
    { endpoints: anEndpointSlice('coffee', ips).endpoints },
  );
  bench.membersChanged('shop', 'coffee');
  await bench.run(10_000);
};

const held = async (id = group): Promise<readonly string[]> => (await alb.listServers(id)).map((one) => one.serverIp).sort();
const tagsOf = async (id = group): Promise<unknown> => (await alb.getServerGroups([id]))[0]?.tags;
const told = (): readonly string[] =>
  bench.kube
    .held<KubeObject & { readonly type: string; readonly reason: string }>('Event')
    .flatMap((one) => (one.type === 'Warning' ? [one.reason] : []));
const writes = async (): Promise<readonly string[]> => (await bench.calls()).filter((one) => one.write).map((one) => one.action);
const records = (): readonly string[] => bench.kube.held('Lease').map((one) => one.metadata.name);
const ours = { 'ack.aliyun.com': 'c-local', 'ingress.k8s.alibaba/service_ns': 'shop', 'ingress.k8s.alibaba/service_name': 'coffee' };

beforeEach(async () => {
  bench = await createWorkbench(
    [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, aService('coffee'), anEndpointSlice('coffee', pods.slice(0, 2))],
    pods,
  );
  alb = createAlb(bench.alb.options);
  group = await make('elsewhere');
});
afterEach(async () => {
  alb.close();
  await bench.stop();
});

describe('a Service that is bound to a server group', () => {
  it('fills it without any Ingress, tags it, follows its endpoints, and lets it go as it was', async () => {
    await annotate(group);
    expect(await held()).toEqual(pods.slice(0, 2));
    expect(await tagsOf()).toEqual(ours);
    await endpoints(pods.slice(1, 3));
    expect(await held()).toEqual(pods.slice(1, 3));
    await annotate(null);
    expect(await held()).toEqual([]);
    expect(await tagsOf()).toEqual({});
    expect(records()).toEqual([]);
    expect(told()).toEqual([]);
  });

  it('costs one write when an endpoint changes, and none when nothing does', async () => {
    await annotate(group);
    await bench.calls();
    await endpoints(pods.slice(0, 3));
    expect(await writes()).toEqual(['AddServersToServerGroup']);
    bench.membersChanged('shop', 'coffee', { whole: true });
    bench.resync();
    await bench.run(10_000);
    expect(await bench.calls()).toEqual([]);
  });

  it('never touches a server that somebody else has put there', async () => {
    const [, second = '', third = ''] = pods;
    const theirs: readonly Server[] = [second, third].map((ip) => ({
      serverType: 'Eni',
      serverId: eniOf(ip),
      serverIp: ip,
      port: 8080,
      weight: 10,
    }));
    await alb.addServers(group, theirs, 'theirs');
    bench.alb.clock.advance(1000);
    await annotate(group);
    expect(await held()).toEqual(pods.slice(0, 3));
    await endpoints([pods[3] ?? '']);
    expect(await held()).toEqual(pods.slice(1, 4));
    await annotate(null);
    expect(await alb.listServers(group)).toEqual(theirs.map((one) => expect.objectContaining(one)));
  });

  it('moves to another group when the annotation says so', async () => {
    await annotate(group);
    const other = await make('another');
    await annotate(other);
    expect([await held(), await held(other)]).toEqual([[], pods.slice(0, 2)]);
    expect([await tagsOf(), await tagsOf(other)]).toEqual([{}, ours]);
  });

  it('leaves it when the Service is removed, also when nobody was told', async () => {
    await annotate(group);
    await bench.kube.remove({ kind: 'Service', namespace: 'shop', name: 'coffee' });
    bench.resync();
    await bench.run(10_000);
    expect(await held()).toEqual([]);
    expect(await tagsOf()).toEqual({});
    expect(records()).toEqual([]);
  });

  it('is found by a resync when nobody told of its annotation', async () => {
    await bench.kube.mergePatch(
      { kind: 'Service', namespace: 'shop', name: 'coffee' },
      { metadata: { annotations: { [annotation]: group } } },
    );
    bench.resync();
    await bench.run(10_000);
    expect(await held()).toEqual(pods.slice(0, 2));
  });

  it('leaves no trace when whoever bound it died half-way, and it is wanted no more by then', async () => {
    for (let calls = 0; ; calls += 1) {
      bench.dieAfter(calls, true);
      await annotate(group);
      if (!bench.died()) break;
      await annotate(null);
      await bench.settle();
      expect([await held(), await tagsOf(), records()], `after ${calls} calls`).toEqual([[], {}, []]);
    }
    expect(await held()).toEqual(pods.slice(0, 2));
  });

  it('is forgotten when the group is not there any more', async () => {
    await annotate(group);
    await alb.deleteServerGroup(group, 'gone');
    bench.alb.clock.advance(1000);
    await annotate(null);
    expect(records()).toEqual([]);
  });
});

describe('a binding that cannot be', () => {
  for (const [what, tags] of Object.entries({
    'another cluster': { 'ack.aliyun.com': 'c-other' },
    'an AlbConfig of this cluster': { 'ack.aliyun.com': 'c-local', 'ingress.k8s.alibaba/albconfig': 'kube-system/cafe' },
    'another Service': { ...ours, 'ingress.k8s.alibaba/service_name': 'tea' },
  })) {
    it(`is refused and told once: the group belongs to ${what}`, async () => {
      const taken = await make('taken', tags);
      await bench.calls();
      await annotate(taken);
      await bench.run(30_000);
      expect(await writes()).toEqual([]);
      expect(told()).toEqual(['BOUND-GROUP-TAKEN']);
    });
  }

  it('is told when the group is missing, and made when it is there', async () => {
    await annotate('sgp-missing');
    expect(told()).toEqual(['BOUND-GROUP-MISSING']);
    await annotate(group);
    expect(await held()).toEqual(pods.slice(0, 2));
  });

  it('is told when the Service has more ports than one', async () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'more', port: 81 },
    ];
    await bench.kube.mergePatch({ kind: 'Service', namespace: 'shop', name: 'coffee' }, { spec: { ports } });
    await annotate(group);
    expect(told()).toEqual(['BOUND-PORTS']);
    expect(await held()).toEqual([]);
  });
});
