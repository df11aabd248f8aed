/** Other settings for a group whose servers are probed: what docs/backends.md shows, with the manifest that stands there. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readManifests } from '#infra/local/start/apply.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { annotated } from '#test/support/routed-objects.ts';
import { until } from '#test/support/until.ts';

const page = readFileSync(new URL('../../../docs/backends.md', import.meta.url), 'utf8');

/** The canary of the page, in the namespace of the scenarios. */
function canaryOfPage(): Ingress {
  const found = [...page.matchAll(/```yaml\n([^`]+)```/g)].map(([, text = '']) => text).find((text) => text.includes('canary'));
  const [object] = readManifests(found ?? '', 'docs/backends.md');
  if (object === undefined) throw new Error('the page shows no canary');
  // Read by the schema of manifests.
  return { ...object, metadata: { ...object.metadata, namespace: 'shop' } } as Ingress;
}

const checked = { 'healthcheck-enabled': 'true' };
const cafe = (annotations: Readonly<Record<string, string>> = {}): Ingress => annotated('cafe', annotations, [aPath('/tea', 'tea')]);

async function aTeaHouse(): Promise<MembersWorld> {
  const world = await membersWorld({ settings: { dataPlane: { whenAllUnhealthy: 'refuse' } } });
  onTestFinished(() => world.stop());
  for (const _ of [1, 2]) await world.addPod('tea');
  await world.apply(aService('tea'), cafe());
  return world;
}

/** Where requests go while the Ingress gets its health check. */
async function turnChecksOn(world: MembersWorld): Promise<ReadonlySet<string | number>> {
  const found = new Set<string | number>();
  await world.write(cafe(checked));
  await world.settle(async () => {
    await world.plane.settled();
    found.add(await world.goesTo({ host: 'cafe.example.com', path: '/tea' }));
  });
  return found;
}

describe('a health check for an Ingress that is asked all the time', () => {
  it('loses no request when a canary that nobody asks for has had the group probed', async () => {
    const world = await aTeaHouse();
    const canary = canaryOfPage();
    await world.apply(canary);
    const asNew = { host: 'cafe.example.com', path: '/tea', headers: { 'x-settings': 'new' } };
    const isProven = async (): Promise<boolean> => {
      world.pass(50);
      return (await world.goesTo(asNew)) === 'tea';
    };
    await until(isProven, 'a healthy server of the new group', 15_000);
    expect(await turnChecksOn(world)).toEqual(new Set(['tea']));
    await world.remove(canary);
    await world.settle();
    expect(await world.goesTo({ host: 'cafe.example.com', path: '/tea' })).toBe('tea');
    expect((await world.bench.alb.state())['serverGroups']?.filter((one) => String(one['ServerGroupName']).includes('-tea-'))).toHaveLength(
      1,
    );
    await expectQuiet(world);
  });

  it('is answered 503 without one until the first probes have passed', async () => {
    expect(await turnChecksOn(await aTeaHouse())).toContain(503);
  });
});
