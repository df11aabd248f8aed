/** Every way in which a Service's endpoints become servers (semantics 7.2), with requests through them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '#shared/model/wish.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';
import type { Family, WorldPod } from '#test/support/world-pods.ts';

let world: MembersWorld;
beforeAll(async () => {
  world = await membersWorld();
});
afterAll(() => world?.stop());

const ingress = (name: string, annotations: Readonly<Record<string, string>> = {}) => annotated(name, annotations, [aPath('/', name)]);

const inFamilies = (...ipFamilies: readonly Family[]) => ({ ipFamilies });

describe('mode eni', () => {
  it('registers pods of a ClusterIP Service by their addresses, as they come and go', async () => {
    const first = await world.addPod('plain');
    await world.apply(aService('plain'), ingress('plain'));
    expect(await world.goesTo({ host: hostOf('plain') })).toBe('plain');
    expect(await world.registered('plain')).toEqual([`Eni ${first.addresses[0]?.ip}:8080`]);
    let second = first;
    const elsewhere = await world.during('plain', async () => {
      second = await world.addPod('plain');
      await world.dropPod(first);
    });
    expect(elsewhere).toEqual([]);
    expect(await world.registered('plain')).toEqual([`Eni ${second.addresses[0]?.ip}:8080`]);
    await expectQuiet(world);
  });

  it('registers pods of a headless Service', async () => {
    await world.addPod('headless');
    await world.apply(
      aService('headless', { spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }),
      ingress('headless'),
    );
    expect(await world.goesTo({ host: hostOf('headless') })).toBe('headless');
    await expectQuiet(world);
  });

  it('leaves out an address that no interface has, serves by the others, and takes it in once it has one', async () => {
    await world.addPod('strange');
    const late = await world.addPod('strange', { unknown: true });
    const ip = String(late.addresses[0]?.ip);
    await world.write(aService('strange'), ingress('strange'));
    await world.bench.run(60_000);
    expect(await world.goesTo({ host: hostOf('strange') })).toBe('strange');
    expect(await world.registered('strange')).toHaveLength(1);
    await world.attach(late);
    await world.settle();
    expect(await world.registered('strange')).toContain(`Eni ${ip}:8080`);
    await expectQuiet(world);
  });
});

/** A Service with a node port of its own. */
const portService = (
  name: string,
  nodePort: number,
  more: NonNullable<Service['spec']> = {},
  annotations: Readonly<Record<string, string>> = {},
): Service =>
  aService(name, { spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort }], ...more }, annotations });

describe('mode cluster', () => {
  it('registers every eligible node with the node port, whether or not pods are on it', async () => {
    await world.addNode('one');
    await world.addNode('two', { zone: 'b' });
    await world.addNode('broken', { ready: false });
    await world.addNode('leaving', { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] });
    await world.addNode('control', { labels: { 'node-role.kubernetes.io/control-plane': '' } });
    await world.addPod('by-node', { node: 'one' });
    await world.apply(portService('by-node', 30_081), ingress('by-node'));
    expect(await world.registered('by-node')).toEqual(['Ecs i-one-1:30081', 'Ecs i-two-1:30081']);
    expect(await world.spread(4, { host: hostOf('by-node') })).toEqual({ 'by-node': 4 });
    await expectQuiet(world);
  });

  it('takes in a node that becomes Ready, and lets go of one that goes, while requests go on', async () => {
    const elsewhere = await world.during('by-node', async () => {
      await world.changeNode('broken', { ready: true });
      await world.changeNode('two', { zone: 'b', ready: false });
    });
    expect(elsewhere).toEqual([]);
    expect(await world.registered('by-node')).toEqual(['Ecs i-broken-1:30081', 'Ecs i-one-1:30081']);
    await world.changeNode('two', { zone: 'b' });
    await world.removeNode('broken');
    await world.settle();
    expect(await world.registered('by-node')).toEqual(['Ecs i-one-1:30081', 'Ecs i-two-1:30081']);
    await expectQuiet(world);
  });

  it('calls nothing when a pod comes: the nodes are the same', async () => {
    await world.bench.calls();
    await world.addPod('by-node', { node: 'two' });
    await world.settle();
    expect((await world.bench.calls()).map((one) => one.action)).toEqual([]);
  });

  it('asks the cloud for the instance of a node that does not say it', async () => {
    await world.addNode('silent', { silent: true });
    await world.settle();
    expect(await world.registered('by-node')).toContain('Ecs i-silent-1:30081');
    await expectQuiet(world);
    await world.removeNode('silent');
    await world.settle();
    expect(await world.registered('by-node')).toEqual(['Ecs i-one-1:30081', 'Ecs i-two-1:30081']);
  });

  it('of a LoadBalancer Service is the same', async () => {
    await world.addPod('balanced', { node: 'one' });
    await world.apply(portService('balanced', 30_082, { type: 'LoadBalancer' }), ingress('balanced'));
    expect(await world.registered('balanced')).toEqual(['Ecs i-one-1:30082', 'Ecs i-two-1:30082']);
    expect(await world.goesTo({ host: hostOf('balanced') })).toBe('balanced');
    await expectQuiet(world);
  });

  it('registers pods on virtual nodes by their interfaces beside the nodes', async () => {
    await world.addNode('virtual', { virtual: true });
    const pod = await world.addPod('balanced', { node: 'virtual' });
    await world.settle();
    expect(await world.registered('balanced')).toEqual(
      ['Ecs i-one-1:30082', 'Ecs i-two-1:30082', `Eni ${pod.addresses[0]?.ip}:8080`].sort(),
    );
    expect(await world.spread(6, { host: hostOf('balanced') })).toEqual({ balanced: 6 });
    expect(world.served(pod.name)).toBeGreaterThan(0);
    await world.dropPod(pod);
    await world.settle();
    expect(await world.registered('balanced')).toHaveLength(2);
    await expectQuiet(world);
  });
});

