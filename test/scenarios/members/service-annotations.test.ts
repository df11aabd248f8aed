/** What annotations of Services, and labels of nodes, say about backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '#shared/model/wish.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';

type Annotations = Readonly<Record<string, string>>;

const backendType = 'service.beta.kubernetes.io/backend-type';
const backendLabel = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-backend-label';
const removeUnscheduled = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend';

let world: MembersWorld;
beforeAll(async () => {
  world = await membersWorld();
  await world.addNode('one', { labels: { pool: 'web', size: 'big' } });
  await world.addNode('two', { labels: { pool: 'web' } });
  await world.addNode('three');
});
afterAll(() => world?.stop());

const ports = new Map<string, number>();
const portOf = (name: string): number => {
  const port = ports.get(name) ?? 30_100 + ports.size;
  ports.set(name, port);
  return port;
};
const nodePort = (name: string, annotations: Annotations = {}): Service =>
  aService(name, {
    annotations,
    spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: portOf(name) }] },
  });
const ingress = (name: string) => annotated(name, {}, [aPath('/', name)]);

/** Names of the nodes that are servers. */
const nodesOf = async (name: string): Promise<readonly string[]> =>
  (await world.registered(name)).map((one) => /^Ecs i-(\w+)-\d+:/.exec(one)?.[1] ?? one).sort();

/** Another Service of the same name, while requests go on. */
async function change(service: Service): Promise<void> {
  expect(await world.during(service.metadata.name, () => world.write(service))).toEqual([]);
  await expectQuiet(world);
}

async function serve(name: string, annotations: Annotations = {}): Promise<void> {
  await world.addPod(name, { node: 'one' });
  await world.apply(nodePort(name, annotations), ingress(name));
  expect(await world.goesTo({ host: hostOf(name) })).toBe(name);
}

describe('annotation service.beta.kubernetes.io/backend-type', () => {
  it('eni: the pods of a Service with node ports are reached by their addresses; ecs, or nothing: the nodes are', async () => {
    await serve('typed');
    expect(await nodesOf('typed')).toEqual(['one', 'three', 'two']);
    await change(nodePort('typed', { [backendType]: 'eni' }));
    expect(await world.registered('typed')).toEqual([expect.stringMatching(/^Eni 10\..*:8080$/)]);
    await change(nodePort('typed', { [backendType]: 'ecs' }));
    expect(await nodesOf('typed')).toEqual(['one', 'three', 'two']);
  });

  it.each(['ecs', 'ENI'])('%s on a ClusterIP Service holds the Ingress, which is told', async (value) => {
    const name = `refused-${value.toLowerCase()}`;
    await world.addPod(name);
    await world.apply(aService(name, { annotations: { [backendType]: value } }), ingress(name));
    expect(await world.goesTo({ host: hostOf(name) })).toBe(503);
    expect(world.warnings(`Ingress/${name}`).map((one) => one.message)).toEqual([expect.stringContaining(name)]);
    await expectQuiet(world);
  });
});

describe('annotation service.beta.kubernetes.io/alibaba-cloud-loadbalancer-backend-label', () => {
  it('leaves the nodes that carry all of the labels, as they come and go', async () => {
    await serve('labelled', { [backendLabel]: 'pool=web' });
    expect(await nodesOf('labelled')).toEqual(['one', 'two']);
    await change(nodePort('labelled', { [backendLabel]: 'pool=web,size=big' }));
    expect(await nodesOf('labelled')).toEqual(['one']);
    const elsewhere = await world.during('labelled', async () => {
      await world.changeNode('three', { labels: { pool: 'web', size: 'big' } });
      await world.changeNode('one', { labels: { pool: 'web' } });
    });
    expect(elsewhere).toEqual([]);
    expect(await nodesOf('labelled')).toEqual(['three']);
    await world.changeNode('three', {});
    await world.changeNode('one', { labels: { pool: 'web', size: 'big' } });
    await world.settle();
    expect(await nodesOf('labelled')).toEqual(['one']);
    await expectQuiet(world);
  });
});

describe('annotation service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend', () => {
  it('on: a cordoned node is no server; off, or nothing: it stays one', async () => {
    await serve('cordoned', { [removeUnscheduled]: 'on' });
    await serve('uncordoned', { [removeUnscheduled]: 'off' });
    expect(await world.during('cordoned', () => world.changeNode('two', { labels: { pool: 'web' }, unschedulable: true }))).toEqual([]);
    expect(await nodesOf('cordoned')).toEqual(['one', 'three']);
    expect(await nodesOf('uncordoned')).toEqual(['one', 'three', 'two']);
    await world.changeNode('two', { labels: { pool: 'web' } });
    await world.settle();
    expect(await nodesOf('cordoned')).toEqual(['one', 'three', 'two']);
    await expectQuiet(world);
  });
});

describe.each(['service.beta.kubernetes.io/exclude-node', 'service.alibabacloud.com/exclude-node'])('node label %s', (label) => {
  it('of any value keeps the node from being a server, until it is taken off', async () => {
    const name = label.startsWith('service.beta') ? 'excluded-old' : 'excluded-new';
    await serve(name);
    expect(await world.during(name, () => world.changeNode('three', { labels: { [label]: '' } }))).toEqual([]);
    expect(await nodesOf(name)).toEqual(['one', 'two']);
    await world.changeNode('three', {});
    await world.settle();
    expect(await nodesOf(name)).toEqual(['one', 'three', 'two']);
    await expectQuiet(world);
  });
});
