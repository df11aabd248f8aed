/** Other settings for a group whose servers are probed, under requests: a new group is probed before requests go to it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { annotated } from '#test/support/routed-objects.ts';

const checked = { 'healthcheck-enabled': 'true' };
/** Nothing answers so. */
const hopeless = { ...checked, 'healthcheck-code': 'http_4xx' };

const cafe = (annotations: Readonly<Record<string, string>> = {}, service = 'tea'): Ingress =>
  annotated('cafe', annotations, [aPath('/tea', service)]);

async function aTeaHouse(dataPlane: Readonly<Record<string, string>> = {}, own: object = {}): Promise<MembersWorld> {
  const probing = { whenAllUnhealthy: 'refuse', weightlessGroups: 'probed', ...dataPlane };
  const world = await membersWorld({ settings: { ...own, dataPlane: probing } });
  onTestFinished(() => world.stop());
  for (const service of ['tea', 'coffee']) {
    for (const _ of [1, 2]) await world.addPod(service);
    await world.apply(aService(service));
  }
  await world.apply(cafe());
  await world.bench.calls();
  return world;
}

/** Who answers while the Ingress changes, each once and in the order in which they first did. */
async function changeTo(world: MembersWorld, ingress: Ingress): Promise<readonly (string | number)[]> {
  const found = new Set<string | number>();
  await world.write(ingress);
  await world.settle(async () => {
    await world.plane.settled();
    found.add(await world.goesTo({ host: 'cafe.example.com', path: '/tea' }));
  });
  return [...found];
}

const groupsOf = async (world: MembersWorld, service: string): Promise<number> =>
  ((await world.bench.alb.state())['serverGroups'] ?? []).filter((one) => String(one['ServerGroupName']).includes(`-${service}-`)).length;

describe('a health check for an Ingress that is asked all the time', () => {
  it('loses no request, with one more update of the rule, and leaves one group', async () => {
    const world = await aTeaHouse();
    expect(await changeTo(world, cafe(checked))).toEqual(['tea']);
    const updates = (await world.bench.calls()).filter((call) => call.action === 'UpdateRulesAttribute');
    expect(updates).toHaveLength(2);
    expect(await groupsOf(world, 'tea')).toBe(1);
    await expectQuiet(world);
  });

  it('turns from one Service to another when a server of that one is healthy', async () => {
    const world = await aTeaHouse();
    await changeTo(world, cafe(checked));
    expect(await changeTo(world, cafe(checked, 'coffee'))).toEqual(['tea', 'coffee']);
    await expectQuiet(world);
  });

  it('turns all the same when no server gets healthy in time', async () => {
    const world = await aTeaHouse();
    expect(await changeTo(world, cafe(hopeless))).toEqual(['tea', 503]);
    expect(await groupsOf(world, 'tea')).toBe(1);
    await expectQuiet(world);
  });

  it('turns back at once to the group that still serves', async () => {
    const world = await aTeaHouse();
    await world.write(cafe(hopeless));
    await world.bench.run(10_000);
    expect(await changeTo(world, cafe())).toEqual(['tea']);
    expect(await groupsOf(world, 'tea')).toBe(1);
    await expectQuiet(world);
  });

  it('turns at once where the load balancer has no room for the servers of both groups', async () => {
    const world = await aTeaHouse({}, { quotas: { serversPerLoadBalancer: { Standard: 3 } } });
    expect((await changeTo(world, cafe(checked))).at(0)).toBe('tea');
    await world.bench.run(15_000);
    expect(await world.goesTo({ host: 'cafe.example.com', path: '/tea' })).toBe('tea');
    expect(await groupsOf(world, 'tea')).toBe(1);
    await expectQuiet(world);
  });

  it('comes to its end where a group of weight 0 is not probed', async () => {
    const world = await aTeaHouse({ weightlessGroups: 'not-probed' });
    const answers = await changeTo(world, cafe(checked));
    expect(answers.at(0)).toBe('tea');
    await world.bench.run(15_000);
    expect(await world.goesTo({ host: 'cafe.example.com', path: '/tea' })).toBe('tea');
    await expectQuiet(world);
  });
});