describe('mode local', () => {
  it('registers the nodes that host pods, by as many as they host, and follows them', async () => {
    const pods = [await world.addPod('local', { node: 'one' }), await world.addPod('local', { node: 'one' })];
    await world.apply(portService('local', 30_083, { externalTrafficPolicy: 'Local' }), ingress('local'));
    expect(await world.registered('local')).toEqual(['Ecs i-one-1:30083 weight 2']);
    const elsewhere = await world.during('local', async () => {
      await world.addPod('local', { node: 'two' });
      await world.dropPod(pods[0] as WorldPod);
    });
    expect(elsewhere).toEqual([]);
    expect(await world.registered('local')).toEqual(['Ecs i-one-1:30083 weight 1', 'Ecs i-two-1:30083 weight 1']);
    expect(await world.spread(4, { host: hostOf('local') })).toEqual({ local: 4 });
    await expectQuiet(world);
  });

  it('becomes cluster with the Service, and eni by annotation, while requests go on', async () => {
    const turns: readonly (readonly [what: Service, servers: number])[] = [
      [portService('local', 30_083), 2],
      [portService('local', 30_083, {}, { 'service.beta.kubernetes.io/backend-type': 'eni' }), 2],
      [aService('local'), 2],
      [portService('local', 30_083, { externalTrafficPolicy: 'Local' }), 2],
    ];
    for (const [service, servers] of turns) {
      expect(await world.during('local', () => world.write(service))).toEqual([]);
      expect(await world.registered('local')).toHaveLength(servers);
      expect(await world.goesTo({ host: hostOf('local') })).toBe('local');
      await expectQuiet(world);
    }
  });
});

describe('mode ip', () => {
  it('registers addresses as they are: those of pods, and those that are in no VPC of ours', async () => {
    const pod = await world.addPod('bare');
    await world.addPod('bare', { outside: '172.30.1.1' });
    await world.apply(aService('bare'), ingress('bare', { 'server-group-type': 'Ip' }));
    expect(await world.registered('bare')).toEqual([`Ip ${pod.addresses[0]?.ip}:8080`, 'Ip 172.30.1.1:8080'].sort());
    expect(await world.spread(4, { host: hostOf('bare') })).toEqual({ bare: 4 });
    await expectQuiet(world);
  });
});

describe('IPv6', () => {
  it('registers the pods of an IPv6 Service by the interfaces that hold the addresses', async () => {
    const pod = await world.addPod('six', { families: ['IPv6'] });
    await world.apply(
      aService('six', { spec: { ...inFamilies('IPv6'), type: 'ClusterIP', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }),
      ingress('six'),
    );
    expect(await world.registered('six')).toEqual([`Eni ${pod.addresses[0]?.ip}:8080`]);
    expect(await world.goesTo({ host: hostOf('six') })).toBe('six');
    await expectQuiet(world);
  });

  it.each(['IPv4', 'IPv6'] as const)('registers each pod of a dual-stack Service once, by the first family: %s', async (first) => {
    const name = `dual-${first.toLowerCase()}`;
    const families = first === 'IPv4' ? (['IPv4', 'IPv6'] as const) : (['IPv6', 'IPv4'] as const);
    const pods = [await world.addPod(name, { families }), await world.addPod(name, { families })];
    await world.apply(
      aService(name, { spec: { ...inFamilies(...families), type: 'ClusterIP', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }),
      ingress(name),
    );
    expect(await world.registered(name)).toEqual(pods.map((one) => `Eni ${one.addresses[0]?.ip}:8080`).sort());
    expect(await world.spread(4, { host: hostOf(name) })).toEqual({ [name]: 4 });
    await expectQuiet(world);
  });
});

describe('no mode', () => {
  it('is there for an ExternalName, and the Ingress is told', async () => {
    await world.apply(aService('elsewhere', { spec: { type: 'ExternalName', ports: [{ name: 'http', port: 80 }] } }), ingress('elsewhere'));
    expect(await world.goesTo({ host: hostOf('elsewhere') })).toBe(503);
    expect(world.warnings('Ingress/elsewhere').map((one) => one.reason)).toEqual(['BACKEND-MODE']);
    await expectQuiet(world);
  });
});
