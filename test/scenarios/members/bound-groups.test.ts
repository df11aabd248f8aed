/** Annotation `server-group-id`: a Service kept in a group that somebody made, with or without an Ingress. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { groupSettings } from '#test/support/alb-settings.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { cafeWith, expectQuiet } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json } from '#test/support/routed-objects.ts';

const key = 'alb.ingress.kubernetes.io/server-group-id';
let world: MembersWorld;
beforeAll(async () => {
  world = await membersWorld();
});
afterAll(() => world?.stop());

/** A group that somebody made by hand, with these tags. */
async function makeGroup(name: string, tags: Readonly<Record<string, string>> = {}): Promise<string> {
  const alb = createAlb(world.bench.alb.options);
  const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-local' } as const;
  const { serverGroupId } = await alb.createServerGroup({
    settings: groupSettings({ serverGroupName: name, serviceName: name }),
    fixed,
    tags,
    clientToken: name,
  });
  world.pass(10_000);
  alb.close();
  return serverGroupId;
}

type Group = Readonly<Record<string, unknown>>;
const group = async (id: string): Promise<Group | undefined> =>
  ((await world.bench.alb.state())['serverGroups'] ?? []).find((one) => one['ServerGroupId'] === id);
// The snapshot's own shapes: members are only compared.
const addresses = async (id: string): Promise<readonly string[]> =>
  (((await group(id))?.['Servers'] ?? []) as readonly Group[]).map((one) => String(one['ServerIp'])).sort();
const bound = (name: string, id: string | undefined) => aService(name, { annotations: id === undefined ? {} : { [key]: id } });

describe('annotation server-group-id', () => {
  it('keeps the endpoints of a Service without any Ingress in the group, as they come and go', async () => {
    const id = await makeGroup('by-hand');
    const first = await world.addPod('bound');
    await world.apply(bound('bound', id));
    expect(await addresses(id)).toEqual([first.addresses[0]?.ip]);
    const second = await world.addPod('bound');
    await world.dropPod(first);
    await world.settle();
    expect(await addresses(id)).toEqual([second.addresses[0]?.ip]);
    await expectQuiet(world);
  });

  it('serves requests of a rule that names the group', async () => {
    const id = await makeGroup('named');
    await world.addPod('named');
    const action = { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServerGroupID: id }] } };
    await world.apply(
      cafeWith({ 'albeit.io/foreign-server-groups': id }),
      bound('named', id),
      annotated('named', { 'actions.act': json(action) }, [byAnnotation('act')]),
    );
    expect(await world.goesTo({ host: hostOf('named') })).toBe('named');
    await expectQuiet(world);
  });

  it('taken away, takes our servers and tags out of the group, and leaves the group', async () => {
    const id = await makeGroup('lent');
    await world.addPod('lender');
    await world.apply(bound('lender', id));
    expect(await addresses(id)).toHaveLength(1);
    await world.apply(bound('lender', undefined));
    expect(await addresses(id)).toEqual([]);
    expect(JSON.stringify((await group(id))?.['Tags'] ?? [])).not.toContain('c-local');
    await expectQuiet(world);
  });

  it('of a Service that is deleted does the same', async () => {
    const id = await makeGroup('orphaned');
    await world.addPod('gone');
    await world.apply(bound('gone', id));
    expect(await addresses(id)).toHaveLength(1);
    await world.erase({ kind: 'Service', namespace: 'shop', name: 'gone' });
    world.bench.membersChanged('shop', 'gone', { whole: true });
    await world.settle();
    expect(await addresses(id)).toEqual([]);
    expect(await group(id)).toBeDefined();
    await expectQuiet(world);
  });

  it('of a group with the tag of another cluster is refused, and the Service is told', async () => {
    const id = await makeGroup('theirs', { 'ack.aliyun.com': 'c-other' });
    await world.addPod('thief');
    await world.write(bound('thief', id));
    await world.bench.run(60_000);
    expect(await addresses(id)).toEqual([]);
    expect(world.warnings('Service/thief')).toHaveLength(1);
    await world.apply(bound('thief', undefined));
  });

  it('of a Service with two ports is refused, and an Ingress on it is served all the same', async () => {
    const id = await makeGroup('two-ports');
    await world.addPod('ports');
    const ports = [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'admin', port: 81, targetPort: 8080 },
    ];
    await world.write(aService('ports', { annotations: { [key]: id }, spec: { ports } }), annotated('ports', {}, [aPath('/', 'ports')]));
    await world.bench.run(60_000);
    expect(await world.goesTo({ host: hostOf('ports') })).toBe('ports');
    expect(await addresses(id)).toEqual([]);
    expect(world.warnings('Service/ports')).toHaveLength(1);
  });
});
